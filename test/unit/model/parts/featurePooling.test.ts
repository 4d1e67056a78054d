import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../../src/compute/parameters';
import { FeatureEmbedding, type FeaturePooling } from '../../../../src/model/parts/featureEmbedding';
import type { MultiColumn } from '../../../../src/protocol/features';
import { TEST_BACKENDS, useBackend } from '../../compute/useBackend';

/** Item 1 has both tags, item 2 the second, item 3 none. */
const TAGS: MultiColumn = {
  kind: 'multi',
  name: 'tags',
  labels: ['', 'x', 'y'],
  offsets: Uint32Array.of(0, 0, 2, 3, 3),
  values: Int32Array.of(1, 2, 2),
};

describe.each(TEST_BACKENDS)('several values of a feature on %s', (backend) => {
  useBackend(backend);

  it.each<[FeaturePooling, number[][]]>([
    [
      'mean',
      [
        [1, -1],
        [3, -4],
        [0, 0],
      ],
    ],
    [
      'sum',
      [
        [2, -2],
        [3, -4],
        [0, 0],
      ],
    ],
    [
      'max',
      [
        [3, 2],
        [3, -4],
        [0, 0],
      ],
    ],
  ])('become one vector by their %s', (pooling, expected) => {
    const parameters = new Parameters(1);
    const initializer = { kind: 'glorotUniform' } as const;
    const embedding = new FeatureEmbedding(parameters, 'items', {
      ...{ of: 'items', count: 3, columns: [TAGS], idSize: 0, featureSize: 2, initializer, pooling },
    });
    const table = parameters.variables.get('items/feature/tags')!;
    tf.tidy(() =>
      table.assign(
        tf.tensor2d([
          [9, 9],
          [-1, 2],
          [3, -4],
        ]),
      ),
    );
    const vectors = tf.tidy(() => embedding.lookup(Int32Array.of(1, 2, 3), [3]).arraySync() as number[][]);
    expect(vectors.flat().map((value) => value + 0)).toEqual(expected.flat());
    const { value, grads } = tf.variableGrads(
      () => tf.sum<tf.Scalar>(embedding.lookup(Int32Array.of(1, 3), [2])),
      [table],
    );
    const share = { mean: [0.5, 0.5, 0.5, 0.5], sum: [1, 1, 1, 1], max: [0, 1, 1, 0] }[pooling];
    expect([...grads[table.name]!.dataSync()].map(Math.abs)).toEqual([0, 0, ...share]);
    tf.dispose([value, grads]);
    parameters.dispose();
  });
});
