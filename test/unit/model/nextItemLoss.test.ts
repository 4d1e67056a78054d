import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { nextItemLossSchema, type NextItemLossConfig } from '../../../src/model/parts/nextItemLossOptions';
import {
  gbce,
  gbceBeta,
  NextItemLoss,
  targetRows,
  type TargetRows,
} from '../../../src/model/parts/nextItemLoss';
import { samplingWeights } from '../../../src/model/parts/samplingWeights';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData } from './modelData';

const STATES = [
  [0.5, -1],
  [2, 0.25],
  [-0.75, 1.5],
];
/** Of the padding and items 1 to 5. */
const TABLE = [
  [0.1, 0.2],
  [1, -0.5],
  [0.5, 0.5],
  [-1, 2],
  [0.25, -2],
  [-0.5, -0.5],
];
const NUM_ITEMS = TABLE.length - 1;
const TARGETS = [1, 3, 5];
const NEGATIVES = [
  [2, 4],
  [1, 5],
  [4, 2],
];
const DATA = modelData(NUM_ITEMS); // item j has been met j times

const dot = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const softplus = (x: number) => Math.log1p(Math.exp(x));
/** −log softmax at the first of the scores. */
const crossEntropy = (scores: number[]) =>
  Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[0]!;
const unit = (vector: number[]) => vector.map((value) => value / Math.sqrt(dot(vector, vector)));
/** Scores of each row's target and of its negatives. */
const SCORES = STATES.map((state, row) =>
  [TARGETS[row]!, ...NEGATIVES[row]!].map((item) => dot(state, TABLE[item]!)),
);

const OWN: TargetRows = {
  positions: null,
  targets: Int32Array.from(TARGETS),
  candidates: Int32Array.from(TARGETS.flatMap((target, row) => [target, ...NEGATIVES[row]!])),
  sharedNegatives: null,
};
const SHARED = [1, 4, 4, 2];

const parse = (loss: object): NextItemLossConfig => nextItemLossSchema.parse(loss);
const lossOf = (loss: object, rows = OWN): number =>
  tf.tidy(
    () =>
      new NextItemLoss(parse(loss), DATA).loss(tf.tensor2d(STATES), tf.tensor2d(TABLE), rows).dataSync()[0]!,
  );

describe.each(TEST_BACKENDS)('losses of the next item on %s', (backend) => {
  useBackend(backend);

  it('cross-entropy is over all items, and over the padding if that is asked for', () => {
    const expected = (first: number) =>
      mean(
        STATES.map((state, row) => {
          const others = [...TABLE.keys()].filter((item) => item >= first && item !== TARGETS[row]);
          return crossEntropy([TARGETS[row]!, ...others].map((item) => dot(state, TABLE[item]!)));
        }),
      );
    expect(lossOf({ type: 'crossEntropy' })).toBeCloseTo(expected(1), 5);
    expect(lossOf({ type: 'crossEntropy', includePadding: true })).toBeCloseTo(expected(0), 5);
  });

  it('BCE weighs targets and negatives in three ways', () => {
    const ofTargets = mean(SCORES.map(([target]) => softplus(-target!)));
    const ofNegatives = mean(SCORES.flatMap(([, ...negatives]) => negatives.map(softplus)));
    const loss = (weighting: string) => lossOf({ type: 'bce', numNegatives: 2, weighting });
    expect(loss('balanced')).toBeCloseTo(ofTargets + ofNegatives, 5);
    expect(loss('halved')).toBeCloseTo((ofTargets + ofNegatives) / 2, 5);
    expect(loss('items')).toBeCloseTo((ofTargets + 2 * ofNegatives) / 3, 5);
  });

  it('BPR is −log σ of the differences', () => {
    const expected = mean(
      SCORES.flatMap(([target, ...negatives]) => negatives.map((negative) => softplus(negative - target!))),
    );
    expect(lossOf({ type: 'bpr', numNegatives: 2 })).toBeCloseTo(expected, 5);
  });

  it('gBCE agrees with its definition in doubles', () => {
    for (const t of [0, 0.5, 1]) {
      const expected = gbce(SCORES, gbceBeta(2, NUM_ITEMS, t));
      expect(lossOf({ type: 'gbce', numNegatives: 2, t })).toBeCloseTo(expected, 5);
    }
    const plain = lossOf({ type: 'bce', numNegatives: 2, weighting: 'items' });
    expect(lossOf({ type: 'gbce', numNegatives: 2, t: 0 })).toBeCloseTo(plain, 6);
  });

  it('stays finite for scores that no exponential can hold', () => {
    const far = tf.tidy(() => {
      const states = tf.mul<tf.Tensor2D>(tf.tensor2d(STATES), 1e4);
      return ['bce', 'bpr', 'gbce', 'sampledSoftmax', 'crossEntropy'].map((type) => {
        const config = parse(type === 'crossEntropy' ? { type } : { type, numNegatives: 2 });
        return new NextItemLoss(config, DATA).loss(states, tf.tensor2d(TABLE), OWN).dataSync()[0]!;
      });
    });
    far.forEach((loss) => expect(Number.isFinite(loss)).toBe(true));
  });

  it.each(['uniform', 'popular', 'logUniform', 'inBatch'] as const)(
    'sampled softmax corrects for the sampler %s',
    (sampler) => {
      const weights = samplingWeights(sampler, DATA.itemCounts);
      const logQ = (item: number) => (weights === null ? 0 : Math.log(weights[item - 1]!));
      const items = TARGETS.map((target, row) => [target, ...NEGATIVES[row]!]);
      const corrected = SCORES.map((row, index) =>
        row.map((score, place) => score / 0.5 - logQ(items[index]![place]!)),
      );
      const loss = { type: 'sampledSoftmax', numNegatives: 2, sampler, temperature: 0.5 };
      expect(lossOf(loss)).toBeCloseTo(mean(corrected.map(crossEntropy)), 5);
      const plain = SCORES.map((row) => crossEntropy(row.map((score) => score / 0.5)));
      expect(lossOf({ ...loss, logQCorrection: false })).toBeCloseTo(mean(plain), 5);
    },
  );

  it('sampled softmax leaves a shared negative out where it is the target', () => {
    const rows = { ...OWN, candidates: null, sharedNegatives: Int32Array.from(SHARED) };
    const expected = STATES.map((state, row) => {
      const negatives = SHARED.filter((item) => item !== TARGETS[row]);
      return crossEntropy([TARGETS[row]!, ...negatives].map((item) => dot(state, TABLE[item]!)));
    });
    const loss = { type: 'sampledSoftmax', numNegatives: 4, sharedNegatives: true };
    expect(lossOf(loss, rows)).toBeCloseTo(mean(expected), 5);
  });

  it('sampled softmax by cosine ranks by cosine', () => {
    const config = { type: 'sampledSoftmax', numNegatives: 2, normalize: true, temperature: 0.1 };
    const expected = STATES.map((state, row) =>
      crossEntropy(
        [TARGETS[row]!, ...NEGATIVES[row]!].map((item) => dot(unit(state), unit(TABLE[item]!)) / 0.1),
      ),
    );
    expect(lossOf(config)).toBeCloseTo(mean(expected), 4);
    const cosines = tf.tidy(() => {
      const { states, items } = new NextItemLoss(parse(config), DATA).scoring(
        tf.tensor2d(STATES),
        tf.tensor2d(TABLE),
      );
      return tf.matMul(states, items, false, true).dataSync();
    });
    const all = STATES.flatMap((state) => TABLE.slice(1).map((vector) => dot(unit(state), unit(vector))));
    all.forEach((value, index) => expect(cosines[index]).toBeCloseTo(value, 5));
  });

  it('says what is missing when a batch has no negatives', () => {
    const { targets } = OWN;
    const rows = { positions: null, targets, candidates: null, sharedNegatives: null };
    expect(() => lossOf({ type: 'bpr' }, rows)).toThrow(/needs sampled negatives/);
  });
});

describe('the exponent of gBCE', () => {
  it('is 1 for t = 0, the share of drawn items for t = 1', () => {
    expect(gbceBeta(4, 11, 0)).toBe(1);
    expect(gbceBeta(4, 11, 1)).toBeCloseTo(0.4, 12);
    expect(gbceBeta(256, 3416, 0.75)).toBeCloseTo(0.30622, 5);
  });

  it('is 1 where as many negatives are drawn as there are items, or more', () => {
    expect(gbceBeta(10, 11, 0.75)).toBe(1);
    expect(gbceBeta(256, 11, 0.75)).toBe(1);
    expect(gbceBeta(1, 1, 1)).toBe(1);
  });
});

describe('rows with a target', () => {
  const sequences = {
    kind: 'sequences',
    size: 2,
    length: 2,
    users: new Int32Array(2),
    items: Int32Array.of(0, 7, 8, 9),
    targets: Int32Array.of(0, 1, 2, 3),
  } as const;

  it('are the positions of sequences that have one, with their negatives', () => {
    const negatives = Int32Array.of(0, 0, 11, 12, 21, 22, 31, 32);
    expect(targetRows({ ...sequences, negatives, numNegatives: 2 }, false)).toEqual({
      positions: Int32Array.of(1, 2, 3),
      targets: Int32Array.of(1, 2, 3),
      candidates: Int32Array.of(1, 11, 12, 2, 21, 22, 3, 31, 32),
      sharedNegatives: null,
    });
    const shared = Int32Array.of(5, 6);
    const rows = targetRows({ ...sequences, negatives: shared, numNegatives: 2 }, true);
    expect(rows.candidates).toBeNull();
    expect(rows.sharedNegatives).toEqual(shared);
  });

  it('are all rows of examples', () => {
    const candidates = Int32Array.of(1, 11, 2, 21);
    const rows = targetRows(
      {
        kind: 'examples',
        size: 2,
        length: 1,
        users: new Int32Array(2),
        histories: Int32Array.of(4, 5),
        candidates,
        numNegatives: 1,
        negativeHistories: null,
      },
      false,
    );
    expect(rows).toEqual({
      positions: null,
      targets: Int32Array.of(1, 2),
      candidates,
      sharedNegatives: null,
    });
  });
});

describe('weights of samplers', () => {
  const counts = Uint32Array.of(0, 5, 20, 5);

  it('are null where all items are drawn alike', () => {
    expect(samplingWeights('uniform', counts)).toBeNull();
    expect(samplingWeights('unconsumed', counts)).toBeNull();
  });

  it('follow counts or ranks', () => {
    expect([...samplingWeights('inBatch', counts)!]).toEqual([5, 20, 5]);
    expect([...samplingWeights('popular', counts)!]).toEqual([5 ** 0.75, 20 ** 0.75, 5 ** 0.75]);
    const byRank = [...samplingWeights('logUniform', counts)!];
    expect(byRank).toEqual([Math.log(3 / 2), Math.log(2), Math.log(4 / 3)]);
  });
});
