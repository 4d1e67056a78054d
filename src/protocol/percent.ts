/** A share of 1 for a sentence or a table, with one decimal: `3.4%`; of less than 1%, two digits: `0.052%`. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value === 0 || value >= 1 ? value.toFixed(1) : value.toPrecision(2)}%`;
}
