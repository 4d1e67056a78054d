/** First index of ascending numbers whose value is at least `limit`; their number when there is none. */
export function lowerBound(x: Float64Array, limit: number): number {
  let low = 0;
  for (let high = x.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (x[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index of ascending numbers whose value is greater than `limit`; their number when there is none. */
export function upperBound(x: Float64Array, limit: number): number {
  let low = 0;
  for (let high = x.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (x[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
