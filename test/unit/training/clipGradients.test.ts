import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipGradients } from '../../../src/training/clipGradients';
import { useBackend } from '../compute/useBackend';

const lengthOf = (values: readonly ArrayLike<number>[]) =>
  Math.sqrt(values.flatMap((part) => Array.from(part)).reduce((sum, value) => sum + value * value, 0));

const float = fc.float({ min: -1e6, max: 1e6, noNaN: true });
const gradients = fc.array(fc.array(float, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

describe.each(['cpu', 'wasm'] as const)('clipping on %s', (backend) => {
  useBackend(backend);

  const clip = (parts: readonly number[][], type: 'globalNorm' | 'variableNorm', norm: number) => {
    const before = tf.memory().numTensors;
    const tensors = Object.fromEntries(parts.map((part, index) => [`v${index}`, tf.tensor1d(part)]));
    const clipped = clipGradients(tensors, { type, norm });
    expect(Object.keys(clipped)).toEqual(Object.keys(tensors));
    const values = Object.values(clipped).map((tensor) => Array.from(tensor.dataSync()));
    tf.dispose(clipped);
    expect(tf.memory().numTensors).toBe(before);
    return values;
  };

  /** What is within bounds stays to the bit; what is longer gets the norm's length and keeps its direction. */
  const check = (before: readonly number[][], after: readonly number[][], norm: number) => {
    const length = lengthOf(before);
    if (length < norm * (1 - 1e-6)) {
      expect(after).toEqual(before);
      return;
    }
    expect(lengthOf(after)).toBeLessThan(norm * (1 + 1e-5));
    const share = Math.min(1, norm / length);
    before.flat().forEach((value, place) => {
      expect(Math.abs(after.flat()[place]! - share * value)).toBeLessThanOrEqual(1e-5 * norm);
    });
  };

  it('by the global norm measures all gradients together', () => {
    fc.assert(
      fc.property(gradients, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (parts, norm) =>
        check(parts, clip(parts, 'globalNorm', norm), norm),
      ),
      { numRuns: 60 },
    );
  });

  it('by the norm of variables measures each gradient for itself', () => {
    fc.assert(
      fc.property(gradients, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (parts, norm) => {
        const clipped = clip(parts, 'variableNorm', norm);
        parts.forEach((part, index) => check([part], [clipped[index]!], norm));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves gradients of nothing but 0 as they are', () => {
    for (const type of ['globalNorm', 'variableNorm'] as const)
      expect(clip([[0, 0], [0]], type, 0.5)).toEqual([[0, 0], [0]]);
  });
});
