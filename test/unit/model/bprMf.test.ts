import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseConfig } from '../../../src/config/parseConfig';
import { BprMf } from '../../../src/model/bprMf/bprMf';
import { bprMfSchema, type BprMfConfig } from '../../../src/model/bprMf/options';
import { bprMfPresets } from '../../../src/model/bprMf/presets';
import { bprMfSize } from '../../../src/model/bprMf/size';
import type { ExampleBatch } from '../../../src/model/batches/exampleBatches';
import type { Query } from '../../../src/model/model';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData } from './modelData';
import { expectRightGradients, lossOf, numParameters, train } from './pairModelChecks';

const NUM_ITEMS = 8;
const NUM_USERS = 4;
type Options = Partial<z.input<typeof bprMfSchema>>;
const parse = (change: Options = {}): BprMfConfig =>
  bprMfSchema.parse({ type: 'bprMf', embeddingSize: 3, initializerRange: 0.5, ...change });
const create = (change: Options = {}, seed = 1): BprMf =>
  new BprMf(parse(change), modelData(NUM_ITEMS, { numUsers: NUM_USERS }), seed);

function batch(users: number[], candidates: number[][]): ExampleBatch {
  return {
    kind: 'examples',
    size: users.length,
    length: 0,
    users: Int32Array.from(users),
    histories: new Int32Array(),
    candidates: Int32Array.from(candidates.flat()),
    numNegatives: candidates[0]!.length - 1,
    negativeHistories: null,
  };
}

/** With a triple twice, and an item that is its own negative. */
const pairs = batch(
  [0, 1, 1, 3, 0],
  [
    [1, 4],
    [2, 6],
    [2, 6],
    [5, 5],
    [3, 1],
  ],
);
const triples = batch(
  [0, 1, 2],
  [
    [1, 4, 5],
    [2, 6, 6],
    [8, 7, 1],
  ],
);

function queryOf(users: number[], unknown?: Query['unknown']): Query {
  const size = users.length;
  const query = { size, length: 1, users: Int32Array.from(users), histories: new Int32Array(size) };
  return unknown === undefined ? query : { ...query, unknown };
}

function scoresOf(model: BprMf, query: Query): number[][] {
  return tf.tidy(() => {
    const { states, items, bias } = model.scoring(query);
    const scores: tf.Tensor2D = tf.matMul(states, items, false, true);
    return (bias === undefined ? scores : tf.add<tf.Tensor2D>(scores, bias)).arraySync();
  });
}

/** Gives the items biases, which start at 0. */
function setBiases(model: BprMf): void {
  const bias = model.variables.get('itemBias')!;
  tf.tidy(() => bias.assign(tf.reshape(tf.linspace(-1, 1, bias.size), bias.shape)));
}

describe.each(TEST_BACKENDS)('BPR-MF on %s', (backend) => {
  useBackend(backend);

  it.each<[string, Options, ExampleBatch]>([
    ['the defaults', {}, pairs],
    ['two negatives', { numNegatives: 2, l2: 0.1 }, triples],
    ['without a bias', { itemBias: false, l2: 0.1 }, pairs],
    ['the loss of RecBole', { sigmoidEpsilon: 1e-10, l2: 0 }, pairs],
    ['a large epsilon', { sigmoidEpsilon: 0.1 }, pairs],
  ])('%s: gradients agree with finite differences', (_, change, data) => {
    const model = create(change);
    if (model.variables.has('itemBias')) setBiases(model);
    expectRightGradients(model, data);
    model.dispose();
  });

  it('has the loss of its paper', () => {
    const model = create({ numNegatives: 2, l2: 0.1 });
    setBiases(model);
    const table = (name: string) => tf.tidy(() => model.variables.get(name)!.arraySync() as number[][]);
    const [users, items, biases] = [table('userEmbedding'), table('itemEmbedding'), table('itemBias')];
    const squares = (vector: number[]) => vector.reduce((sum, value) => sum + value ** 2, 0);
    const { size, candidates } = triples;
    let loss = 0;
    triples.users.forEach((user, row) => {
      const own = [...candidates.subarray(3 * row, 3 * row + 3)];
      const [positive, ...negatives] = own.map((item) =>
        users[user]!.reduce((sum, value, place) => sum + value * items[item]![place]!, biases[item]![0]!),
      );
      for (const negative of negatives) loss += Math.log(1 + Math.exp(negative - positive!)) / 2;
      loss += 0.1 * squares(users[user]!);
      for (const item of own) loss += 0.1 * (squares(items[item]!) + squares(biases[item]!));
    });
    expect(lossOf(model, triples)).toBeCloseTo(loss / size, 5);
    model.dispose();
  });

  it('stays finite where a negative is far above the positive', () => {
    for (const sigmoidEpsilon of [0, 1e-10]) {
      const model = create({ sigmoidEpsilon, initializerRange: 100, l2: 0 });
      expect(Number.isFinite(lossOf(model, pairs))).toBe(true);
      model.dispose();
    }
  });

  it('gives a user whom training does not know, or who is taken as unknown, the mean of all users', () => {
    const model = create();
    setBiases(model);
    const known = scoresOf(model, queryOf([0, 1, 2, 3]));
    const mean = known[0]!.map((_, item) => known.reduce((sum, row) => sum + row[item]! / NUM_USERS, 0));
    const [unknown, third] = scoresOf(model, queryOf([-1, 2]));
    unknown!.forEach((score, item) => expect(score).toBeCloseTo(mean[item]!, 5));
    third!.forEach((score, item) => expect(score).toBeCloseTo(known[2]![item]!, 5));
    const [first] = scoresOf(model, queryOf([1], { of: 'users', feature: null }));
    first!.forEach((score, item) => expect(score).toBeCloseTo(mean[item]!, 5));
    model.dispose();
  });

  it('draws the same bits from the same seed, and learns to the same bits', () => {
    const bits = (seed: number) => {
      const model = create({}, seed);
      train(model, pairs, 3, 0.01);
      return [...model.state.values()].map((variable) => Array.from(variable.dataSync()));
    };
    expect(bits(1)).toEqual(bits(1));
    expect(bits(1)).not.toEqual(bits(2));
  });

  it('keeps no tensors from step to step', () => {
    const model = create();
    const step = () => {
      const { value, grads } = tf.variableGrads(() => model.loss(pairs), [...model.variables.values()]);
      tf.dispose([value, grads]);
      scoresOf(model, queryOf([0, -1]));
    };
    step();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 5; count++) step();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('BPR-MF', () => {
  useBackend('wasm');

  it('ranks what a user chose above what it learned against', () => {
    const model = create({ embeddingSize: 8, l2: 0 });
    train(model, triples, 100, 0.05);
    expect(lossOf(model, triples)).toBeLessThan(0.05);
    const scores = scoresOf(model, queryOf([...triples.users]));
    scores.forEach((row, user) => {
      const [positive, ...negatives] = triples.candidates.subarray(3 * user, 3 * user + 3);
      for (const negative of negatives) expect(row[positive! - 1]!).toBeGreaterThan(row[negative - 1]!);
    });
    model.dispose();
  });

  it('has a loss that depends on no order of the interactions', () => {
    const model = create();
    const triple = fc.tuple(
      fc.integer({ min: 0, max: NUM_USERS - 1 }),
      fc.integer({ min: 1, max: NUM_ITEMS }),
      fc.integer({ min: 1, max: NUM_ITEMS }),
    );
    const loss = (rows: [number, number, number][]) =>
      lossOf(
        model,
        batch(
          rows.map(([user]) => user),
          rows.map(([, positive, negative]) => [positive, negative]),
        ),
      );
    fc.assert(
      fc.property(fc.array(triple, { minLength: 1, maxLength: 10 }), (rows) => {
        expect(loss([...rows].reverse())).toBeCloseTo(loss(rows), 5);
      }),
    );
    model.dispose();
  });

  it.each<Options>([{}, { itemBias: false }, { preset: 'recbole', ...bprMfPresets.recbole.model }])(
    'knows the size of its parameters with %j',
    (change) => {
      const model = create(change);
      const data = modelData(NUM_ITEMS, { numUsers: NUM_USERS });
      expect(bprMfSize(parse(change), { data, batchSize: 4, threads: 1 }).parameters).toBe(
        numParameters(model),
      );
      model.dispose();
    },
  );

  it('shows the embeddings of items and users', () => {
    const model = create();
    const shapes = tf.tidy(() => model.embeddings.map((view) => [view.name, ...view.vectors().shape]));
    expect(shapes).toEqual([
      ['items', NUM_ITEMS, 3],
      ['users', NUM_USERS, 3],
    ]);
    model.dispose();
  });
});

describe('a config of BPR-MF', () => {
  const parsed = (model: object) =>
    parseConfig(JSON.stringify({ dataset: { path: 'x.csv' }, model: { type: 'bprMf', ...model } }), 'json');

  it.each<[object, string]>([
    [{ embeddingSize: 0 }, 'model.embeddingSize'],
    [{ numNegatives: 0 }, 'model.numNegatives'],
    [{ l2: -1 }, 'model.l2'],
    [{ sigmoidEpsilon: -1e-10 }, 'model.sigmoidEpsilon'],
    [{ preset: 'rendle' }, 'model.preset'],
    [{ maxSequenceLength: 10 }, 'model.maxSequenceLength'],
  ])('%j is refused', (model, path) => {
    expect(parsed(model).problems.map((problem) => problem.path)).toEqual([path]);
  });

  it('takes the preset recbole', () => {
    const { config, problems } = parsed({ preset: 'recbole', embeddingSize: 32 });
    expect(problems).toEqual([]);
    expect(config!.model).toMatchObject({ ...bprMfPresets.recbole.model, embeddingSize: 32 });
  });
});
