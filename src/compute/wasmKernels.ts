import * as tf from '@tensorflow/tfjs-core';

/*
 * TensorFlow.js's WebAssembly backend was made for inference. Two mends make it train:
 * the gradient of an embedding lookup (UnsortedSegmentSum) is missing, and its matrix product with a transposed operand,
 * which every gradient of a linear layer needs, is a scalar loop about ten times slower than the plain one.
 */

/** What the kernels need of the backend object. */
interface WasmHeap {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view into the WebAssembly memory, valid until the next allocation. */
  typedArrayFromHeap(tensor: tf.TensorInfo): tf.backend_util.TypedArray;
  disposeData(data: tf.DataId): void;
}

let registered = false;

/** Registers both mends, once, for the backend `wasm`. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  registerUnsortedSegmentSum();
  registerTransposedMatMul();
}

function registerUnsortedSegmentSum(): void {
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const wasm = backend as WasmHeap;
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
      const width = x.shape.slice(segmentIds.shape.length).reduce((product, size) => product * size, 1);
      const output = wasm.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype);
      // Views are read only after the output is allocated: allocation may grow, and so move, the memory.
      const sums = wasm.typedArrayFromHeap(output).fill(0);
      const values = wasm.typedArrayFromHeap(x);
      const ids = wasm.typedArrayFromHeap(segmentIds);
      for (let row = 0; row < ids.length; row++) {
        const segment = ids[row]!;
        if (segment < 0 || segment >= numSegments) continue;
        const from = row * width;
        const to = segment * width;
        for (let column = 0; column < width; column++) sums[to + column]! += values[from + column]!;
      }
      return output;
    },
  });
}

function registerTransposedMatMul(): void {
  const stock = tf.getKernel(tf.BatchMatMul, 'wasm');
  const transpose = tf.getKernel(tf.Transpose, 'wasm');
  tf.unregisterKernel(tf.BatchMatMul, 'wasm');
  tf.registerKernel({
    ...stock,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
      const temporary: tf.TensorInfo[] = [];
      const plain = (matrix: tf.TensorInfo, transposed: boolean): tf.TensorInfo => {
        if (!transposed) return matrix;
        const rank = matrix.shape.length;
        const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
        const result = transpose.kernelFunc({
          inputs: { x: matrix },
          backend,
          attrs: { perm },
        }) as tf.TensorInfo;
        temporary.push(result);
        return result;
      };
      const output = stock.kernelFunc({
        inputs: { a: plain(a, transposeA), b: plain(b, transposeB) },
        backend,
        attrs: { transposeA: false, transposeB: false },
      });
      for (const { dataId } of temporary) (backend as WasmHeap).disposeData(dataId);
      return output;
    },
  });
}
