import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseConfig } from '../../../src/config/parseConfig';
import type { TrainingData } from '../../../src/model/batches/batchBuilder';
import { Bert4rec } from '../../../src/model/bert4rec/bert4rec';
import type { MaskedBatch } from '../../../src/model/bert4rec/maskedSequences';
import { bert4recSchema, newestCount, numPositions } from '../../../src/model/bert4rec/options';
import { bert4recPresets } from '../../../src/model/bert4rec/presets';
import { newestSupervised, withoutOldest } from '../../../src/model/bert4rec/quirks';
import { bert4recSize } from '../../../src/model/bert4rec/size';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';
import {
  checkGradients,
  checkTensors,
  LOSSES,
  lossOf,
  scoresOf,
  train,
  trainedWeights,
  users,
} from './nextItemModel';

type Options = Partial<z.input<typeof bert4recSchema>>;

const NUM_ITEMS = 12;
const TINY = {
  maxSequenceLength: 5,
  hiddenSize: 6,
  numHeads: 2,
  innerSize: 7,
  dropout: 0,
  initializerRange: 0.5,
};
const parse = (change: Options) => {
  const preset = change.preset ? bert4recPresets[change.preset].model : {};
  return bert4recSchema.parse({ ...preset, ...TINY, ...change, type: 'bert4rec' });
};
const create = (change: Options = {}, seed = 3, numItems = NUM_ITEMS): Bert4rec =>
  new Bert4rec(parse(change), modelData(numItems), seed);

/** Training parts of users with these items, all of which are learned from. */
function dataOf(rows: readonly (readonly number[])[], numItems = NUM_ITEMS): TrainingData {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, user) => (offsets[user + 1] = offsets[user]! + row.length));
  return {
    numUsers: rows.length,
    numItems,
    offsets,
    trainEnd: offsets.slice(1),
    items: Uint32Array.from(rows.flat()),
    times: null,
  };
}

const batchOf = (
  model: Bert4rec,
  data: TrainingData,
  epoch = 1,
  index = 0,
  batchSize = 32,
  seed = 1,
): MaskedBatch => model.batches.build(data, batchSize, seed).batch(epoch, index) as MaskedBatch;

const ROWS = [[1, 2, 3, 4], [5, 6], [7, 8, 9, 10, 11, 12, 1], [3]];
const NUM_SMALL = 6;
const SMALL = dataOf(
  [
    [1, 2, 3],
    [3, 4, 5, 6],
  ],
  NUM_SMALL,
);
/** The losses that take a bias; a cosine takes none. */
const LEARNABLE = Object.entries(LOSSES).map(([name, loss]): [string, Options] => [
  name,
  { loss, outputHead: !(loss.type === 'sampledSoftmax' && loss.normalize) },
]);

describe.each(TEST_BACKENDS)('BERT4Rec on %s', (backend) => {
  useBackend(backend);

  it.each<[string, Options]>([
    ['the default', {}],
    ['post-normalized', { normalization: 'post' }],
    ['counting from the oldest', { positions: 'fromOldest' }],
    ['losing the oldest', { oldestItem: 'lost' }],
  ])('%s: does not see padding, whoever else is in the batch', (_, change) => {
    const model = create(change);
    const [short] = scoresOf(model, [4, 9, 2]);
    const [long, other] = scoresOf(model, [0, 0, 4, 9, 2], [1, 2, 3, 4, 5]);
    short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 5));
    expect(other).not.toEqual(long);
    model.dispose();
  });

  it('sees both sides of a masked item, and their order', () => {
    const model = create();
    const loss = (items: number[], place: number) =>
      lossOf(model, {
        size: 1,
        length: 4,
        items: Int32Array.from(items),
        rows: {
          positions: Int32Array.of(place),
          targets: Int32Array.of(7),
          candidates: null,
          sharedNegatives: null,
        },
      } as MaskedBatch);
    const mask = NUM_ITEMS + 1;
    const first = loss([1, mask, 3, 4], 1);
    for (const changed of [
      [2, mask, 3, 4],
      [1, mask, 3, 5],
      [1, mask, 4, 3],
    ])
      expect(Math.abs(loss(changed, 1) - first)).toBeGreaterThan(1e-4);
    model.dispose();
  });

  it('keeps the oldest item in ranking; RecBole loses it', () => {
    const histories = [
      [1, 2, 3, 4, 5],
      [0, 0, 6, 7, 8],
    ];
    const others = histories.map((row) => row.map((item) => (item === 1 || item === 6 ? 11 : item)));
    const kept = create();
    expect(scoresOf(kept, ...others)).not.toEqual(scoresOf(kept, ...histories));
    kept.dispose();
    const lost = create({ oldestItem: 'lost' });
    expect(scoresOf(lost, ...others)).toEqual(scoresOf(lost, ...histories));
    lost.dispose();
  });

  it.each<[string, Options]>([
    ['the defaults', {}],
    ['the head of the paper', { outputHead: true }],
    ['post-normalized', { normalization: 'post' }],
    ['counting from the oldest', { positions: 'fromOldest' }],
    ['dropout everywhere', { dropout: 0.3 }],
    ['the preset recbole', { preset: 'recbole', maskProbability: 0.4 }],
    ...LEARNABLE,
  ])('%s: gradients agree with finite differences', (_, change) => {
    const model = create({ hiddenSize: 4, numBlocks: 1, maskProbability: 0.5, ...change }, 5, NUM_SMALL);
    checkGradients(model, batchOf(model, SMALL));
    model.dispose();
  });

  it('draws the same bits from the same seed', () => {
    const weights = (seed: number) => {
      const model = create({ dropout: 0.3, loss: LOSSES.bpr! }, seed, NUM_SMALL);
      return trainedWeights(model, (step) => batchOf(model, SMALL, 1 + step, 0, 32, seed));
    };
    expect(weights(3)).toEqual(weights(3));
    expect(weights(3)).not.toEqual(weights(4));
  });

  it('keeps no tensors from step to step', () => {
    const model = create({ dropout: 0.2 });
    checkTensors(model, batchOf(model, dataOf(ROWS)));
  });
});

describe('BERT4Rec', () => {
  useBackend('wasm');

  it.each<[string, Options]>([...LEARNABLE, ['the preset recbole', { preset: 'recbole' }]])(
    'memorizes 32 users with %s',
    (_, change) => {
      const options = { hiddenSize: 32, innerSize: 32, numBlocks: 1, maskLastProbability: 1, ...change };
      const model = create({ ...options, maskProbability: 0.4, initializerRange: 0.1 }, 2, 40);
      const { rows, targets } = users(40);
      // Each user is told by the first item. RecBole's last training item is in no sequence.
      const added = change.preset === undefined ? [] : [1];
      const data = dataOf(
        rows.map((row, user) => [...row, targets[user]!.at(-1)!, ...added]),
        40,
      );
      const last = (step: number): MaskedBatch => batchOf(model, data, step + 1, 0, 200);
      train(model, last, 250, 0.01);
      expect(lossOf(model, last(1000))).toBeLessThan(0.35);
      model.dispose();
    },
    60_000,
  );

  it.each<Options>([
    {},
    { outputHead: false, normalization: 'post' },
    { preset: 'recbole', maskProbability: 0.4 },
  ])('knows the size of its parameters with %j', (change) => {
    let count = 0;
    for (const variable of create(change).variables.values()) count += variable.size;
    const size = bert4recSize(parse(change), { data: modelData(NUM_ITEMS), batchSize: 4, threads: 1 });
    expect(size.parameters).toBe(count);
  });

  it('shows its embeddings', () => {
    const model = create();
    const shapes = tf.tidy(() => model.embeddings.map((view) => [view.name, ...view.vectors().shape]));
    expect(shapes).toEqual([
      ['items', NUM_ITEMS, 6],
      ['positions', 6, 6],
    ]);
  });

  it.each<[Options, number[]]>([
    [{ oldestItem: 'kept' }, [1, 2, 3]],
    [{ oldestItem: 'lost' }, [2, 3]],
  ])('records what the mask token and the items attend to with %j', (change, seen) => {
    const model = create(change);
    const recorded = new Map<string, number[]>();
    const shapes = new Map<string, number[]>();
    tf.tidy(() => {
      model.scoring(queryOf([0, 1, 2, 3]), (name, weights) => {
        recorded.set(name, [...weights.dataSync()]);
        shapes.set(name, weights.shape);
      });
    });
    expect(model.attentions.map(({ name, label }) => [name, label])).toEqual([
      ['block0/mask', 'Block 1, mask'],
      ['block0', 'Block 1, items'],
      ['block1/mask', 'Block 2, mask'],
      ['block1', 'Block 2, items'],
    ]);
    expect(shapes.get('block0/mask')).toEqual([1, 2, 4]);
    expect(shapes.get('block0')).toEqual([1, 2, 4, 4]);
    for (let head = 0; head < 2; head++) {
      const row = recorded.get('block0/mask')!.slice(head * 4, head * 4 + 4);
      row.forEach((weight, item) => expect(weight > 0).toBe(seen.includes(item)));
      // The rest goes to the mask token itself.
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(1);
    }
    // The first item that is read attends to the newest as well.
    expect(recorded.get('block0')![seen[0]! * 4 + 3]).toBeGreaterThan(0);
    model.dispose();
  });
});

describe('batches of masked sequences', () => {
  useBackend('cpu');
  const build = (change: Options, data: TrainingData, batchSize: number, seed = 1) => {
    const model = create(change, 1, data.numItems);
    const batches = model.batches.build(data, batchSize, seed);
    model.dispose();
    return batches;
  };
  const sequences = fc.array(fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { maxLength: 15 }), {
    minLength: 1,
    maxLength: 6,
  });

  it.each(['newest', 'windows'] as const)(
    'have the %s of each user, with the masked ones as targets',
    (kind) => {
      /** Six items are read: five and the mask token that ranking adds. */
      const windows = (row: number[]): number[][] =>
        row.length < 2 ? [] : [row.slice(-6), ...(kind === 'windows' ? windows(row.slice(0, -6)) : [])];
      fc.assert(
        fc.property(sequences, fc.integer({ min: 0, max: 99 }), (rows, seed) => {
          fc.pre(rows.some((row) => row.length >= 2));
          const {
            size,
            length,
            items,
            rows: targets,
          } = build({ sequences: kind, maskProbability: 0.5 }, dataOf(rows), 20, seed).batch(
            1,
            0,
          ) as MaskedBatch;
          const restored = items.slice();
          expect(targets.targets.length).toBeGreaterThan(0);
          targets.positions!.forEach((place, row) => (restored[place] = targets.targets[row]!));
          const padded = (row: number[]) => [...Array.from({ length: length - row.length }, () => 0), ...row];
          const expected = rows.flatMap(windows).map((row) => padded(row).join());
          const found = Array.from({ length: size }, (_, row) =>
            restored.subarray(row * length, (row + 1) * length).join(),
          );
          expect(found.sort()).toEqual(expected.sort());
        }),
        { numRuns: 60 },
      );
    },
  );

  it('mask 15% of the items, of which 80% are the token, 10% random and 10% unchanged', () => {
    const rows = Array.from({ length: 400 }, () => Array.from({ length: 51 }, () => 3));
    const batch = build({ maxSequenceLength: 50 }, dataOf(rows, 1000), 400).batch(1, 0) as MaskedBatch;
    const read = [...batch.rows.positions!].map((place) => batch.items[place]!);
    const share = (holds: (item: number) => boolean) => read.filter(holds).length / read.length;
    // Within four standard errors.
    const expectAbout = (found: number, expected: number, count: number) =>
      expect(Math.abs(found - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / count));
    expectAbout(read.length / (400 * 51), 0.15, 400 * 51);
    expectAbout(
      share((item) => item === 1001),
      0.8,
      read.length,
    );
    expectAbout(
      share((item) => item === 3),
      0.1,
      read.length,
    );
    expectAbout(
      share((item) => item !== 3 && item !== 1001),
      0.1,
      read.length,
    );
    expect(batch.items.every((item) => item >= 1 && item <= 1001)).toBe(true);
  });

  it('are the same for a place, whatever was asked before, and others in each epoch', () => {
    const rows = Array.from({ length: 20 }, (_, user) => ROWS[user % 3]!);
    const one = build({ loss: LOSSES.bpr! }, dataOf(rows), 8);
    const all = [1, 2].flatMap((epoch) => [0, 1, 2].map((index) => one.batch(epoch, index)));
    expect(build({ loss: LOSSES.bpr! }, dataOf(rows), 8).batch(2, 1)).toEqual(all[4]);
    expect(all[4]).not.toEqual(all[1]);
    expect(build({ loss: LOSSES.bpr! }, dataOf(rows), 8, 2).batch(2, 1)).not.toEqual(all[4]);
  });

  it('mask the last item where nothing else would be learned, or where the option says so', () => {
    for (const change of [{ maskProbability: 1e-9 }, { maskLastProbability: 1 }]) {
      const { length, items, rows } = build(change, dataOf(ROWS), 10).batch(1, 0) as MaskedBatch;
      expect([...rows.positions!]).toEqual([length - 1, 2 * length - 1, 3 * length - 1]);
      expect([...rows.positions!].map((place) => items[place])).toEqual([13, 13, 13]);
      expect([...rows.targets].sort((a, b) => a - b)).toEqual([1, 4, 6]);
    }
  });

  it('are of all beginnings with `prefixes`, without the last training item', () => {
    const { size, length, items } = build(
      { sequences: 'prefixes', maskProbability: 1e-9 },
      dataOf(ROWS),
      100,
    ).batch(1, 0) as MaskedBatch;
    const found = Array.from({ length: size }, (_, row) =>
      [...items.subarray(row * length, (row + 1) * length)].filter((item) => item > 0).join(),
    );
    const expected = ['1,13', '1,2,13', '7,13', '7,8,13', '7,8,9,13', '7,8,9,10,13', '7,8,9,10,11,13'];
    expect(found.sort()).toEqual(expected.sort());
  });

  it('say so when there is nothing to learn from', () => {
    expect(() => build({}, dataOf([[1], [2]]), 4)).toThrow(/No user has two interactions/);
    expect(() => build({ sequences: 'prefixes' }, dataOf([[1, 2], [2]]), 4)).toThrow(
      /No user has three interactions.*`minUserInteractions` to 5/s,
    );
  });
});

describe('quirks of RecBole', () => {
  it('supervise the newest masked positions, and never the oldest item', () => {
    expect(newestSupervised([0, 1, 2, 3, 5], 3)).toEqual([2, 3, 5]);
    expect(newestSupervised([0, 3], 3)).toEqual([3]);
    expect(newestSupervised([0], 3)).toEqual([]);
    expect(newestCount({ maskProbability: 0.2, maxSequenceLength: 50 })).toBe(10);
    expect(numPositions({ maxSequenceLength: 50, oldestItem: 'lost' })).toBe(50);
  });

  it('drop the oldest item of each history', () => {
    const { histories, length } = withoutOldest(queryOf([1, 2, 3], [0, 4, 5], [0, 0, 6], [0, 0, 0]));
    expect(length).toBe(2);
    expect([...histories]).toEqual([2, 3, 0, 5, 0, 0, 0, 0]);
  });
});

describe('a config of BERT4Rec', () => {
  const parsed = (model: object) =>
    parseConfig(
      JSON.stringify({ dataset: { path: 'x.csv' }, model: { type: 'bert4rec', ...model } }),
      'json',
    );

  it.each<[object, string, RegExp]>([
    [{ numHeads: 3 }, 'model.numHeads', /divide `hiddenSize` \(64\), found `3`/],
    [{ maskProbability: 0 }, 'model.maskProbability', /above 0/],
    [{ randomProbability: 0.7, keepProbability: 0.4 }, 'model.keepProbability', /not add up to more than 1/],
    [
      { preset: 'recbole', maxSequenceLength: 4 },
      'model.maskProbability',
      /times `maxSequenceLength` \(4\) must be at least 1/,
    ],
    [
      { outputHead: true, loss: { type: 'sampledSoftmax', normalize: true } },
      'model.loss.normalize',
      /`model.outputHead` to be false/,
    ],
  ])('%j is refused', (model, path, message) => {
    const { problems } = parsed(model);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]!.message).toMatch(message);
  });

  it('takes the preset recbole', () => {
    const { config, problems } = parsed({ preset: 'recbole', hiddenSize: 32 });
    expect(problems).toEqual([]);
    expect(config!.model).toMatchObject({ ...bert4recPresets.recbole.model, hiddenSize: 32 });
  });
});
