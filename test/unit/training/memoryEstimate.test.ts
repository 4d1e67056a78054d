import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createOptimizer } from '../../../src/compute/optimizers/createOptimizer';
import type { KernelBackend } from '../../../src/compute/kernelBackend/kernelBackend';
import { RandomStream } from '../../../src/compute/random';
import type { SasrecConfig } from '../../../src/config/models/sasrec';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import { createModel } from '../../../src/model/createModel';
import type { SequenceBatch } from '../../../src/model/model';
import { checkMemory, estimateMemory } from '../../../src/training/memoryEstimate';
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

/** Full sequences of random items: the most that a step can take. */
function randomBatch(config: TrainedConfig, numItems: number, length: number, seed: number): SequenceBatch {
  const random = new RandomStream(seed);
  const size = config.training.batchSize;
  const { loss } = config.model as SasrecConfig;
  const numNegatives = loss.type === 'bce' ? loss.numNegatives : 0;
  const draw = (count: number) => Int32Array.from({ length: count }, () => 1 + random.nextInt(numItems));
  const positions = size * length;
  const negatives = numNegatives > 0 ? draw(positions * numNegatives) : null;
  const users = new Int32Array(size);
  return {
    kind: 'sequences',
    size,
    length,
    users,
    items: draw(positions),
    targets: draw(positions),
    negatives,
    numNegatives,
  };
}

type Case = [model: object, batchSize: number, numItems: number, training: object];

describe.each(['wasm', 'native'] as const)('the memory of training on %s', (name) => {
  useBackend(name);

  const manyItems = { hiddenSize: 64, maxSequenceLength: 10, loss: { type: 'bce' } };
  it.each([
    [{ hiddenSize: 64, maxSequenceLength: 20, loss: { type: 'crossEntropy' } }, 64, 3000, {}],
    [{ hiddenSize: 32, maxSequenceLength: 50, loss: { type: 'bce', numNegatives: 4 } }, 32, 500, {}],
    [
      { hiddenSize: 64, maxSequenceLength: 10, numHeads: 2, dropout: 0, normalization: 'post' },
      16,
      20000,
      {},
    ],
    [manyItems, 16, 50_000, { clipping: { type: 'globalNorm' } }],
    ...(['sgd', 'adamw', 'adagrad', 'rmsprop', 'adadelta', 'ftrl'] as const).map(
      (type): Case => [manyItems, 16, 50_000, { optimizer: { type } }],
    ),
  ] satisfies Case[])(
    '%o, batch %i, %i items, %o: is estimated within a third',
    async (model, batchSize, numItems, training) => {
      const config = configOf(model, batchSize, training);
      const { library } = tf.backend() as unknown as KernelBackend;
      const before = library.memory.usedBytes;
      const sasrec = createModel(config.model, modelData(numItems), 1);
      const optimizer = createOptimizer(config.training.optimizer, sasrec.variables);
      library.memory.resetPeak();
      for (let step = 0; step < 2; step++) {
        const batch = randomBatch(config, numItems, sasrec.batches.maxLength, step);
        await trainStep(sasrec, optimizer, batch, new RandomStream(step), config.training);
      }
      const taken = library.memory.peakBytes - before;
      const { tensors } = estimateMemory(config, modelData(numItems), library.threads);
      expect(tensors / taken).toBeGreaterThan(3 / 4);
      expect(tensors / taken).toBeLessThan(4 / 3);
      sasrec.dispose();
      for (const moment of optimizer.state.values()) moment.dispose();
    },
  );

  it('does not grow over 500 steps of batches of all lengths', async () => {
    const config = configOf({ hiddenSize: 16, maxSequenceLength: 12, numBlocks: 1 }, 8);
    const { library } = tf.backend() as unknown as KernelBackend;
    const sasrec = createModel(config.model, modelData(50), 1);
    const optimizer = createOptimizer(config.training.optimizer, sasrec.variables);
    const steps = async (from: number, to: number) => {
      for (let step = from; step < to; step++)
        await trainStep(
          sasrec,
          optimizer,
          randomBatch(config, 50, 1 + (step % 12), step),
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
    sasrec.dispose();
    for (const moment of optimizer.state.values()) moment.dispose();
  });
});

describe('checkMemory', () => {
  const estimate = { ...estimateMemory(configOf({}, 128), modelData(1_000_000), 2), available: 64e9 };

  it('lets pass what fits', () => {
    expect(() => checkMemory(estimate, null)).not.toThrow();
  });

  it('refuses what the machine cannot hold, with the numbers and what to do', () => {
    expect(() => checkMemory({ ...estimate, available: 1e9 }, null)).toThrow(
      /takes about \d+\.\d GB .*this machine has 1\.0 GB free\. Lower `training\.batchSize`/,
    );
  });

  it('refuses what the engine cannot hold', () => {
    expect(() => checkMemory(estimate, 1e9)).toThrow(/the engine holds 1\.0 GB/);
  });
});
