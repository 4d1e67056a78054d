import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  embeddingBag,
  embeddingLookup,
  weightedEmbeddingBag,
} from '../../../../src/compute/layers/embedding';
import { change, checkLayer, draw, drawIndices, fill, lossAndGradients, outputsOf } from '../checkLayer';
import * as reference from '../reference/embedding';
import { TEST_BACKENDS, useBackend } from '../useBackend';

describe.each(TEST_BACKENDS)('embeddings on %s', (backend) => {
  useBackend(backend);

  it.each([
    [1, 1, [1]],
    [3, 17, [17]],
    [17, 63, [3, 5]],
    [65, 65, [2, 3, 11]],
    [63, 3, [65, 1]],
  ])('looks up in %i rows of %i by %o indices', async (rows, width, shape) => {
    const indices = drawIndices(tf.util.sizeFromShape(shape), rows);
    await checkLayer({
      inputs: { table: draw(rows, width) },
      layer: ({ table }) => {
        const y = embeddingLookup(table, tf.tensor(indices, shape, 'int32'));
        expect(y.shape).toEqual([...shape, width]);
        return [y];
      },
      reference: ({ table }) => [reference.embeddingLookup(table, indices, width)],
    });
  });

  it('adds up the gradients of a row that is looked up often, and leaves the others at 0', async () => {
    const { gradients } = await lossAndGradients({
      inputs: { table: draw(5, 3) },
      layer: ({ table }) => [tf.sum(embeddingLookup(table, tf.tensor1d([2, 4, 2, 0, 2], 'int32')))],
    });
    expect([...gradients.table!]).toEqual([1, 1, 1, 0, 0, 0, 3, 3, 3, 0, 0, 0, 1, 1, 1]);
  });

  it('copies what it looks up to the last bit, denormal numbers and NaN too', async () => {
    const table = fill([4, 2], (place) => [1e-40, -1e-45, NaN, Infinity, 0, 0.1, -0, 3e38][place]!);
    const [rows] = await outputsOf({
      inputs: { table },
      layer: ({ table }) => [embeddingLookup(table, tf.tensor1d([3, 1, 0, 2], 'int32'))],
    });
    expect([...rows!]).toEqual(
      [3, 1, 0, 2].flatMap((row) => [...table.values.subarray(2 * row, 2 * row + 2)]),
    );
  });

  describe('weighted bag', () => {
    it.each([
      [1, 1, 1, 1],
      [3, 17, 5, 3],
      [17, 63, 3, 17],
      [65, 3, 2, 65],
      [9, 65, 63, 1],
    ])('%i rows of %i, %i bags of %i', async (rows, width, bags, k) => {
      const indices = drawIndices(bags * k, rows);
      await checkLayer({
        inputs: { table: draw(rows, width), weights: draw(bags, k) },
        layer: ({ table, weights }) => [
          weightedEmbeddingBag(table, tf.tensor2d(indices, [bags, k], 'int32'), weights),
        ],
        reference: ({ table, weights }) => [reference.weightedBag(table, indices, weights, k, width)],
      });
    });

    it('leaves out what has the weight 0, and counts row 0 where it has one', async () => {
      const { gradients } = await lossAndGradients({
        inputs: {
          table: fill([3, 2], (place) => place + 1),
          weights: fill([2, 2], (place) => [0, 2, 3, 0][place]!),
        },
        layer: ({ table, weights }) => [
          tf.sum(weightedEmbeddingBag(table, tf.tensor2d([1, 2, 0, 1], [2, 2], 'int32'), weights)),
        ],
      });
      expect([...gradients.table!]).toEqual([3, 3, 0, 0, 2, 2]);
      expect([...gradients.weights!]).toEqual([7, 11, 3, 7]);
    });
  });

  describe.each(['sum', 'mean', 'sqrtn'] as const)('%s of a bag', (pooling) => {
    it.each([
      [1, 1, 1, 1],
      [3, 17, 5, 3],
      [17, 63, 3, 17],
      [65, 3, 2, 65],
      [9, 65, 63, 1],
    ])('%i rows of %i, %i bags of %i', async (rows, width, bags, k) => {
      const indices = drawIndices(bags * k, rows);
      await checkLayer({
        inputs: { table: draw(rows, width) },
        layer: ({ table }) => [embeddingBag(table, tf.tensor2d(indices, [bags, k], 'int32'), pooling)],
        reference: ({ table }) => [reference.embeddingBag(table, indices, k, width, pooling)],
      });
    });

    it('is 0 for an empty bag, skips padding, and counts what is there twice as two', async () => {
      const [pooled] = await outputsOf({
        inputs: { table: fill([3, 1], (row) => 4 * row + 4) },
        layer: ({ table }) => [
          embeddingBag(
            table,
            tf.tensor2d(
              [
                [0, 0, 0, 0, 0],
                [0, 2, 0, 0, 0],
                [1, 0, 1, 2, 2],
              ],
              [3, 5],
              'int32',
            ),
            pooling,
          ),
        ],
      });
      expect([...pooled!]).toEqual({ sum: [0, 12, 40], mean: [0, 12, 10], sqrtn: [0, 12, 20] }[pooling]);
    });

    it('gives the padding no gradient', async () => {
      const indices = tf.tensor2d([0, 1, 0, 0], [2, 2], 'int32');
      const { gradients } = await lossAndGradients({
        inputs: { table: draw(3, 2) },
        layer: ({ table }) => [tf.sum(embeddingBag(table, indices, pooling))],
      });
      expect([...gradients.table!]).toEqual([0, 0, 1, 1, 0, 0]);
    });

    it('keeps NaN in the bags that hold it', async () => {
      const table = change(draw(4, 3), (value, place) => (Math.floor(place / 3) === 2 ? NaN : value));
      const [pooled] = await outputsOf({
        inputs: { table },
        layer: ({ table }) => [
          embeddingBag(table, tf.tensor2d([1, 3, 2, 1, 0, 3], [3, 2], 'int32'), pooling),
        ],
      });
      expect([...pooled!].map(Number.isNaN)).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0].map(Boolean));
    });
  });
});
