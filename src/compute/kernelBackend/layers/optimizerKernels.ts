import { sizeOf, type Layer } from './layer';

/** Steps of optimizers. */
export const optimizerKernels: Record<string, Layer> = {
  Adam: {
    required: ['value', 'first', 'second', 'gradient'],
    forward(backend, { value, first, second, gradient }, { rate, beta1, beta2, epsilon, lazy }) {
      const pointers = [value!, first!, second!, gradient!].map((tensor) => backend.at(tensor));
      const size = sizeOf(value!.shape);
      const rows = value!.shape[0] ?? 1;
      const numbers = [rate, beta1, beta2, epsilon, lazy === true ? 1 : 0] as number[];
      backend.library.run(
        'adam',
        backend.library.parts(8 * size),
        ...pointers,
        rows,
        size / rows,
        ...numbers,
      );
      return [];
    },
  },
};
