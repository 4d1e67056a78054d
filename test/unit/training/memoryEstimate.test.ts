import type { MemoryEstimate } from '../../../src/protocol/run';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer } from '../../../src/compute/optimizers/createOptimizer';
import type { KernelBackend } from '../../../src/compute/kernelBackend/kernelBackend';
import { RandomStream } from '../../../src/compute/random';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import { createModel, modelSize } from '../../../src/model/createModel';
import type { Batch, BatchBuilder } from '../../../src/model/batches/batchBuilder';
import type { ExampleBatch, ExampleBuilder } from '../../../src/model/batches/exampleBatches';
import type { SequenceBatch, SequenceBuilder } from '../../../src/model/batches/sequenceBatches';
import { checkBaselineMemory, checkMemory, estimateMemory } from '../../../src/training/memoryEstimate';
import { trainStep } from '../../../src/training/trainStep';
import { useBackend } from '../compute/useBackend';
import { modelData } from '../model/modelData';

function configOf(model: object, batchSize: number, training: object = {}): TrainedConfig {
  return configSchema.parse({
    dataset: { path: 'interactions.csv' },
    model: { type: 'sasrec', ...model },
    training: { batchSize, ...training },
  }) as TrainedConfig;
}

async function estimateOf(config: TrainedConfig, numItems: number, threads: number): Promise<MemoryEstimate> {
  const { batchSize } = config.training;
  return estimateMemory(
    config,
    await modelSize(config.model, { data: modelData(numItems), batchSize, threads }),
  );
}

/** Full histories of random items: the most that a step can take. `length` is the model's own if left out. */
function randomBatch(
  builder: BatchBuilder,
  size: number,
  numItems: number,
  seed: number,
  length = builder.maxLength,
): SequenceBatch | ExampleBatch | Batch {
  const random = new RandomStream(seed);
  const draw = (count: number) => Int32Array.from({ length: count }, () => 1 + random.nextInt(numItems));
  if (!('numNegatives' in builder)) return ownBatch(builder, size, numItems, draw, seed);
  const request = builder as SequenceBuilder | ExampleBuilder;
  const { numNegatives } = request;
  const users = new Int32Array(size);
  if (request.unit === 'interactions') {
    const histories = draw(size * length);
    const candidates = draw(size * (1 + numNegatives));
    const negativeHistories = request.negativeHistories ? draw(size * length) : null;
    return {
      kind: 'examples',
      size,
      length,
      users,
      histories,
      candidates,
      numNegatives,
      negativeHistories,
    };
  }
  const positions = size * length;
  return {
    kind: 'sequences',
    size,
    length,
    users,
    items: draw(positions),
    targets: draw(positions),
    negatives: numNegatives > 0 ? draw(numNegatives * (request.sharedNegatives ? 1 : positions)) : null,
    numNegatives,
    ...(builder.times && { times: new Float64Array(size * (length + 1)) }),
  };
}

/** A batch of a model that has a builder of its own: users with one more item than it reads of a history. */
function ownBatch(
  builder: BatchBuilder,
  size: number,
  numItems: number,
  draw: (count: number) => Int32Array,
  seed: number,
): Batch {
  const length = builder.maxLength + 1;
  const offsets = Uint32Array.from({ length: size + 1 }, (_, user) => user * length);
  const items = Uint32Array.from(draw(size * length));
  const data = { numUsers: size, numItems, offsets, trainEnd: offsets.slice(1), items, times: null };
  return builder.build(data, size, seed).batch(1, 0);
}

type Case = [model: object, batchSize: number, numItems: number, training: object];

describe.each(['wasm', 'native'] as const)('the memory of training on %s', (name) => {
  useBackend(name);

  const largeTable = { hiddenSize: 64, maxSequenceLength: 10, loss: { type: 'bce' } };
  const fewCases: Case[] = [
    [{ hiddenSize: 64, maxSequenceLength: 20, loss: { type: 'crossEntropy' } }, 64, 3000, {}],
    [{ hiddenSize: 32, maxSequenceLength: 50, loss: { type: 'bce', numNegatives: 4 } }, 32, 500, {}],
    [{ type: 'gru4rec', embeddingSize: 64, maxSequenceLength: 10, loss: { type: 'bce' } }, 16, 12_000, {}],
    [{ type: 'twoTower' }, 512, 300, {}],
    [{ type: 'din', maxSequenceLength: 20 }, 64, 500, {}],
    [{ type: 'dien', maxSequenceLength: 10 }, 64, 500, {}],
  ];
  const manyCases: Case[] = [
    ...fewCases,
    [{ hiddenSize: 64, maxSequenceLength: 50, loss: { type: 'bpr' }, innerSize: 256 }, 16, 300, {}],
    [{ hiddenSize: 32, maxSequenceLength: 20, loss: { type: 'gbce', numNegatives: 64 } }, 32, 1000, {}],
    [{ maxSequenceLength: 20, trainOn: 'last', loss: { type: 'crossEntropy' } }, 64, 300, {}],
    [{ hiddenSize: 48, maxSequenceLength: 40, normalization: 'kang', dropout: 0 }, 32, 300, {}],
    [
      {
        hiddenSize: 64,
        maxSequenceLength: 20,
        loss: { type: 'sampledSoftmax', numNegatives: 100, sharedNegatives: true, normalize: true },
      },
      32,
      3000,
      {},
    ],
    [
      { hiddenSize: 64, maxSequenceLength: 10, numHeads: 2, dropout: 0, normalization: 'post' },
      16,
      20000,
      {},
    ],
    [{ type: 'gru4rec', maxSequenceLength: 50, loss: { type: 'crossEntropy' } }, 32, 300, {}],
    [
      { type: 'gru4rec', numLayers: 2, hiddenSize: 100, loss: { type: 'bpr', numNegatives: 8 } },
      16,
      3000,
      {},
    ],
    [{ type: 'bert4rec', maxSequenceLength: 50 }, 32, 300, {}],
    [{ type: 'bert4rec', maxSequenceLength: 20, outputHead: true, normalization: 'post' }, 64, 3000, {}],
    [{ type: 'bert4rec', maxSequenceLength: 10, loss: { type: 'bpr' }, dropout: 0 }, 16, 12_000, {}],
    [{ type: 'hstu', maxSequenceLength: 50 }, 32, 300, {}],
    [{ type: 'hstu', maxSequenceLength: 20, numHeads: 2, loss: { type: 'bce' }, dropout: 0 }, 64, 3000, {}],
    [
      {
        type: 'hstu',
        maxSequenceLength: 10,
        keySize: 16,
        valueSize: 100,
        finalNorm: false,
        loss: { type: 'sampledSoftmax', numNegatives: 100, normalize: true },
      },
      32,
      3000,
      {},
    ],
    [{ type: 'twoTower', useBatchNorm: false, dropout: 0.2, normalizeOutput: true }, 512, 2000, {}],
    [{ type: 'twoTower', embeddingSize: 64 }, 32, 12_000, {}],
    [{ type: 'twoTower', maxSequenceLength: 500 }, 64, 500, {}],
    [{ type: 'twoTower', embeddingSize: 64, maxSequenceLength: 0 }, 64, 5000, {}],
    [{ type: 'twoTower', embeddingSize: 64, l2: 1e-4 }, 32, 12_000, {}],
    [{ type: 'twoTower', loss: { type: 'crossEntropy', numNegatives: 8 } }, 128, 500, {}],
    [{ type: 'twoTower', loss: { type: 'maxMargin' }, negativeBatchNorm: 'separate' }, 256, 500, {}],
    [{ type: 'bprMf' }, 512, 12_000, {}],
    [{ type: 'bprMf', l2: 0, numNegatives: 4 }, 2048, 500, {}],
    [{ type: 'din', maxSequenceLength: 10, embeddingSize: 64 }, 8, 12_000, {}],
    [{ type: 'dien', maxSequenceLength: 10, evolution: 'GRU', auxiliaryWeight: 0 }, 64, 500, {}],
    [{ type: 'dien', maxSequenceLength: 5, embeddingSize: 64 }, 8, 12_000, {}],
    [{ type: 'sum', maxSequenceLength: 50 }, 128, 3000, {}],
    [{ type: 'sum', maxSequenceLength: 10, cell: 'SUMV2', slots: 8, userEmbeddingSize: 16 }, 64, 20_000, {}],
    [
      {
        type: 'sum',
        maxSequenceLength: 20,
        layerSizes: [64, 32],
        dropout: 0.2,
        loss: { type: 'softmax', numNegatives: 24 },
      },
      128,
      500,
      {},
    ],
    [largeTable, 16, 12_000, { clipping: { type: 'globalNorm' } }],
    ...(['sgd', 'adamw', 'adagrad', 'rmsprop', 'adadelta', 'ftrl'] as const).map((type): Case => [
      largeTable,
      16,
      12_000,
      { optimizer: { type } },
    ]),
    [{ maxSequenceLength: 50, activation: 'swiglu', innerSize: 256, gatedResiduals: true }, 16, 300, {}],
    [
      {
        maxSequenceLength: 100,
        numHeads: 2,
        activation: 'swiglu',
        feedForwardBias: false,
        gatedResiduals: true,
        dropout: 0,
        loss: { type: 'sampledSoftmax', numNegatives: 32 },
      },
      16,
      3000,
      {},
    ],
    [{ maxSequenceLength: 50, gatedResiduals: true, normalization: 'post' }, 32, 300, {}],
    [{ maxSequenceLength: 50, activation: 'swiglu', innerSize: 128, dropout: 0.5 }, 32, 300, {}],
  ];

  // Both engines have the same memory; what differs is the number of threads.
  it.each(name === 'wasm' ? manyCases : fewCases)(
    '%o, batch %i, %i items, %o: is estimated within a third',
    async (model, batchSize, numItems, training) => {
      const config = configOf(model, batchSize, training);
      const { library } = tf.backend() as unknown as KernelBackend;
      const before = library.memory.usedBytes;
      const recommender = await createModel(config.model, modelData(numItems), 1);
      const optimizer = createOptimizer(config.training.optimizer, recommender.variables);
      library.memory.resetPeak();
      for (let step = 0; step < 2; step++) {
        const batch = randomBatch(recommender.batches, batchSize, numItems, step);
        await trainStep(recommender, optimizer, batch, new RandomStream(step), config.training);
      }
      const taken = library.memory.peakBytes - before;
      const { tensors } = await estimateOf(config, numItems, library.threads);
      expect(tensors / taken).toBeGreaterThan(3 / 4);
      expect(tensors / taken).toBeLessThan(4 / 3);
      recommender.dispose();
      for (const moment of optimizer.state.values()) moment.dispose();
    },
  );

  it('does not grow over 500 steps of batches of all lengths', async () => {
    const config = configOf({ hiddenSize: 16, maxSequenceLength: 12, numBlocks: 1 }, 8);
    const { library } = tf.backend() as unknown as KernelBackend;
    const recommender = await createModel(config.model, modelData(50), 1);
    const optimizer = createOptimizer(config.training.optimizer, recommender.variables);
    const steps = async (from: number, to: number) => {
      for (let step = from; step < to; step++)
        await trainStep(
          recommender,
          optimizer,
          randomBatch(recommender.batches, 8, 50, step, 1 + (step % 12)),
          new RandomStream(step),
          config.training,
        );
    };
    await steps(0, 24);
    const [reserved, used, tensors] = [
      library.memory.reservedBytes,
      library.memory.usedBytes,
      tf.memory().numTensors,
    ];
    await steps(24, 500);
    expect(library.memory.reservedBytes).toBe(reserved);
    expect(library.memory.usedBytes).toBe(used);
    expect(tf.memory().numTensors).toBe(tensors);
    recommender.dispose();
    for (const moment of optimizer.state.values()) moment.dispose();
  });
});

describe('checkMemory', () => {
  let estimate: MemoryEstimate;
  beforeAll(async () => {
    estimate = { ...(await estimateOf(configOf({}, 128), 1_000_000, 2)), available: 64e9 };
  });

  it('lets pass what fits', () => {
    expect(() => checkMemory(estimate, null)).not.toThrow();
  });

  it('refuses what the machine cannot hold, with the numbers and what to do', () => {
    expect(() => checkMemory({ ...estimate, available: 1e9 }, null)).toThrow(
      /needs about \d+\.\d GB .*this machine has 1\.0 GB free\. Lower `training\.batchSize`/,
    );
  });

  it('refuses what the engine cannot hold', () => {
    expect(() => checkMemory(estimate, 1e9)).toThrow(/the engine is limited to 1\.0 GB/);
  });
});

describe('checkBaselineMemory', () => {
  const matrix = { title: 'Matrix', fitBytes: (numItems: number) => 8 * numItems ** 2 };

  it('lets pass what fits, and baselines whose memory grows with the data', () => {
    expect(() => checkBaselineMemory([matrix, { title: 'Small' }], 10_000, 2e9)).not.toThrow();
    expect(() => checkBaselineMemory([{ title: 'Small' }], 10_000_000, 1e6)).not.toThrow();
  });

  it('refuses what the machine cannot hold, with the numbers and what to do', () => {
    expect(() => checkBaselineMemory([{ title: 'Small' }, matrix], 10_000, 1e9)).toThrow(
      'Fitting Matrix to 10,000 items needs about 1.0 GB, but this machine has 1.0 GB free. ' +
        'Leave out rare items with `dataset.minItemInteractions`, or use another baseline.',
    );
  });
});
