import { BackendError, type BackendDefinition } from './backend';

/** TensorFlow.js's WebGPU backend on Dawn. */
export const webgpu: BackendDefinition = {
  name: 'webgpu',
  start() {
    return Promise.reject(new BackendError('It is not installed.', 'absent'));
  },
};
