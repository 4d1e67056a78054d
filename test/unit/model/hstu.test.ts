import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseConfig } from '../../../src/config/parseConfig';
import type { SequenceBatch, SequenceBuilder } from '../../../src/model/batches/sequenceBatches';
import { Hstu } from '../../../src/model/hstu/hstu';
import { hstuSchema } from '../../../src/model/hstu/options';
import { hstuPresets } from '../../../src/model/hstu/presets';
import { hstuSize } from '../../../src/model/hstu/size';
import type { Query } from '../../../src/model/model';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';
import { batchFor, checkGradients, LOSSES, lossOf, train, trainedWeights, users } from './nextItemModel';

type Options = Partial<z.input<typeof hstuSchema>>;

const NUM_ITEMS = 12;
const parse = (change: Options) => {
  const preset = change.preset ? hstuPresets[change.preset].model : {};
  const tiny = { maxSequenceLength: 5, hiddenSize: 6, numBlocks: 2, dropout: 0 };
  return hstuSchema.parse({ ...preset, ...tiny, ...change, type: 'hstu' });
};
/** A model in which biases matter: they start large. */
function create(change: Options = {}, seed = 3, numItems = NUM_ITEMS): Hstu {
  const model = new Hstu(parse(change), modelData(numItems), seed);
  for (const [name, variable] of model.variables)
    if (name.endsWith('Bias') || name.endsWith('projection/kernel'))
      tf.tidy(() => variable.assign(tf.mul(variable, 20)));
  return model;
}

/** Seconds at which histories of some items, and what comes next, are done. */
const SECONDS = [0, 3, 50, 50, 7000, 90_000];

/** With times: those of the newest positions, and some later time. */
const timed = (query: Query, shift = 0, seconds = SECONDS): Query => ({
  ...query,
  times: Float64Array.from({ length: query.size * (query.length + 1) }, (_, place) => {
    const column = (place % (query.length + 1)) - (query.length + 1);
    return shift + (seconds.at(Math.max(column, -seconds.length)) ?? 0);
  }),
});

const scoresOf = (model: Hstu, query: Query): number[][] =>
  tf.tidy(() => {
    const { states, items } = model.scoring(query);
    return tf.matMul(states, items, false, true).arraySync() as number[][];
  });

function batchOf(model: Hstu, rows: number[][], targets: number[][], numItems = NUM_ITEMS, seed = 1) {
  const batch = batchFor(model.batches as SequenceBuilder, rows, targets, numItems, seed) as SequenceBatch;
  return { ...batch, times: timed({ ...queryOf(...rows) }).times! };
}

const VARIANTS: [string, Options][] = [
  ['the default', {}],
  ['two heads of other widths', { numHeads: 2, keySize: 2, valueSize: 4 }],
  ['the time of the target', { timeBias: 'target' }],
  ['no bias', { timeBias: 'none', positionBias: false }],
  ['research', { preset: 'research' }],
  ['RecTools', { preset: 'rectools' }],
];

const differs = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

describe.each(TEST_BACKENDS)('HSTU on %s', (backend) => {
  useBackend(backend);

  it.each(VARIANTS)('with %s does not see padding, whoever else is in the batch', (_, change) => {
    const model = create(change);
    const [short] = scoresOf(model, timed(queryOf([4, 9, 2])));
    const [long, other] = scoresOf(model, timed(queryOf([0, 0, 4, 9, 2], [1, 2, 3, 4, 5])));
    short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 4));
    expect(other).not.toEqual(long);
    model.dispose();
  });

  it.each(VARIANTS)('with %s does not see the future', (_, change) => {
    const model = create({ ...change, loss: { type: 'crossEntropy' } });
    const loss = (row: number[]) => lossOf(model, batchOf(model, [row], [[0, 5, 0, 0]]));
    const first = loss([1, 2, 3, 4]);
    expect(loss([1, 2, 9, 8])).toBeCloseTo(first, 5);
    expect(Math.abs(loss([1, 9, 3, 4]) - first)).toBeGreaterThan(1e-5);
    expect(Math.abs(loss([9, 2, 3, 4]) - first)).toBeGreaterThan(1e-5);
    model.dispose();
  });

  it.each(VARIANTS.filter(([name]) => name !== 'RecTools'))('has the gradients of %s', (_, change) => {
    for (const loss of [LOSSES.crossEntropy!, LOSSES['sampledSoftmax of the batch, by cosine']!]) {
      const model = create({ ...change, loss }, 3, 6);
      checkGradients(model, batchOf(model, [[1, 2, 3, 4], [0, 0, 5, 6]], [[2, 3, 4, 5], [0, 0, 6, 1]], 6)); // prettier-ignore
      model.dispose();
    }
  });

  it('looks at the time between items, not at that of the prediction, unless it is told to', () => {
    const later = [...SECONDS.slice(0, -1), 500_000_000];
    const sooner = SECONDS.map((time, place) => (place === 2 ? time + 4000 : time));
    const change = (options: Options, seconds: number[]): number => {
      const model = create(options);
      const query = queryOf([1, 2, 3, 4, 5]);
      const difference = differs(
        scoresOf(model, timed(query))[0]!,
        scoresOf(model, timed(query, 0, seconds))[0]!,
      );
      model.dispose();
      return difference;
    };
    expect(change({}, later)).toBe(0);
    expect(change({}, sooner)).toBeGreaterThan(1e-4);
    expect(change({ timeBias: 'target' }, later)).toBeGreaterThan(1e-4);
    expect(change({ timeBias: 'none' }, sooner)).toBe(0);
  });

  it('has the same scores whenever a history began', () => {
    for (const timeBias of ['history', 'target'] as const) {
      const model = create({ timeBias });
      const [then] = scoresOf(model, timed(queryOf([1, 2, 3])));
      const [now] = scoresOf(model, timed(queryOf([1, 2, 3]), 1_700_000_000));
      expect(now).toEqual(then);
      model.dispose();
    }
  });

  it('records weights that do not sum to 1, of what a position may see', () => {
    const model = create({ numHeads: 2 });
    const recorded = new Map<string, number[][][][]>();
    tf.tidy(() => {
      model.scoring(timed(queryOf([0, 1, 2, 3])), (name, weights) =>
        recorded.set(name, weights.arraySync() as number[][][][]),
      );
    });
    expect([...recorded.keys()]).toEqual(model.attentions.map(({ name }) => name));
    for (const view of model.attentions) expect(view.normalized).toBe(false);
    for (const [heads] of recorded.values()) {
      expect(heads).toHaveLength(2);
      for (const rows of heads!)
        rows.forEach((row, i) => {
          row.forEach((weight, j) => expect(weight !== 0).toBe(j > 0 && j <= i));
          expect(Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 1)).toBeGreaterThan(0.01);
        });
    }
    model.dispose();
  });

  // The plain definitions are slow; what a loss adds to the model is the same on every engine.
  const learned = Object.entries(LOSSES).slice(0, backend === 'cpu' ? 1 : undefined);
  it.each(learned.map(([name, loss]): [string, Options] => [name, { loss }]))(
    'learns what follows with %s, and leaves no tensor behind',
    (_, change) => {
      const numItems = 40;
      const model = create({ ...change, hiddenSize: 16, numBlocks: 1 }, 3, numItems);
      const { rows, targets } = users(numItems);
      const at = (seed: number) => batchOf(model, rows, targets, numItems, seed);
      const before = lossOf(model, at(1));
      train(model, at, 5);
      const tensors = tf.memory().numTensors;
      train(model, at, 25);
      expect(tf.memory().numTensors - tensors).toBeLessThanOrEqual(0 + 2 * model.variables.size);
      expect(lossOf(model, at(1))).toBeLessThan(0.8 * before);
      model.dispose();
    },
  );

  it('is the same for the same seed', () => {
    const weights = (seed: number) => {
      const model = create({ dropout: 0.3 }, seed);
      const trained = trainedWeights(model, (step) =>
        batchOf(model, [[1, 2, 3]], [[2, 3, 4]], NUM_ITEMS, step),
      );
      model.dispose();
      return trained;
    };
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  it('has finite scores whatever the times are', () => {
    const model = create({ timeBias: 'target' });
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), { minLength: 4, maxLength: 4 }),
        (times) => {
          const query = { ...queryOf([3, 1, 2]), times: Float64Array.from(times) };
          expect(scoresOf(model, query).flat().every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
    model.dispose();
  });
});

describe('the config', () => {
  useBackend('cpu');

  it.each(VARIANTS)('counts the parameters of %s', (_, change) => {
    const config = parse(change);
    const model = new Hstu(config, modelData(NUM_ITEMS), 1);
    const { parameters } = hstuSize(config, { data: modelData(NUM_ITEMS), batchSize: 8, threads: 2 });
    const actual = [...model.variables.values()].reduce((sum, { size }) => sum + size, 0);
    expect(parameters).toBe(actual);
    model.dispose();
  });

  it('needs times unless its bias by time is off', () => {
    const problems = (model: object, dataset: object) =>
      parseConfig(JSON.stringify({ dataset: { path: 'a.csv', ...dataset }, model }), 'json').problems;
    const none = { columns: { timestamp: null } };
    expect(problems({ type: 'hstu' }, {})).toEqual([]);
    expect(problems({ type: 'hstu', timeBias: 'none' }, none)).toEqual([]);
    expect(problems({ type: 'hstu' }, none)).toMatchObject([
      {
        path: 'model.timeBias',
        message: expect.stringMatching(/`dataset.columns.timestamp` is null: set it to `none`/) as string,
      },
    ]);
    expect(problems({ type: 'hstu' }, { columns: { items: 'list' } })).toMatchObject([
      { path: 'model.timeBias' },
    ]);
  });

  it('tells its batches what it reads of times', () => {
    const times = (change: Options) => create(change).batches.times;
    expect(times({})).toBe('history');
    expect(times({ preset: 'research' })).toBe('target');
    expect(times({ timeBias: 'none' })).toBeUndefined();
    const untimed = { numUsers: 1, numItems: 3, offsets: Uint32Array.of(0, 3), trainEnd: Uint32Array.of(3) };
    expect(() =>
      create({}).batches.build({ ...untimed, items: Uint32Array.of(1, 2, 3), times: null }, 8, 1),
    ).toThrow('`dataset.columns.timestamp`');
  });
});
