import * as tf from '@tensorflow/tfjs-core';
import { BackendError, type BackendDefinition } from './backend';

/** TensorFlow.js in plain JavaScript: the reference of all engines, and what is left when nothing else starts. */
export const cpu: BackendDefinition = {
  name: 'cpu',
  async start() {
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
    registerUnsortedSegmentSum();
    if (!(await tf.setBackend('cpu'))) throw new BackendError('TensorFlow.js could not start it.');
    return { name: 'cpu', device: 'cpu', threads: 1, version: `TensorFlow.js ${version}`, isGpu: false };
  },
};

/** What the kernel needs of the backend object. */
interface CpuValues {
  data: { get(id: tf.DataId): { values: tf.backend_util.TypedArray } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.backend_util.TypedArray): tf.TensorInfo;
}

/**
 * The gradient of an embedding lookup. TensorFlow.js's own kernel goes through all rows once for each segment, which takes
 * minutes for a step of a model with a thousand items; this one goes through them once.
 */
function registerUnsortedSegmentSum(): void {
  tf.unregisterKernel(tf.UnsortedSegmentSum, 'cpu');
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const cpuBackend = backend as CpuValues;
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const width = tf.util.sizeFromShape(rowShape);
      const { values } = cpuBackend.data.get(x.dataId);
      const { values: ids } = cpuBackend.data.get(segmentIds.dataId);
      const sums = tf.util.makeZerosTypedArray(numSegments * width, x.dtype as 'float32' | 'int32');
      for (let row = 0; row < ids.length; row++) {
        const segment = ids[row]!;
        if (segment < 0 || segment >= numSegments) continue;
        for (let column = 0; column < width; column++)
          sums[segment * width + column]! += values[row * width + column]!;
      }
      return cpuBackend.makeTensorInfo([numSegments, ...rowShape], x.dtype, sums);
    },
  });
}
