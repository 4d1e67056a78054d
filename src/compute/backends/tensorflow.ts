import { BackendError, type BackendDefinition } from './backend';

/** TensorFlow.js's binding to libtensorflow. */
export const tensorflow: BackendDefinition = {
  name: 'tensorflow',
  start() {
    return Promise.reject(new BackendError('It is not installed.', 'absent'));
  },
};
