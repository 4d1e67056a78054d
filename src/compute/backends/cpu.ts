import * as tf from '@tensorflow/tfjs-core';
import { BackendError, type BackendDefinition } from './backend';

/** TensorFlow.js in plain JavaScript: the reference of all engines, and what is left when nothing else starts. */
export const cpu: BackendDefinition = {
  name: 'cpu',
  async start() {
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
    if (!(await tf.setBackend('cpu'))) throw new BackendError('TensorFlow.js could not start it.');
    return { name: 'cpu', device: 'cpu', threads: 1, version, isGpu: false };
  },
};
