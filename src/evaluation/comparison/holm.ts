/**
 * P-values of several tests, corrected so that the chance of calling any of them significant where nothing differs stays below the
 * level (Holm, 1979, "A simple sequentially rejective multiple test procedure"). The order stays; NaN, of what was not tested, too.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()]
    .filter((test) => !Number.isNaN(pValues[test]!))
    .sort((a, b) => pValues[a]! - pValues[b]!);
  const corrected = pValues.map(() => Number.NaN);
  let largest = 0;
  order.forEach((test, place) => {
    largest = Math.max(largest, Math.min(1, (order.length - place) * pValues[test]!));
    corrected[test] = largest;
  });
  return corrected;
}
