/** Rows of times with the oldest one of each before it, so that all have so many: `[rows, columns]`. */
export function paddedTimes(rows: readonly Float64Array[], columns: number): Float64Array {
  const padded = new Float64Array(rows.length * columns);
  rows.forEach((times, row) => {
    const start = (row + 1) * columns - times.length;
    padded.fill(times[0] ?? 0, row * columns, start);
    padded.set(times, start);
  });
  return padded;
}
