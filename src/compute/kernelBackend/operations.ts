import * as tf from '@tensorflow/tfjs-core';
import { findKernel } from '../fused';
import { codes } from '../kernels/signatures';
import type { KernelBackend } from './kernelBackend';
import { COSTLY } from './layers/layer';
import { copyRows, gather, scatter, zeros } from './rows';

const sizeOf = tf.util.sizeFromShape;

/*
 * TensorFlow.js's own operations on our kernels: those that models use between fused layers. Each takes the cases that are
 * worth a kernel and leaves the rest to TensorFlow.js's JavaScript.
 */

/** Returns null where JavaScript is to do it. */
type Operation = (
  backend: KernelBackend,
  inputs: Record<string, tf.TensorInfo>,
  attributes: Record<string, unknown>,
) => tf.TensorInfo | tf.TensorInfo[] | null;

/** Registers the operations, and TensorFlow.js's JavaScript for all others, under a backend's name. */
export function registerOperations(backendName: string): void {
  tf.copyRegisteredKernels('cpu', backendName);
  for (const [kernelName, operation] of Object.entries(operations)) {
    const general = findKernel(kernelName, 'cpu')?.kernelFunc;
    if (general !== undefined) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (call) => {
        const backend = call.backend as unknown as KernelBackend;
        const inputs = call.inputs as Record<string, tf.TensorInfo>;
        const result = operation(backend, inputs, call.attrs ?? {});
        if (result !== null) return result;
        if (general === undefined) throw new Error(`${kernelName} does not support these arguments.`);
        return general(call);
      },
    });
  }
}

const operations: Record<string, Operation> = {
  ...Object.fromEntries(codes.Binary.map((name): [string, Operation] => [name, binary(name)])),
  ...Object.fromEntries(codes.Unary.map((name): [string, Operation] => [name, unary(name)])),

  BatchMatMul(backend, { a, b }, { transposeA, transposeB }) {
    if (!areFloat(a, b)) return null;
    const [aRows, aColumns] = a!.shape.slice(-2) as [number, number];
    const [bRows, bColumns] = b!.shape.slice(-2) as [number, number];
    const [m, depth] = transposeA === true ? [aColumns, aRows] : [aRows, aColumns];
    const [n, bDepth] = transposeB === true ? [bRows, bColumns] : [bColumns, bRows];
    // The general kernel says what is wrong.
    if (bDepth !== depth) return null;
    const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(
      a!.shape.slice(0, -2),
      b!.shape.slice(0, -2),
    );
    const batch = sizeOf(batchShape);
    const aBatch = sizeOf(a!.shape.slice(0, -2));
    const bBatch = sizeOf(b!.shape.slice(0, -2));
    if (![1, batch].includes(aBatch) || ![1, batch].includes(bBatch)) return null;
    const c = backend.output([...batchShape, m, n]);
    // One tall product instead of many small ones where the right side is the same for all.
    const tall = bBatch === 1 && transposeA !== true;
    backend.run('matMul', backend.library.parts(batch * m * n * depth), {
      ...{ a: a!, b: b!, c, ...(tall ? { batch: 1, m: m * batch } : { batch, m }), n, depth },
      ...{ transposeA: transposeA === true, transposeB: transposeB === true },
      ...{ batchOfA: tall ? 1 : aBatch, batchOfB: bBatch },
    });
    return c.info;
  },

  Sum: (backend, { x }, { axis, keepDims }) => sum(backend, x!, axis, keepDims === true, false),
  Mean: (backend, { x }, { axis, keepDims }) => sum(backend, x!, axis, keepDims === true, true),

  Max(backend, { x }, { reductionIndices, keepDims }) {
    if (!areFloat(x)) return null;
    const { shape } = x!;
    const axes = tf.util.parseAxisParam(reductionIndices as number[], shape);
    const count = shape.at(-1) ?? 0;
    if (axes.length !== 1 || axes[0] !== shape.length - 1 || count === 0) return null;
    const rows = sizeOf(shape) / count;
    const out = backend.output(keepDims === true ? [...shape.slice(0, -1), 1] : shape.slice(0, -1));
    backend.run('maxRows', backend.library.parts(rows * count), { a: x!, out, rows, count });
    return out.info;
  },

  Softmax(backend, { logits }, { dim }) {
    if (!areFloat(logits)) return null;
    const { shape } = logits!;
    if (dim !== -1 && dim !== shape.length - 1) return null;
    const count = shape.at(-1) ?? 0;
    const out = backend.output(shape);
    if (count === 0) return out.info;
    const rows = sizeOf(shape) / count;
    backend.run('softmaxRows', backend.library.parts(rows * count * COSTLY), {
      a: logits!,
      out,
      rows,
      count,
    });
    return out.info;
  },

  GatherV2(backend, { x, indices }, { axis, batchDims }) {
    if (!areFloat(x) || indices!.dtype !== 'int32' || axis !== 0 || batchDims !== 0) return null;
    const width = sizeOf(x!.shape.slice(1));
    return gather(backend, x!, indices!, width, [...indices!.shape, ...x!.shape.slice(1)]);
  },

  UnsortedSegmentSum(backend, { x, segmentIds }, { numSegments }) {
    if (!areFloat(x) || segmentIds!.dtype !== 'int32') return null;
    const inner = x!.shape.slice(segmentIds!.shape.length);
    return scatter(backend, x!, segmentIds!, sizeOf(inner), [numSegments as number, ...inner]);
  },

  ZerosLike(backend, { x }) {
    if (!areFloat(x)) return null;
    return zeros(backend, x!.shape).info;
  },

  Fill(backend, _, { shape, value, dtype }) {
    if (value !== 0 || (dtype !== undefined && dtype !== 'float32')) return null;
    return zeros(backend, shape as number[]).info;
  },

  Cast(backend, { x }, { dtype }) {
    // JavaScript's may return a float32 tensor on top of integers.
    if (dtype !== 'float32' || (x!.dtype !== 'int32' && x!.dtype !== 'bool')) return null;
    const source = backend.data.get(x!.dataId).values as tf.TypedArray;
    const { info } = backend.output(x!.shape);
    backend.floats(info).set(source);
    return info;
  },

  Transpose(backend, { x }, { perm }) {
    return (perm as number[]).every((axis, place) => axis === place) ? backend.reshaped(x!, x!.shape) : null;
  },

  Concat(backend, inputs, { axis }) {
    const parts = Object.values(inputs).filter(({ shape }) => sizeOf(shape) > 0);
    if (parts.length === 0 || !areFloat(...parts)) return null;
    const place = tf.util.parseAxisParam(axis as number, parts[0]!.shape)[0]!;
    const shape = [...parts[0]!.shape];
    shape[place] = parts.reduce((length, part) => length + part.shape[place]!, 0);
    const { info, at } = backend.output(shape);
    const rows = sizeOf(shape.slice(0, place));
    const step = sizeOf(shape.slice(place));
    let offset = 0;
    for (const part of parts) {
      const width = sizeOf(part.shape.slice(place));
      copyRows(backend, backend.at(part), at + 4 * offset, rows, width, width, step);
      offset += width;
    }
    return info;
  },

  Slice(backend, { x }, { begin, size }) {
    if (!areFloat(x)) return null;
    const [start, shape] = tf.slice_util.parseSliceParams(
      x as tf.Tensor,
      begin as number[],
      size as number[],
    ) as [number[], number[]];
    const cut = shape.findIndex((length, axis) => length !== x!.shape[axis]);
    // Only one axis may be cut: the rest is contiguous then.
    if (shape.some((length, axis) => axis > cut && cut >= 0 && length !== x!.shape[axis])) return null;
    if (cut < 0) return backend.reshaped(x!, shape);
    const { info, at } = backend.output(shape);
    const inner = sizeOf(shape.slice(cut + 1));
    const from = backend.at(x!) + 4 * start[cut]! * inner;
    copyRows(
      backend,
      from,
      at,
      sizeOf(shape.slice(0, cut)),
      shape[cut]! * inner,
      x!.shape[cut]! * inner,
      shape[cut]! * inner,
    );
    return info;
  },

  PadV2(backend, { x }, { paddings, constantValue }) {
    if (!areFloat(x) || constantValue !== 0) return null;
    const margins = paddings as [number, number][];
    const padded = margins.flatMap(([before, after], axis) => (before + after > 0 ? [axis] : []));
    if (padded.length > 1) return null;
    const [axis] = padded;
    if (axis === undefined) return backend.reshaped(x!, x!.shape);
    const shape = x!.shape.map((length, place) => length + margins[place]![0] + margins[place]![1]);
    const { info, at } = zeros(backend, shape);
    const inner = sizeOf(shape.slice(axis + 1));
    const width = x!.shape[axis]! * inner;
    const to = at + 4 * margins[axis]![0] * inner;
    copyRows(backend, backend.at(x!), to, sizeOf(shape.slice(0, axis)), width, width, shape[axis]! * inner);
    return info;
  },

  SplitV(backend, { x }, { numOrSizeSplits, axis }) {
    if (!areFloat(x)) return null;
    const place = tf.util.parseAxisParam(axis as number, x!.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number[], place);
    const rows = sizeOf(x!.shape.slice(0, place));
    const inner = sizeOf(x!.shape.slice(place + 1));
    const step = x!.shape[place]! * inner;
    let offset = backend.at(x!);
    return sizes.map((length) => {
      const shape = [...x!.shape];
      shape[place] = length;
      const { info, at } = backend.output(shape);
      copyRows(backend, offset, at, rows, length * inner, step, length * inner);
      offset += 4 * length * inner;
      return info;
    });
  },

  Pack(backend, inputs, { axis }) {
    const parts = Object.values(inputs);
    if (!areFloat(...parts)) return null;
    const { shape } = parts[0]!;
    const place = (axis as number) < 0 ? (axis as number) + shape.length + 1 : (axis as number);
    const { info, at } = backend.output([...shape.slice(0, place), parts.length, ...shape.slice(place)]);
    const width = sizeOf(shape.slice(place));
    parts.forEach((part, index) =>
      copyRows(
        backend,
        backend.at(part),
        at + 4 * index * width,
        sizeOf(shape.slice(0, place)),
        width,
        width,
        parts.length * width,
      ),
    );
    return info;
  },

  Unpack(backend, { value }, { axis }) {
    if (!areFloat(value)) return null;
    const { shape } = value!;
    const place = (axis as number) < 0 ? (axis as number) + shape.length : (axis as number);
    const rows = sizeOf(shape.slice(0, place));
    const width = sizeOf(shape.slice(place + 1));
    const number = shape[place]!;
    return Array.from({ length: number }, (_, index) => {
      const { info, at } = backend.output([...shape.slice(0, place), ...shape.slice(place + 1)]);
      copyRows(backend, backend.at(value!) + 4 * index * width, at, rows, width, number * width, width);
      return info;
    });
  },

  Tile(backend, { x }, { reps }) {
    // What the gradient of a sum does: repeat along axes of length one. That is adding to zeros with broadcasting.
    const repeats = reps as number[];
    if (!areFloat(x) || repeats.some((count, axis) => count !== 1 && x!.shape[axis] !== 1)) return null;
    const shape = x!.shape.map((length, axis) => length * repeats[axis]!);
    const zero = zeros(backend, []);
    const result = broadcast(backend, 'Add', x!, zero.info, shape);
    backend.disposeData(zero.info.dataId);
    return result;
  },
};

function areFloat(...tensors: (tf.TensorInfo | undefined)[]): boolean {
  return tensors.every((tensor) => tensor?.dtype === 'float32');
}

function unary(operation: (typeof codes.Unary)[number]): Operation {
  const cost = ['Relu', 'Neg', 'Square', 'Step', 'Abs'].includes(operation) ? 1 : COSTLY;
  return (backend, { x }, { alpha }) => {
    if (!areFloat(x) || (alpha !== undefined && alpha !== 0)) return null;
    const count = sizeOf(x!.shape);
    const out = backend.output(x!.shape);
    backend.run('unary', backend.library.parts(count * cost), { operation, a: x!, out, count });
    return out.info;
  };
}

function binary(operation: (typeof codes.Binary)[number]): Operation {
  return (backend, { a, b }) => {
    if (!areFloat(a, b)) return null;
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
    return broadcast(backend, operation, a!, b!, shape);
  };
}

function broadcast(
  backend: KernelBackend,
  operation: (typeof codes.Binary)[number],
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  shape: number[],
): tf.TensorInfo | null {
  const axes = broadcastAxes(shape, a.shape, b.shape);
  if (axes === null) return null;
  const out = backend.output(shape);
  const [outer, middle, inner] = axes.lengths;
  const [aOuter, aMiddle, aInner] = axes.aSteps;
  const [bOuter, bMiddle, bInner] = axes.bSteps;
  backend.run('binary', backend.library.parts(sizeOf(shape)), {
    ...{ operation, a, b, out, outer, middle, inner },
    ...{ aOuter, aMiddle, aInner, bOuter, bMiddle, bInner },
  });
  return out.info;
}

type Triple = [outer: number, middle: number, inner: number];

/**
 * Merges neighboring axes that both operands treat alike, down to three. Steps are in values, 0 where an operand repeats.
 * Null when more than three are left.
 */
export function broadcastAxes(
  shape: readonly number[],
  a: readonly number[],
  b: readonly number[],
): { lengths: Triple; aSteps: Triple; bSteps: Triple } | null {
  const rank = shape.length;
  const lengthIn = (operand: readonly number[], axis: number): number =>
    operand[axis - rank + operand.length] ?? 1;
  const groups: { length: number; inA: boolean; inB: boolean }[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const inA = lengthIn(a, axis) !== 1;
    const inB = lengthIn(b, axis) !== 1;
    const last = groups.at(-1);
    if (last?.inA === inA && last.inB === inB) last.length *= length;
    else groups.push({ length, inA, inB });
  }
  if (groups.length > 3) return null;
  while (groups.length < 3) groups.unshift({ length: 1, inA: false, inB: false });
  const steps = (operand: 'inA' | 'inB'): Triple => {
    const result: Triple = [0, 0, 0];
    let step = 1;
    for (let axis = 2; axis >= 0; axis--) {
      const group = groups[axis]!;
      if (!group[operand]) continue;
      result[axis] = step;
      step *= group.length;
    }
    return result;
  };
  const [outer, middle, inner] = groups.map(({ length }) => length) as Triple;
  return { lengths: [outer, middle, inner], aSteps: steps('inA'), bSteps: steps('inB') };
}

function sum(
  backend: KernelBackend,
  x: tf.TensorInfo,
  axis: unknown,
  keepDims: boolean,
  isMean: boolean,
): tf.TensorInfo | null {
  const { shape } = x;
  const axes = tf.util.parseAxisParam(axis as number[], shape).sort((p, q) => p - q);
  const contiguous = axes.every((value, place) => place === 0 || value === axes[place - 1]! + 1);
  if (!areFloat(x) || !contiguous || axes.length === 0 || sizeOf(shape) === 0) return null;
  const [first, last] = [axes[0]!, axes.at(-1)!];
  const outer = sizeOf(shape.slice(0, first));
  const middle = sizeOf(shape.slice(first, last + 1));
  const inner = sizeOf(shape.slice(last + 1));
  const kept = shape.map((length, place) => (place >= first && place <= last ? 1 : length));
  const out = backend.output(keepDims ? kept : kept.filter((_, place) => place < first || place > last));
  const { library } = backend;
  const parts = library.parts(sizeOf(shape));
  library.withWorkspace(parts * inner, (partials) => {
    backend.run('sum', parts, { a: x, out, outer, middle, inner, scale: isMean ? 1 / middle : 1, partials });
  });
  return out.info;
}
