import { BackendError, type BackendDefinition } from './backend';

/** Our kernels as a Node-API addon. */
export const native: BackendDefinition = {
  name: 'native',
  start() {
    return Promise.reject(new BackendError('It is not built yet.', 'absent'));
  },
};
