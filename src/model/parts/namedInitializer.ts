import type { Initializer } from '../../compute/parameters';

/** An initializer by the name that configs have for it. */
export type InitializerName = Exclude<Initializer['kind'], 'constant'>;

/** @param range standard deviation of the normal ones, limit of the uniform one; the others follow from the shape */
export function namedInitializer(name: InitializerName, range: number): Initializer {
  switch (name) {
    case 'normal':
    case 'truncatedNormal':
      return { kind: name, deviation: range };
    case 'uniform':
      return { kind: name, limit: range };
    default:
      return { kind: name };
  }
}
