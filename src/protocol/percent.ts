/** A smaller share is what the rounding of 32-bit numbers leaves over of none. */
const ROUNDING = 1e-8;

/** A share of 1 for a sentence or a table, with one decimal: `3.4%`; of less than 1%, two digits: `0.052%`. */
export function percent(share: number): string {
  const value = Math.abs(share) < ROUNDING ? 0 : 100 * share;
  return `${value === 0 || value >= 1 ? value.toFixed(1) : value.toPrecision(2)}%`;
}
