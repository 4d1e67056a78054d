import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../../src/compute/parameters';
import { RandomStream } from '../../../../src/compute/random';
import { FeatureEmbedding } from '../../../../src/model/parts/featureEmbedding';
import type { FeatureColumn } from '../../../../src/protocol/features';
import { TEST_BACKENDS, useBackend } from '../../compute/useBackend';

/** Four items: the second has no category, the last neither tags nor a price. */
const COLUMNS: FeatureColumn[] = [
  { kind: 'category', name: 'genre', labels: ['', 'a', 'b'], values: Int32Array.of(0, 1, 0, 2, 2) },
  {
    kind: 'multi',
    name: 'tags',
    labels: ['', 'x', 'y'],
    offsets: Uint32Array.of(0, 0, 2, 3, 4, 4),
    values: Int32Array.of(1, 2, 2, 1),
  },
  { kind: 'number', name: 'price', values: Float32Array.of(0, 1.5, -2, 0.5, 0), shift: 0, scale: 1 },
];

describe.each(TEST_BACKENDS)('weighted sums of items on %s', (backend) => {
  useBackend(backend);

  it('are what their vectors and the weights multiply to, and so are the gradients', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.subarray(COLUMNS),
        fc.boolean(),
        fc.integer({ min: 0, max: 1000 }),
        (rows, k, columns, replaces, seed) => {
          const parameters = new Parameters(seed);
          const embedding = new FeatureEmbedding(parameters, 'items', {
            ...{ of: 'items', count: 4, columns, idSize: 2, featureSize: 3 },
            initializer: { kind: 'glorotUniform' },
          });
          const random = new RandomStream(seed);
          const draw = (value: () => number): Float32Array => Float32Array.from({ length: rows * k }, value);
          const ids = Int32Array.from(draw(() => random.nextInt(5)));
          const instead = draw(() => random.nextInt(2));
          const values = draw(() => (random.nextInt(3) === 0 ? 0 : random.nextNormal()));
          const outer = tf.tensor(
            Float32Array.from({ length: rows * embedding.width }, () => random.nextNormal()),
          );
          const weights = tf.variable(tf.tensor2d(values, [rows, k]));
          const vector = parameters.create('instead', [1, 2], { kind: 'glorotUniform' });
          const options = replaces ? { idVector: { instead, vector } } : {};
          const results = [
            () => embedding.weightedSums(ids, weights as tf.Tensor2D, options),
            () =>
              tf.squeeze(
                tf.matMul(
                  tf.reshape(weights, [rows, 1, k]),
                  embedding.lookup(ids, [rows, k], options) as tf.Tensor3D,
                ),
                [1],
              ),
          ].map((sums) => {
            const trained = [weights, ...parameters.variables.values()].filter(
              (variable) => replaces || variable !== vector,
            );
            const { value, grads } = tf.variableGrads(
              () => tf.sum<tf.Scalar>(tf.mul(tf.reshape(sums(), [-1]), outer)),
              trained,
            );
            // What is not read has no gradient.
            const gradients = trained.map(
              ({ name, size }) => grads[name]?.dataSync() ?? new Array<number>(size).fill(0),
            );
            return [value.dataSync(), ...gradients].map((one) => [...one]);
          });
          results[0]!.flat().forEach((value, place) => {
            const expected = results[1]!.flat()[place]!;
            expect(Math.abs(value - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
          });
          parameters.dispose();
          tf.dispose([weights, outer]);
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });
});
