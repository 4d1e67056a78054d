import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { gru4recSchema } from '../../../src/model/gru4rec/options';
import { gru4recPresets } from '../../../src/model/gru4rec/presets';
import { parseConfig } from '../../../src/config/parseConfig';
import { Gru4rec } from '../../../src/model/gru4rec/gru4rec';
import { gru4recSize } from '../../../src/model/gru4rec/size';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData } from './modelData';
import {
  batchFor,
  checkGradients,
  checkTensors,
  LOSSES,
  lossOf,
  scoresOf,
  train,
  trainedWeights,
  users,
} from './nextItemModel';

type Options = Partial<z.input<typeof gru4recSchema>>;

const NUM_ITEMS = 12;
const TINY = {
  maxSequenceLength: 5,
  embeddingSize: 6,
  hiddenSize: 6,
  embeddingDropout: 0,
  initializerRange: 0.5,
};
const parse = (change: Options) => {
  const preset = change.preset ? gru4recPresets[change.preset].model : {};
  return gru4recSchema.parse({ ...preset, ...TINY, ...change, type: 'gru4rec' });
};
const create = (change: Options = {}, seed = 3, numItems = NUM_ITEMS): Gru4rec =>
  new Gru4rec(parse(change), modelData(numItems), seed);

describe.each(TEST_BACKENDS)('GRU4Rec on %s', (backend) => {
  useBackend(backend);

  const rows = [
    [0, 1, 2],
    [3, 4, 5],
  ];
  const targets = [
    [0, 2, 3],
    [4, 5, 6],
  ];

  it('does not see padding: a longer row gives the same scores', () => {
    const model = create({ numLayers: 2 });
    const [short] = scoresOf(model, [4, 9, 2]);
    const [long, other] = scoresOf(model, [0, 0, 4, 9, 2], [1, 2, 3, 4, 5]);
    short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 5));
    expect(other).not.toEqual(long);
  });

  it('does not see the future, and uses the order of items', () => {
    const model = create();
    const loss = (row: number[]) => lossOf(model, batchFor(model.batches, [row], [[0, 5, 0, 0]], NUM_ITEMS));
    const first = loss([1, 2, 3, 4]);
    expect(loss([1, 2, 11, 12])).toBeCloseTo(first, 6);
    expect(Math.abs(loss([2, 1, 3, 4]) - first)).toBeGreaterThan(1e-4);
  });

  it('of one layer is the recurrence of its paper', () => {
    // Equations 1 to 4 for a history of one item, of one state and one embedding.
    const model = create({ embeddingSize: 1, hiddenSize: 1 });
    const value = (name: string) => [...model.variables.get(name)!.dataSync()];
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const items = value('itemEmbedding');
    const x = items[4]!;
    const [, update, candidate] = value('layer0/inputKernel');
    const state = (1 - sigmoid(update! * x)) * Math.tanh(candidate! * x); // biases start at 0
    const [scores] = scoresOf(model, [4]);
    scores!.forEach((score, index) => expect(score).toBeCloseTo(state * items[index + 1]!, 5));
  });

  it.each<[string, Options]>([
    ['the defaults', {}],
    ['two layers', { numLayers: 2 }],
    ['a wide state', { hiddenSize: 5 }],
    ['a projection and separate vectors', { outputProjection: true, outputEmbedding: 'separate' }],
    ['dropout everywhere', { numLayers: 2, embeddingDropout: 0.3, layerDropout: 0.3 }],
    ['the preset recbole', { preset: 'recbole' }],
    ...Object.entries(LOSSES).map(([name, loss]): [string, Options] => [name, { loss }]),
  ])('%s: gradients agree with finite differences', (_, change) => {
    const model = create({ embeddingSize: 4, hiddenSize: 4, ...change }, 5, 6);
    checkGradients(model, batchFor(model.batches, rows, targets, 6));
  });

  it('scores a batch of 1 as within a larger one', () => {
    const model = create();
    const [alone] = scoresOf(model, [4, 9, 2]);
    const [, among] = scoresOf(model, [1, 2, 3], [4, 9, 2]);
    alone!.forEach((value, index) => expect(value).toBeCloseTo(among![index]!, 5));
    expect(lossOf(model, batchFor(model.batches, [[4]], [[9]], NUM_ITEMS))).toBeGreaterThan(0);
  });

  it('draws the same bits from the same seed', () => {
    const weights = () => {
      const model = create({ embeddingDropout: 0.3, loss: LOSSES.bpr! });
      return trainedWeights(model, (step) => batchFor(model.batches, rows, targets, 6, step));
    };
    expect(weights()).toEqual(weights());
  });

  it('keeps no tensors from step to step', () => {
    const model = create({ numLayers: 2, embeddingDropout: 0.2 });
    checkTensors(model, batchFor(model.batches, [[0, 1, 2, 3]], [[0, 2, 3, 4]], NUM_ITEMS));
  });
});

describe('GRU4Rec', () => {
  useBackend('wasm');

  it.each<[string, Options]>([
    ...Object.entries(LOSSES).map(([name, loss]): [string, Options] => [name, { loss }]),
    ['the preset recbole', { preset: 'recbole' }],
  ])('learns 32 users by heart with %s', (_, change) => {
    const model = create({ embeddingSize: 32, hiddenSize: 32, ...change }, 2, 40);
    const { rows, targets } = users(40);
    const batchAt = (step: number) => batchFor(model.batches, rows, targets, 40, step);
    train(model, batchAt, 150, 0.02);
    expect(lossOf(model, batchAt(1000))).toBeLessThan(0.1);
  });

  it.each<Options>([{}, { numLayers: 3, hiddenSize: 5 }, { outputEmbedding: 'separate', preset: 'recbole' }])(
    'knows the size of its parameters with %j',
    (change) => {
      let count = 0;
      for (const variable of create(change).variables.values()) count += variable.size;
      const size = gru4recSize(parse(change), { data: modelData(NUM_ITEMS), batchSize: 4, threads: 1 });
      expect(size.parameters).toBe(count);
    },
  );

  it('shows its embeddings', () => {
    const model = create({ outputEmbedding: 'separate' });
    const shapes = tf.tidy(() => model.embeddings.map((view) => [view.name, ...view.vectors().shape]));
    expect(shapes).toEqual([
      ['items', 12, 6],
      ['outputItems', 12, 6],
    ]);
  });
});

describe('a config of GRU4Rec', () => {
  const parsed = (model: object) =>
    parseConfig(JSON.stringify({ dataset: { path: 'x.csv' }, model: { type: 'gru4rec', ...model } }), 'json');

  it.each<[object, string]>([
    [{ numLayers: 0 }, 'model.numLayers'],
    [{ hiddenSize: 32, outputProjection: false }, 'model.outputProjection'],
    [
      { trainOn: 'last', loss: { type: 'sampledSoftmax', sharedNegatives: true } },
      'model.loss.sharedNegatives',
    ],
    [{ loss: { type: 'sampledSoftmax', temperature: 0 } }, 'model.loss.temperature'],
  ])('%j is refused', (model, path) => {
    const { problems } = parsed(model);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
  });

  it('takes the preset recbole', () => {
    const { config, problems } = parsed({ preset: 'recbole', hiddenSize: 32 });
    expect(problems).toEqual([]);
    expect(config!.model).toMatchObject({ ...gru4recPresets.recbole.model, hiddenSize: 32 });
  });
});
