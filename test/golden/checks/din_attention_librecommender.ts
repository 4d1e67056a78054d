import * as tf from '@tensorflow/tfjs-core';
import { dinSchema } from '../../../src/model/din/options';
import { dinPresets } from '../../../src/model/din/presets';
import { shapeOf, type GoldenCheck, type Nested } from '../goldenCheck';
import { attendedVectors, attentionWeights, dinOn, ownColumns, paddingLast } from '../attentionModel';

interface Fixture {
  /** `[4D, H]` */
  W1: number[][];
  b1: number[];
  /** `[H, 1]` */
  W2: number[][];
  b2: number[];
  /** `[B, D]` */
  query: number[][];
  /** `[B, T, D]`, the padding last */
  keys: number[][][];
  lengths: number[];
  /** `[B, D]` */
  out: Nested;
}

/**
 * LibRecommender's attention through our DIN with its preset: keys and queries are the vectors of items, and a head that
 * copies one value of the attended history shows it.
 */
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const [, hidden] = shapeOf(golden.W1);
  const config = dinSchema.parse({
    type: 'din',
    preset: 'librecommender',
    ...dinPresets.librecommender.model,
    maxSequenceLength: golden.keys[0]!.length,
    embeddingSize: golden.query[0]!.length,
    attentionLayers: [hidden!],
    headInputs: ['interest'],
    headLayers: [],
    headBatchNormInput: false,
  });
  const { model, query, candidates } = dinOn(config, golden.keys, golden.lengths, golden.query);
  const weights: Record<string, Nested> = {
    'attention/0/kernel': golden.W1,
    'attention/0/bias': golden.b1,
    'attention/output/kernel': golden.W2,
    'attention/output/bias': golden.b2,
  };
  for (const [name, values] of Object.entries(weights))
    model.variables.get(name)!.assign(tf.tensor(values));
  compare('attended history', ownColumns(attendedVectors(model, query, candidates)), golden.out);
  // The reference gives no weights, but what they make of the keys: those that the model records must make the same.
  const own = attentionWeights(model, query, candidates).map((row, user) => row[user]!);
  const attended = paddingLast(own, golden.lengths).map((weights, user) =>
    golden.query[0]!.map((_, column) =>
      weights.reduce((sum, weight, place) => sum + weight * golden.keys[user]![place]![column]!, 0),
    ),
  );
  compare('attended history, by the recorded weights', attended.flat(), golden.out);
  model.dispose();
};
