import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseConfig } from '../../../src/config/parseConfig';
import { sasrecSchema } from '../../../src/model/sasrec/options';
import { sasrecPresets } from '../../../src/model/sasrec/presets';
import { Sasrec } from '../../../src/model/sasrec/sasrec';
import { sasrecSize } from '../../../src/model/sasrec/size';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';
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

type Options = Partial<z.input<typeof sasrecSchema>>;

const NUM_ITEMS = 12;
const create = (change: Options = {}, seed = 3, numItems = NUM_ITEMS): Sasrec => {
  const preset = change.preset ? sasrecPresets[change.preset].model : {};
  const tiny = { maxSequenceLength: 5, hiddenSize: 6, numBlocks: 2, dropout: 0, initializerRange: 0.5 };
  return new Sasrec(
    sasrecSchema.parse({ ...preset, ...tiny, ...change, type: 'sasrec' }),
    modelData(numItems),
    seed,
  );
};

const PRESETS = ['recohut', 'kang205', 'pmixer', 'recbole', 'gsasrec', 'esasrec'] as const;
/** The blocks of eSASRec: gates, and a feed-forward layer with a product. */
const LIGR: Options = { gatedResiduals: true, activation: 'swiglu' };

describe.each(TEST_BACKENDS)('SASRec on %s', (backend) => {
  useBackend(backend);

  it.each<[string, Options]>([
    ['pre-norm', { normalization: 'pre', numHeads: 2 }],
    ['post-norm', { normalization: 'post', numHeads: 2 }],
    ['the original blocks', { preset: 'kang205', numHeads: 2 }],
    ['gSASRec’s', { preset: 'gsasrec' }],
    ['RecBole’s', { preset: 'recbole' }],
    ['eSASRec’s', { preset: 'esasrec', numHeads: 2 }],
    ['no positions', { positions: 'none' }],
  ])('with %s does not see padding: a longer row gives the same scores', (_, change) => {
    const model = create(change);
    const [short] = scoresOf(model, [4, 9, 2]);
    const [long, other] = scoresOf(model, [0, 0, 4, 9, 2], [1, 2, 3, 4, 5]);
    short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 5));
    expect(other).not.toEqual(long);
  });

  it.each(['recohut', 'pmixer'] as const)(
    '%s sees padding, as its reference does, and as much of it whatever the batch is',
    (preset) => {
      const model = create({ preset });
      const [short] = scoresOf(model, [4, 9, 2]);
      const [long] = scoresOf(model, [0, 0, 4, 9, 2]);
      short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 5));
      const [blind] = scoresOf(create({ preset, padding: 'masked' }), [4, 9, 2]);
      expect(Math.abs(short![0]! - blind![0]!)).toBeGreaterThan(1e-4);

      // Without negatives, which would be others in a longer row.
      const trained = create({ preset, loss: { type: 'crossEntropy' } });
      const loss = (row: number[], targets: number[]) =>
        lossOf(trained, batchFor(trained.batches, [row], [targets], NUM_ITEMS));
      expect(loss([4, 9, 2], [0, 0, 7])).toBeCloseTo(loss([0, 0, 4, 9, 2], [0, 0, 0, 0, 7]), 5);
      const states = tf.tidy(() => model.states(queryOf([4, 9, 2])).shape);
      expect(states).toEqual([1, 3, 6]);
    },
  );

  it('does not see the future: the loss at a position ignores the items behind it', () => {
    const model = create();
    const targets = [[0, 5, 0, 0]];
    const loss = (row: number[]) => lossOf(model, batchFor(model.batches, [row], targets, NUM_ITEMS));
    const first = loss([1, 2, 3, 4]);
    expect(loss([1, 2, 11, 12])).toBeCloseTo(first, 6);
    expect(Math.abs(loss([1, 7, 3, 4]) - first)).toBeGreaterThan(1e-4);
  });

  it('uses the order of items, unless it has no positions', () => {
    // Of one block with the same newest item, only positions tell the older items apart.
    const differ = (change: Options): number => {
      const model = create({ numBlocks: 1, ...change });
      const [first, second] = scoresOf(model, [1, 2, 3], [2, 1, 3]);
      return Math.abs(first![0]! - second![0]!);
    };
    expect(differ({})).toBeGreaterThan(1e-4);
    expect(differ({ positions: 'fromOldest' })).toBeGreaterThan(1e-4);
    expect(differ({ positions: 'none' })).toBeLessThan(1e-5);
  });

  const rows = [
    [0, 1, 2],
    [3, 4, 5],
  ];
  const targets = [
    [0, 2, 3],
    [4, 5, 6],
  ];
  it.each<[string, Options]>([
    ['the defaults', {}],
    ['post-norm, gelu, two heads', { normalization: 'post', activation: 'gelu', numHeads: 2 }],
    ...PRESETS.map((preset): [string, Options] => [`the preset ${preset}`, { preset }]),
    ['RecBole with the padding’s vector at zero', { preset: 'recbole', paddingVector: 'zero' }],
    ['trained padding that is seen', { preset: 'pmixer', paddingVector: 'trained' }],
    ['neither positions nor final norm', { positions: 'none', finalNorm: false, scaleEmbedding: false }],
    ['penalized embeddings', { embeddingL2: 0.1, outputEmbedding: 'separate' }],
    ['dropout everywhere', { dropout: 0.3, inputNorm: true }],
    ['dropout without an output projection', { dropout: 0.3, outputProjection: false }],
    ['the last position only', { causal: false, trainOn: 'last' }],
    ['LiGR’s blocks with biases and dropout', { ...LIGR, dropout: 0.3, numHeads: 2 }],
    [
      'gates around gelu without biases',
      { gatedResiduals: true, activation: 'gelu', feedForwardBias: false },
    ],
    [
      'gates without an output projection, post-norm',
      { ...LIGR, normalization: 'post', outputProjection: false },
    ],
    ['SwiGLU without gates', { activation: 'swiglu', dropout: 0.3 }],
    ['relu without biases', { feedForwardBias: false }],
    // Losses alone are differentiated with GRU4Rec, which is faster.
    ['shared negatives', { loss: LOSSES['sampledSoftmax, shared, corrected']! }],
  ])('%s: gradients agree with finite differences', (_, change) => {
    const model = create({ hiddenSize: 4, numBlocks: 1, innerSize: 3, ...change }, 5, 6);
    checkGradients(model, batchFor(model.batches, rows, targets, 6));
  });

  it('records the attention of each block', () => {
    const model = create({ numHeads: 2 });
    const recorded = new Map<string, { shape: number[]; values: Float32Array }>();
    tf.tidy(() => {
      model.scoring(queryOf([0, 1, 2, 3], [4, 5, 6, 7]), (name, weights) =>
        recorded.set(name, { shape: weights.shape, values: weights.dataSync<'float32'>() }),
      );
    });
    expect([...recorded.keys()]).toEqual(model.attentions.map(({ name }) => name));
    expect(model.attentions[0]).toMatchObject({ axes: ['head', 'position', 'position'], causal: true });
    for (const { shape, values } of recorded.values()) {
      expect(shape).toEqual([2, 2, 4, 4]);
      const row = (index: number) => [...values.subarray(index * 4, index * 4 + 4)];
      expect(row(0)).toEqual([0, 0, 0, 0]); // the padding
      expect(row(1)).toEqual([0, 1, 0, 0]);
      expect(row(3).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
  });

  it('divides the attention of padding evenly in RecoHut’s form', () => {
    const model = create({ preset: 'recohut', numBlocks: 1 });
    let first: number[] = [];
    tf.tidy(() => {
      model.scoring(queryOf([0, 1, 2, 3]), (_, weights) => {
        first = [...weights.dataSync<'float32'>().subarray(0, 5)];
      });
    });
    first.forEach((weight) => expect(weight).toBeCloseTo(0.2, 6));
  });

  it('scores a batch of 1 as within a larger one', () => {
    const model = create();
    const [alone] = scoresOf(model, [4, 9, 2]);
    const [, among] = scoresOf(model, [1, 2, 3], [4, 9, 2]);
    alone!.forEach((value, index) => expect(value).toBeCloseTo(among![index]!, 5));
    expect(lossOf(model, batchFor(model.batches, [[4]], [[9]], NUM_ITEMS))).toBeGreaterThan(0);
  });

  it.each<[string, Options]>([
    ['gBCE', { loss: LOSSES.gbce! }],
    ['LiGR’s blocks', LIGR],
  ])('draws the same bits from the same seed with %s', (_, change) => {
    const weights = () => {
      const model = create({ dropout: 0.3, ...change });
      return trainedWeights(model, (step) => batchFor(model.batches, rows, targets, 6, step));
    };
    expect(weights()).toEqual(weights());
  });

  it('passes nothing through gates that are shut, and all through those that are open', () => {
    const model = create({ ...LIGR, finalNorm: false, normEpsilon: 1e-5 });
    const plain = create({ ...LIGR, gatedResiduals: false, finalNorm: false, normEpsilon: 1e-5 });
    const states = (of: Sasrec) => tf.tidy(() => of.states(queryOf([4, 9, 2])).dataSync());
    const gate = (value: number) => {
      for (const [name, variable] of model.variables) {
        if (!name.includes('/gate/')) plain.variables.get(name)!.assign(variable);
        else tf.tidy(() => variable.assign(tf.fill(variable.shape, name.endsWith('/bias') ? value : 0)));
      }
    };
    gate(-200);
    const table = model.variables.get('itemEmbedding')!.arraySync() as number[][];
    const positions = model.variables.get('positionEmbedding')!.arraySync() as number[][];
    const input = [4, 9, 2].flatMap((item, place) =>
      table[item]!.map((value, index) => value * Math.sqrt(6) + positions[2 + place]![index]!),
    );
    states(model).forEach((value, index) => expect(value).toBeCloseTo(input[index]!, 5));
    gate(200);
    const open = states(plain);
    states(model).forEach((value, index) => expect(value).toBeCloseTo(open[index]!, 5));
  });

  it.each([...PRESETS, null])('keeps no tensors from step to step with the preset %s', (preset) => {
    const model = create({ preset, dropout: 0.2 });
    checkTensors(model, batchFor(model.batches, [[0, 1, 2, 3]], [[0, 2, 3, 4]], NUM_ITEMS));
  });
});

describe('SASRec', () => {
  useBackend('wasm');

  it.each<[string, Options]>([
    ['the defaults', {}],
    ['gBCE', { loss: LOSSES.gbce! }],
    ['the original blocks', { preset: 'kang205', scaleEmbedding: false }],
    ['the preset recohut', { preset: 'recohut' }],
    ['the preset recbole', { preset: 'recbole' }],
    ['the preset esasrec', { preset: 'esasrec', loss: { type: 'crossEntropy' } }],
  ])('learns 32 users by heart with %s', (_, change) => {
    const size = { hiddenSize: 32, numBlocks: 1, innerSize: 32, initializerRange: 0.1 };
    const model = create({ embeddingL2: 0, ...size, ...change, ...{ dropout: 0 } }, 2, 40);
    const { rows, targets } = users(40);
    const batchAt = (step: number) => batchFor(model.batches, rows, targets, 40, step);
    train(model, batchAt, 200, 0.02);
    expect(lossOf(model, batchAt(1000))).toBeLessThan(0.1);
  });

  it('shows its embeddings', () => {
    const views = (change: Options) =>
      tf.tidy(() => create(change).embeddings.map((view) => [view.name, ...view.vectors().shape]));
    expect(views({ outputEmbedding: 'separate' })).toEqual([
      ['items', 12, 6],
      ['positions', 5, 6],
      ['outputItems', 12, 6],
    ]);
    expect(views({ positions: 'none' })).toEqual([['items', 12, 6]]);
    expect(views({ preset: 'pmixer' })[1]).toEqual(['positions', 5, 6]);
  });

  it.each<[string, Options]>([
    ['the defaults', {}],
    ...PRESETS.map((preset): [string, Options] => [`the preset ${preset}`, { preset }]),
    ['LiGR’s blocks with biases', { ...LIGR, innerSize: 9 }],
    ['relu without biases', { feedForwardBias: false, innerSize: 9 }],
  ])('knows the size of its parameters with %s', (_, change) => {
    const model = create(change);
    let count = 0;
    for (const variable of model.variables.values()) count += variable.size;
    const preset = change.preset ? sasrecPresets[change.preset].model : {};
    const tiny = { maxSequenceLength: 5, hiddenSize: 6, numBlocks: 2, dropout: 0 };
    const config = sasrecSchema.parse({ ...preset, ...tiny, ...change, type: 'sasrec' });
    const size = sasrecSize(config, { data: modelData(NUM_ITEMS), batchSize: 4, threads: 1 });
    expect(size.parameters).toBe(count);
  });
});

describe('a config of SASRec', () => {
  const problems = (model: object) =>
    parseConfig(
      JSON.stringify({ dataset: { path: 'x.csv' }, model: { type: 'sasrec', ...model } }),
      'json',
    ).problems.map(({ path, message }) => `${path}: ${message}`);

  it.each<[object, string]>([
    [{ hiddenSize: 64, numHeads: 3 }, 'model.numHeads'],
    [{ causal: false }, 'model.trainOn'],
    [{ loss: { type: 'gbce', t: 1.5 } }, 'model.loss.t'],
    [{ loss: { type: 'gbce', t: -0.5 } }, 'model.loss.t'],
    [{ loss: { type: 'sampledSoftmax', temperature: 0 } }, 'model.loss.temperature'],
    [{ loss: { type: 'bce', numNegatives: 0 } }, 'model.loss.numNegatives'],
    [
      { trainOn: 'last', loss: { type: 'sampledSoftmax', sharedNegatives: true } },
      'model.loss.sharedNegatives',
    ],
    [{ preset: 'nobody' }, 'model.preset'],
    [{ activation: 'silu' }, 'model.activation'],
    [{ gatedResiduals: 'yes' }, 'model.gatedResiduals'],
    [{ preset: 'esasrec', feedForwardBias: 0 }, 'model.feedForwardBias'],
  ])('%j is refused', (model, path) => {
    const found = problems(model);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(path);
  });

  it.each(PRESETS)('the preset %s sets options, and those of the file win', (preset) => {
    const { config, problems: found } = parseConfig(
      JSON.stringify({ dataset: { path: 'x.csv' }, model: { type: 'sasrec', preset, dropout: 0.1 } }),
      'json',
    );
    expect(found).toEqual([]);
    expect(config!.model).toMatchObject({ ...sasrecPresets[preset].model, dropout: 0.1 });
    expect(config!.training).toMatchObject(sasrecPresets[preset].training);
  });
});
