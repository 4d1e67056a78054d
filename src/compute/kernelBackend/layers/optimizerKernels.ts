import { sizeOf, type Layer } from './layer';

/** Steps of optimizers. */
export const optimizerKernels: Record<string, Layer> = {
  Adam: {
    required: ['value', 'first', 'second', 'gradient'],
    forward(backend, { value, first, second, gradient }, { rate, beta1, beta2, epsilon, lazy }) {
      const size = sizeOf(value!.shape);
      const rows = value!.shape[0] ?? 1;
      backend.run('adam', backend.library.parts(8 * size), {
        ...{ value: value!, first: first!, second: second!, gradient: gradient!, rows, width: size / rows },
        ...{ rate: rate as number, beta1: beta1 as number, beta2: beta2 as number },
        ...{ epsilon: epsilon as number, lazy: lazy === true },
      });
      return [];
    },
  },
};
