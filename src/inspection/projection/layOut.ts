import { STREAMS } from '../../compute/randomStreams';
import type { Space } from '../../analysis/trustworthiness';
import { continuity, trustworthiness } from '../../analysis/trustworthiness';
import type { Table } from '../../analysis/table';
import { umap } from '../../analysis/umap';
import { RandomStream } from '../../compute/random';
import type { UmapLayoutResult, UmapRequest } from '../../protocol/projection';
import { InspectionError } from '../inspectionError';
import type { Task } from '../tasks';

/** Neighbors that are asked whether they were kept. */
const NEIGHBORS = 15;
const MEASURED_ROWS = 2000;
/** Bounds what measuring takes, about, in multiplications: a few seconds. */
const MEASURED_PRODUCTS = 1e9;
/** Rows measured before others get their turn. */
const MEASURED_AT_ONCE = 25;
const MOST_NEIGHBORS = 200;
const MOST_EPOCHS = 10_000;

/** @throws InspectionError for what UMAP cannot do */
export function checkUmapRequest({ dimensions, numNeighbors, minDistance, epochs, seed }: UmapRequest): void {
  const isWhole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  const problem = !isWhole(dimensions, 2, 3)
    ? `${dimensions} dimensions were requested; expected 2 or 3.`
    : !isWhole(numNeighbors, 2, MOST_NEIGHBORS)
      ? `${numNeighbors} neighbors were requested; expected 2 to ${MOST_NEIGHBORS}.`
      : !(minDistance >= 0 && minDistance <= 1)
        ? `The minimum distance is ${minDistance}; expected 0 to 1.`
        : epochs !== null && !isWhole(epochs, 1, MOST_EPOCHS)
          ? `${epochs} epochs were requested; expected 1 to ${MOST_EPOCHS}.`
          : !Number.isInteger(seed)
            ? `The seed is ${seed}; expected a whole number.`
            : null;
  if (problem !== null) throw new InspectionError('inspection/bad-umap', problem);
}

/** Lays points out by UMAP, showing the layout as it comes, and measures how far to trust it. */
export async function layOut(
  points: Table,
  request: UmapRequest,
  task: Task,
): Promise<Omit<UmapLayoutResult, 'cached'>> {
  const { dimensions, numNeighbors, minDistance, metric, epochs, seed } = request;
  const started = performance.now();
  const { layout } = await umap(
    points,
    {
      ...{ seed, metric, dimensions, minDistance },
      numNeighbors: numNeighbors,
      ...(epochs !== null && { epochs }),
    },
    {
      onNeighbors: (share) =>
        task.proceed({ phase: 'Finding neighbors', done: Math.round(100 * share), of: 100 }),
      // What was told a moment ago is not told again, so most of the copies are never looked at; they cost next to nothing.
      onProgress: (epoch, current, planned) =>
        task.proceed({ phase: 'Laying out', done: epoch, of: planned, layout: current.values.slice() }),
    },
  );
  const seconds = (performance.now() - started) / 1000;
  return {
    coordinates: layout.values,
    seconds,
    ...(await measure(points, metric, layout, seed, task)),
  };
}

/** Trustworthiness and continuity by some random rows, each beside all others. */
async function measure(
  points: Table,
  metric: Space['metric'],
  layout: Table,
  seed: number,
  task: Task,
): Promise<{ trustworthiness: number; continuity: number }> {
  const { numRows, width } = points;
  const k = Math.min(NEIGHBORS, Math.ceil(numRows / 2) - 1);
  // Too few to be told apart from neighbors.
  if (k < 1) return { trustworthiness: 1, continuity: 1 };
  const rows = Uint32Array.from({ length: numRows }, (_, row) => row);
  new RandomStream(seed, STREAMS.layoutSample).shuffle(rows);
  const affordable = Math.max(MEASURED_AT_ONCE, Math.floor(MEASURED_PRODUCTS / (numRows * width)));
  const sample = Int32Array.from(rows.subarray(0, Math.min(MEASURED_ROWS, affordable)));
  const [original, drawn]: [Space, Space] = [
    { points, metric },
    { points: layout, metric: 'euclidean' },
  ];
  let [trust, continued] = [0, 0];
  for (let start = 0; start < sample.length; start += MEASURED_AT_ONCE) {
    await task.proceed({ phase: 'Measuring the layout', done: start, of: sample.length });
    const part = sample.subarray(start, start + MEASURED_AT_ONCE);
    trust += part.length * trustworthiness(original, drawn, k, part);
    continued += part.length * continuity(original, drawn, k, part);
  }
  return { trustworthiness: trust / sample.length, continuity: continued / sample.length };
}
