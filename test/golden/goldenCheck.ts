/** Numbers in any nesting, as fixtures have them. */
export type Nested = number | readonly Nested[];

/**
 * Compares an output with what the reference made of the same input.
 * @param label which output of the fixture
 * @param expected in any nesting, row-major
 * @param tolerance largest absolute difference; the fixture's own if left out
 */
export type Compare = (
  label: string,
  actual: ArrayLike<number>,
  expected: Nested,
  tolerance?: number,
) => void;

/** Runs the product's code on the inputs of a fixture file and compares all of its outputs. */
export type GoldenCheck = (fixture: unknown, compare: Compare) => void | Promise<void>;

/** The numbers of a nested list, in order. */
export function flat(nested: Nested): number[] {
  return typeof nested === 'number' ? [nested] : nested.flatMap((part) => flat(part));
}

/** The shape of a nested list whose parts are all of one length. */
export function shapeOf(nested: Nested): number[] {
  return typeof nested === 'number' ? [] : [nested.length, ...(nested.length > 0 ? shapeOf(nested[0]!) : [])];
}
