import { existsSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KernelLibrary } from '../../../src/compute/kernelBackend/kernelLibrary';
import { ADDON, loadNativeLibrary } from '../../../src/compute/kernelBackend/nativeLibrary';
import { kernels, type KernelName } from '../../../src/compute/kernels/signatures';
import { ENGINE_ASSETS } from './useBackend';

/*
 * The addon's results do not depend on where in the memory the tensors are: a resumed run has them elsewhere, and must give the
 * same bits. Compilers look whether two arrays overlap, and choose between two forms of one loop.
 */

/** Floats that the tensors of a call lie in, and what lies between them when they are far apart. */
const SPACE = 1 << 19;
const FAR = 16_384;
const MAX_ROWS = 5;
const MAX_WIDTH = 40;

type Length = (rows: number, width: number) => number;

const each: Length = (rows, width) => rows * width;
const column: Length = (rows) => rows;
const row: Length = (_, width) => width;
const square: Length = (_, width) => width * width;
const gates: Length = (_, width) => 3 * width;
const gateKernel: Length = (_, width) => 3 * width * width;
const weights: Length = (rows) => rows * rows;
const pair: Length = (rows) => 2 * rows;
const one: Length = () => 1;

/** Lengths of a kernel's arrays in the order of its arguments, and its other arguments. */
interface Case {
  arrays: Record<string, Length>;
  others: (rows: number, width: number) => object;
}

const normalization = (rows: number, width: number) => ({ rows, width, epsilon: 1e-3 });
const columns = (rows: number, width: number) => ({ ...normalization(rows, width), ownStatistics: true });
const linear = (rows: number, width: number) => ({ rows, in: width, out: width, activation: 'gelu' });
const gru = (steps: number, width: number) => ({
  ...{ batch: 1, steps, width, hidden: width, resetAfter: true, update: 'attentionGate' },
});
const attention = (length: number, width: number) => ({
  ...{ batch: 1, length, width, heads: 1, causal: true, scale: 0.3 },
  ...{ dropoutRate: 0, dropoutKey: 0, dropoutStart: 0 },
});

const cases: Partial<Record<KernelName, Case>> = {
  layerNormForward: {
    arrays: { x: each, gamma: row, beta: row, y: each, saved: pair },
    others: normalization,
  },
  layerNormBackward: {
    arrays: {
      ...{ x: each, gamma: row, saved: pair, dy: each, dx: each },
      ...{ partials: (_, width) => 2 * width, dgamma: row, dbeta: row },
    },
    others: normalization,
  },
  batchNormForward: {
    arrays: { x: each, gamma: row, beta: row, mean: row, variance: row, y: each },
    others: normalization,
  },
  batchNormBackward: {
    arrays: {
      ...{ x: each, gamma: row, mean: row, variance: row, dy: each, dx: each },
      ...{ partials: (_, width) => 2 * width, dgamma: row, dbeta: row },
    },
    others: columns,
  },
  diceForward: {
    arrays: { x: each, alpha: row, mean: row, variance: row, y: each },
    others: normalization,
  },
  diceBackward: {
    arrays: {
      ...{ x: each, alpha: row, mean: row, variance: row, dy: each, dx: each },
      ...{ partials: (_, width) => 3 * width, dalpha: row },
    },
    others: columns,
  },
  softmaxRows: { arrays: { a: each, out: each }, others: (rows, count) => ({ rows, count }) },
  linearForward: { arrays: { x: each, kernel: square, bias: row, y: each, z: each }, others: linear },
  linearBackward: {
    arrays: {
      ...{ x: each, kernel: square, saved: each, dy: each, dx: each },
      ...{ workspace: (rows, width) => 4 * rows * width + 8 * width * width, dkernel: square, dbias: row },
    },
    others: linear,
  },
  binaryCrossEntropy: {
    arrays: { logits: each, labels: each, weights: each, loss: one, dlogits: each, partials: one },
    others: (rows, width) => ({ count: rows * width, totalWeight: 3 }),
  },
  sampledCrossEntropy: {
    arrays: { logits: each, loss: one, dlogits: each, partials: one },
    others: (rows, perRow) => ({ rows, perRow }),
  },
  gruForward: {
    arrays: {
      ...{ x: each, mask: column, inputKernel: gateKernel, inputBias: gates },
      ...{ recurrentKernel: gateKernel, recurrentBias: gates, attention: column },
      ...{ states: each, movement: column, saved: (steps, hidden) => 4 * steps * hidden },
    },
    others: gru,
  },
  gruBackward: {
    arrays: {
      ...{ x: each, mask: column, inputKernel: gateKernel, recurrentKernel: gateKernel, attention: column },
      ...{ states: each, saved: (steps, hidden) => 4 * steps * hidden, dstates: each, dx: each },
      ...{ dattention: column, partials: (_, width) => (2 * width + 2) * 3 * width },
      ...{ dinputKernel: gateKernel, dinputBias: gates, drecurrentKernel: gateKernel, drecurrentBias: gates },
    },
    others: gru,
  },
  attentionForward: {
    arrays: { query: each, key: each, value: each, output: each, weights },
    others: attention,
  },
  attentionBackward: {
    arrays: {
      ...{ query: each, key: each, value: each, weights, doutput: each },
      ...{ dquery: each, dkey: each, dvalue: each },
    },
    others: attention,
  },
};

describe.runIf(existsSync(path.join(ENGINE_ASSETS, ADDON)))('the place of the tensors in the memory', () => {
  let library: KernelLibrary;
  let space: number;
  beforeAll(() => {
    ({ library } = loadNativeLibrary(ENGINE_ASSETS, 1));
    space = library.memory.allocate(4 * SPACE);
  });
  afterAll(() => library.dispose());

  /**
   * What a kernel computes, each time from the same numbers.
   * @param order of its arrays in the memory, as keys to sort by
   * @param gaps in front of each, in floats
   */
  function compute(name: KernelName, rows: number, width: number, order: number[], gaps: number[]): Buffer {
    const { arrays, others } = cases[name]!;
    const kinds: Readonly<Record<string, string>> = kernels[name].arguments;
    const names = Object.keys(arrays);
    const places: Record<string, number> = {};
    let top = 0;
    for (const place of names.map((_, index) => index).sort((a, b) => order[a]! - order[b]!)) {
      top += gaps[place]!;
      places[names[place]!] = space + 4 * top;
      top += arrays[names[place]!]!(rows, width);
    }
    expect(top).toBeLessThan(SPACE);
    const views = names.map((array) => library.memory.floats(places[array]!, arrays[array]!(rows, width)));
    let seed = 1;
    names.forEach((array, index) => {
      const isInput = kinds[array]!.startsWith('in');
      views[index]!.forEach((_, i, view) => {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        if (!isInput) view[i] = 0;
        else view[i] = array === 'mask' ? 1 : 0.05 + seed / 2 ** 32;
      });
    });
    library.run(name, 1, { ...places, ...others(rows, width) });
    const isResult = (array: string) =>
      kinds[array]!.startsWith('out') && !/^(partials|workspace)$/.test(array);
    return Buffer.concat(
      names.flatMap((array, index) =>
        isResult(array) ? [new Uint8Array(views[index]!.slice().buffer)] : [],
      ),
    );
  }

  it.each(Object.keys(cases) as KernelName[])('does not change a bit of %s', (name) => {
    const number = Object.keys(cases[name]!.arrays).length;
    const perArray = (max: number) =>
      fc.array(fc.integer({ min: 0, max }), { minLength: number, maxLength: number });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_ROWS }),
        fc.integer({ min: 1, max: MAX_WIDTH }),
        perArray(1000),
        perArray(40),
        (rows, width, order, gaps) => {
          const apart = compute(name, rows, width, order, Array<number>(number).fill(FAR));
          expect(compute(name, rows, width, order, gaps).equals(apart)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
