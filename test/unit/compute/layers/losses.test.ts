import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  candidateCrossEntropy,
  rowwiseScores,
  sampledCrossEntropy,
} from '../../../../src/compute/layers/losses';
import {
  change,
  checkLayer,
  draw,
  drawIndices,
  drawMask,
  fill,
  lossAndGradients,
  outputsOf,
} from '../checkLayer';
import * as reference from '../reference/losses';
import { TEST_BACKENDS, useBackend } from '../useBackend';

describe.each(TEST_BACKENDS)('losses on %s', (backend) => {
  useBackend(backend);

  it.each([
    [1, 1, 1],
    [1, 17, 3],
    [3, 5, 17],
    [17, 63, 4],
    [65, 3, 63],
    [3, 1000, 8],
  ])(
    'candidateCrossEntropy of %i rows against %i candidates of %i',
    async (numRows, numCandidates, width) => {
      const targets = drawIndices(numRows, numCandidates);
      const shape = { numRows, numCandidates, width, targets };
      const indices = () => tf.tensor1d(targets, 'int32');
      await checkLayer({
        inputs: { states: draw(numRows, width), candidates: draw(numCandidates, width) },
        layer: ({ states, candidates }) => [candidateCrossEntropy(states, candidates, indices())],
        reference: ({ states, candidates }) => [
          reference.candidateCrossEntropy(states, candidates, 1, null, shape),
        ],
      });
      await checkLayer({
        inputs: {
          states: draw(numRows, width),
          candidates: draw(numCandidates, width),
          scale: fill([], () => 0.7),
          logitBias: draw(numCandidates),
        },
        layer: ({ states, candidates, scale, logitBias }) => [
          candidateCrossEntropy(states, candidates, indices(), { scale, logitBias }),
        ],
        reference: ({ states, candidates, scale, logitBias }) => [
          reference.candidateCrossEntropy(states, candidates, scale[0]!, logitBias, shape),
        ],
      });
    },
  );

  it.each([
    [3, 2],
    [17, 5],
    [65, 9],
  ])(
    'candidateCrossEntropy in a batch of %i leaves out accidental hits among %i items',
    async (size, numItems) => {
      const items = drawIndices(size, numItems);
      const targets = Int32Array.from({ length: size }, (_, row) => row);
      const shape = {
        numRows: size,
        numCandidates: size,
        width: 4,
        targets,
        rowItems: items,
        candidateItems: items,
      };
      await checkLayer({
        inputs: { states: draw(size, 4), candidates: draw(size, 4), logitBias: draw(size) },
        layer: ({ states, candidates, logitBias }) => [
          candidateCrossEntropy(states, candidates, tf.tensor1d(targets, 'int32'), {
            scale: 2,
            logitBias,
            sameItem: { rows: tf.tensor1d(items, 'int32'), candidates: tf.tensor1d(items, 'int32') },
          }),
        ],
        reference: ({ states, candidates, logitBias }) => [
          reference.candidateCrossEntropy(states, candidates, 2, logitBias, shape),
        ],
      });
    },
  );

  it('candidateCrossEntropy is 0 when all other candidates are accidental hits', async () => {
    const { loss, gradients } = await lossAndGradients({
      inputs: { states: draw(3, 2), candidates: draw(3, 2) },
      layer: ({ states, candidates }) => {
        const items = tf.tensor1d([7, 7, 7], 'int32');
        return [
          candidateCrossEntropy(states, candidates, tf.tensor1d([0, 1, 2], 'int32'), {
            sameItem: { rows: items, candidates: items },
          }),
        ];
      },
    });
    expect(loss).toBeCloseTo(0, 6);
    for (const gradient of Object.values(gradients))
      gradient.forEach((value) => expect(value).toBeCloseTo(0, 6));
  });

  it('candidateCrossEntropy holds for logits of ±10,000', async () => {
    const [states, candidates] = [
      fill([3, 1], (row) => [100, -100, 1][row]!),
      fill([3, 1], (row) => [100, -100, 0][row]!),
    ];
    const targets = Int32Array.of(0, 0, 2);
    await checkLayer({
      inputs: { states, candidates },
      layer: ({ states, candidates }) => [
        candidateCrossEntropy(states, candidates, tf.tensor1d(targets, 'int32')),
      ],
      reference: ({ states, candidates }) => [
        reference.candidateCrossEntropy(states, candidates, 1, null, {
          numRows: 3,
          numCandidates: 3,
          width: 1,
          targets,
        }),
      ],
    });
  });

  it('candidateCrossEntropy of denormal states is that of a uniform choice', async () => {
    const { loss } = await lossAndGradients({
      inputs: { states: fill([2, 3], () => 1e-40), candidates: draw(5, 3) },
      layer: ({ states, candidates }) => [
        candidateCrossEntropy(states, candidates, tf.tensor1d([1, 4], 'int32')),
      ],
    });
    expect(loss).toBeCloseTo(Math.log(5), 5);
  });

  it.each([
    [1, 1, 1, 1],
    [3, 17, 9, 2],
    [17, 63, 65, 3],
    [65, 3, 5, 17],
    [5, 65, 3, 63],
  ])('rowwiseScores of %i rows of %i in a table of %i, %i each', async (rows, width, items, k) => {
    const ids = drawIndices(rows * k, items);
    await checkLayer({
      inputs: { states: draw(rows, width), table: draw(items, width) },
      layer: ({ states, table }) => [rowwiseScores(states, table, tf.tensor2d(ids, [rows, k], 'int32'))],
      reference: ({ states, table }) => [reference.rowwiseScores(states, table, ids, width, k)],
    });
  });

  it('rowwiseScores keeps NaN in its row, or where the item is', async () => {
    const ids = Int32Array.of(0, 1, 2, 1, 2, 0);
    const states = change(draw(3, 4), (value, place) => (place === 5 ? NaN : value));
    const table = change(draw(3, 4), (value, place) => (place === 2 ? NaN : value));
    const [scores] = await outputsOf({
      inputs: { states, table },
      layer: ({ states, table }) => [rowwiseScores(states, table, tf.tensor2d(ids, [3, 2], 'int32'))],
    });
    expect([...scores!].map(Number.isNaN)).toEqual([true, false, true, true, false, true]);
  });

  it.each([
    [1, 1],
    [1, 2],
    [3, 17],
    [17, 3],
    [63, 65],
    [65, 2],
  ])('sampledCrossEntropy of %i rows of %i', async (rows, k) => {
    await checkLayer({
      inputs: { logits: change(draw(rows, k), (value) => 3 * value) },
      layer: ({ logits }) => [sampledCrossEntropy(logits)],
      reference: ({ logits }) => [reference.sampledCrossEntropy(logits, k)],
    });
  });

  it('sampledCrossEntropy holds for logits of ±10,000 and denormal ones', async () => {
    const rows = [
      [1e4, -1e4, 0],
      [-1e4, 1e4, 0],
      [1e-40, -1e-40, 0],
      [1e4, 1e4, 1e4],
    ];
    await checkLayer({
      inputs: { logits: fill([4, 3], (place) => rows.flat()[place]!) },
      layer: ({ logits }) => [sampledCrossEntropy(logits)],
      reference: ({ logits }) => [reference.sampledCrossEntropy(logits, 3)],
    });
  });

  it.each([[1], [3], [17], [63], [65], [5, 7], [2, 3, 4]])('binaryCrossEntropy of %o', async (...shape) => {
    const count = tf.util.sizeFromShape(shape);
    const [labels, weights] = [drawMask(count, 0.4), Float32Array.from(drawMask(count), (one) => one * 1.5)];
    weights[0] = 0.5;
    for (const used of [null, weights]) {
      await checkLayer({
        inputs: { logits: draw(...shape) },
        layer: ({ logits }) => [
          binaryCrossEntropy(logits, tf.tensor(labels, shape), used === null ? null : tf.tensor(used, shape)),
        ],
        reference: ({ logits }) => [reference.binaryCrossEntropy(logits, labels, used)],
      });
    }
  });

  it('binaryCrossEntropy takes labels between 0 and 1, and logits of ±10,000 or denormal ones', async () => {
    const values = [0, 1e-40, -1e-40, 1e4, -1e4, 1e4, -1e4, 20, -20, 3, 0];
    const labels = [0.5, 1, 0, 1, 0, 0, 1, 1, 0, 0.25, 1];
    await checkLayer({
      inputs: { logits: fill([values.length], (place) => values[place]!) },
      layer: ({ logits }) => [binaryCrossEntropy(logits, tf.tensor1d(labels), null)],
      reference: ({ logits }) => [reference.binaryCrossEntropy(logits, labels, null)],
    });
  });

  it('binaryCrossEntropy keeps the small losses of sure and right logits', async () => {
    const { loss, gradients } = await lossAndGradients({
      inputs: { logits: fill([2], (place) => [12, -12][place]!) },
      layer: ({ logits }) => [binaryCrossEntropy(logits, tf.tensor1d([1, 0]), null)],
    });
    expect(loss / Math.log1p(Math.exp(-12))).toBeCloseTo(1, 1);
    expect(gradients.logits![0]! / (-0.5 / (1 + Math.exp(12)))).toBeCloseTo(1, 1);
  });

  it('binaryCrossEntropy is 0 and has no gradient where all weights are 0', async () => {
    const { loss, gradients } = await lossAndGradients({
      inputs: { logits: draw(4) },
      layer: ({ logits }) => [binaryCrossEntropy(logits, tf.ones([4]), tf.zeros([4]))],
    });
    expect(loss).toBe(0);
    expect([...gradients.logits!].every((value) => value === 0)).toBe(true);
  });

  it('a NaN among the inputs makes every loss NaN', async () => {
    const losses = await outputsOf({
      inputs: { x: change(draw(3, 3), (value, place) => (place === 4 ? NaN : value)), y: draw(3, 3) },
      layer: ({ x, y }) => [
        candidateCrossEntropy(x, y, tf.tensor1d([0, 1, 2], 'int32')),
        candidateCrossEntropy(y, x, tf.tensor1d([0, 0, 2], 'int32')),
        sampledCrossEntropy(x),
        binaryCrossEntropy(x, tf.ones([3, 3]), null),
        binaryCrossEntropy(x, tf.zeros([3, 3]), tf.ones([3, 3])),
      ],
    });
    for (const [loss] of losses) expect(loss).toBeNaN();
  });

  it('the gradient of a softmax loss by the logits sums to 0 in each row', async () => {
    const shapes = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 30 }));
    await fc.assert(
      fc.asyncProperty(shapes, async ([rows, k]) => {
        const { loss, gradients } = await lossAndGradients({
          inputs: { logits: change(draw(rows, k), (value) => 5 * value) },
          layer: ({ logits }) => [sampledCrossEntropy(logits)],
        });
        expect(loss).toBeGreaterThanOrEqual(-1e-5);
        for (let row = 0; row < rows; row++) {
          const sum = gradients
            .logits!.subarray(row * k, (row + 1) * k)
            .reduce((total, value) => total + value, 0);
          expect(Math.abs(sum)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 20, seed: 1 },
    );
  });
});
