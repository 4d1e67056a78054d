import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { startOnly } from '../../../src/compute/engine';
import { ENGINE_ASSETS } from './useBackend';

const random = new RandomStream(1);
const values = (...shape: number[]) =>
  Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
    random.nextNormal(),
  );

async function onBoth(compute: () => tf.Tensor): Promise<[Float32Array, Float32Array]> {
  const results: Float32Array[] = [];
  for (const name of ['wasm', 'cpu'] as const) {
    await tf.setBackend(name);
    results.push(Float32Array.from(tf.tidy(compute).dataSync()));
  }
  return results as [Float32Array, Float32Array];
}

describe('the mends of the WebAssembly backend', () => {
  beforeAll(async () => {
    await startOnly('cpu', { assets: ENGINE_ASSETS, searchPaths: [] });
    await startOnly('wasm', { assets: ENGINE_ASSETS, searchPaths: [] });
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('multiplies like the CPU backend, transposed %s and %s', async (transposeA, transposeB) => {
    for (const [batch, rows, inner, columns] of [
      [1, 1, 1, 1],
      [1, 17, 63, 65],
      [3, 5, 7, 2],
    ] as const) {
      const a = values(batch, rows, inner);
      const b = values(batch, inner, columns);
      const [wasm, cpu] = await onBoth(() =>
        tf.matMul(
          tf.tensor(a, transposeA ? [batch, inner, rows] : [batch, rows, inner]),
          tf.tensor(b, transposeB ? [batch, columns, inner] : [batch, inner, columns]),
          transposeA,
          transposeB,
        ),
      );
      wasm.forEach((value, index) => expect(value).toBeCloseTo(cpu[index]!, 4));
    }
  });

  it('adds up the rows of each segment, leaves out negative ids, and fills empty segments with 0', async () => {
    const x = values(6, 3);
    const ids = Int32Array.of(0, 2, 2, -1, 0, 4);
    const [wasm, cpu] = await onBoth(() =>
      tf.unsortedSegmentSum(tf.tensor2d(x, [6, 3]), tf.tensor1d(ids, 'int32'), 5),
    );
    wasm.forEach((value, index) => expect(value).toBeCloseTo(cpu[index]!, 5));
    expect([...wasm.subarray(3, 6)]).toEqual([0, 0, 0]);
  });

  it('frees what it allocates', async () => {
    await tf.setBackend('wasm');
    const a = tf.tensor(values(4, 8, 6), [4, 8, 6]);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 50; step++) tf.matMul(a, a, true, false).dispose();
    expect(tf.memory().numTensors).toBe(before);
    a.dispose();
  });
});
