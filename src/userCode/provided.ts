/** What own code imports of RecSight. */
export const PUBLIC_MODULE = 'recsight/v1';

/** Modules that own code gets from RecSight, whatever is installed: there may be only one TensorFlow.js in a process. */
export const PROVIDED = [PUBLIC_MODULE, '@tensorflow/tfjs-core', '@tensorflow/tfjs'] as const;

export function isProvided(specifier: string): boolean {
  return PROVIDED.some((name) => name === specifier);
}
