/** Examples of a step, where each takes up so many of the batch size. */
export function examplesPerStep(batchSize: number, rowsPerExample = 1): number {
  return Math.max(1, Math.floor(batchSize / rowsPerExample));
}
