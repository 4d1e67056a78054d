import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { attend } from '../../../src/compute/layers/attention';
import { embeddingBag, embeddingLookup } from '../../../src/compute/layers/embedding';
import { feedForward } from '../../../src/compute/layers/feedForward';
import { gru } from '../../../src/compute/layers/gru';
import { layerNorm } from '../../../src/compute/layers/layerNorm';
import { linear } from '../../../src/compute/layers/linear';
import { candidateCrossEntropy, rowwiseScores } from '../../../src/compute/layers/losses';
import { residualLinear } from '../../../src/compute/layers/residualLinear';
import { TEST_BACKENDS, useBackend } from './useBackend';

const vector = (size: number): tf.Tensor1D => tf.zeros([size]);
const matrix = (rows: number, columns: number): tf.Tensor2D => tf.zeros([rows, columns]);
const ids = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');
const projection = (inputs: number, outputs: number, bias = outputs) => ({
  kernel: matrix(inputs, outputs),
  bias: vector(bias),
});
const gruParameters = (inputs: number, width: number, gates = 3 * width) => ({
  ...{ inputKernel: matrix(inputs, gates), inputBias: vector(gates) },
  ...{ recurrentKernel: matrix(width, 3 * width), recurrentBias: vector(3 * width) },
});
const sequences = (): tf.Tensor3D => tf.ones([2, 3, 4]);

describe.each(['cpu', 'wasm', 'native'] as const)(
  'a fused layer on %s refuses what does not fit',
  (backend) => {
    useBackend(backend);
    const norm = (size: number) => ({ gamma: vector(size), beta: vector(size), epsilon: 1e-6 });
    const wrong: Record<string, [() => unknown, RegExp]> = {
      'a kernel of other inputs': [
        () => linear(sequences(), matrix(2, 5), null),
        /Linear: `kernel` has the shape \[2, 5\]; expected \[4, out\], given `x` \[2, 3, 4\]\./,
      ],
      'a bias of other outputs': [
        () => linear(sequences(), matrix(4, 5), vector(4)),
        /`bias` .* \[4\]; expected \[5\]/,
      ],
      'a residual of other rows': [
        () => residualLinear(sequences(), projection(4, 5), tf.ones([2, 2, 5]), 0, null),
        /`residual` has the shape \[2, 2, 5\]; expected \[2, 3, 5\]/,
      ],
      'an outer layer that does not lead back': [
        () =>
          feedForward({
            ...{ x: sequences(), normalization: null, inner: projection(4, 8), outer: projection(8, 5) },
            ...{ activation: 'relu', innerDropout: 0, outerDropout: 0, random: null },
          }),
        /FeedForward: `outerKernel` has the shape \[8, 5\]; expected \[8, 4\]/,
      ],
      'a normalization of another width': [
        () => layerNorm(sequences(), norm(3)),
        /`gamma` .* \[3\]; expected \[4\]/,
      ],
      'a mask of other positions': [
        () =>
          attend({
            ...{ query: sequences(), key: sequences(), value: sequences(), keyMask: matrix(2, 4) },
            ...{ numHeads: 2, causal: true, dropout: 0, random: null },
          }),
        /Attention: `keyMask` has the shape \[2, 4\]; expected \[2, 3\]/,
      ],
      'heads that do not divide the width': [
        () =>
          attend({
            ...{ query: sequences(), key: sequences(), value: sequences(), keyMask: null },
            ...{ numHeads: 3, causal: true, dropout: 0, random: null },
          }),
        /3 heads cannot share a width of 4/,
      ],
      'gates of another width': [
        () => gru(sequences(), gruParameters(4, 2, 8), matrix(2, 3), { resetAfter: true, update: 'keep' }),
        /Gru: `inputKernel` has the shape \[4, 8\]; expected \[4, 6\]/,
      ],
      'candidates of another width': [
        () => candidateCrossEntropy(matrix(2, 4), matrix(5, 3), ids(0, 1)),
        /`candidates` has the shape \[5, 3\]; expected \[C, 4\]/,
      ],
      'a table without a second axis': [
        () => embeddingLookup(vector(4) as unknown as tf.Tensor2D, ids(1)),
        /`table` has the shape \[4\]; expected \[N, d\]/,
      ],
    };
    it.each(Object.keys(wrong))('%s', (name) => {
      const [run, message] = wrong[name]!;
      expect(() => tf.tidy(() => void run())).toThrow(message);
    });

    it('but takes what fits', () => {
      tf.tidy(() => {
        const parameters = gruParameters(4, 2);
        const { states } = gru(sequences(), parameters, tf.ones([2, 3]), {
          resetAfter: true,
          update: 'keep',
        });
        expect(states.shape).toEqual([2, 3, 2]);
        expect(residualLinear(vector(4), projection(4, 5), vector(5), 0, null).shape).toEqual([5]);
      });
    });
  },
);

const WITH_KERNELS = TEST_BACKENDS.filter((name) => name === 'wasm' || name === 'native');

describe.each(WITH_KERNELS)('a lookup on %s refuses rows that are not there', (backend) => {
  useBackend(backend);
  it.each<[string, () => unknown]>([
    ['indices', () => embeddingLookup(matrix(4, 2), ids(3, 4))],
    ['indices', () => embeddingBag(matrix(4, 2), tf.tensor2d([3, 4], [1, 2], 'int32'), 'sum')],
    ['ids', () => rowwiseScores(matrix(1, 2), matrix(4, 2), tf.tensor2d([3, 4], [1, 2], 'int32'))],
    ['targets', () => candidateCrossEntropy(matrix(2, 2), matrix(4, 2), ids(3, 4))],
  ])('of %s', (input, run) => {
    expect(() => tf.tidy(() => void run())).toThrow(
      new RegExp(`\`${input}\` has the value 4 at place 1; expected 0 to 3`),
    );
  });
});
