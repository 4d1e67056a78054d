import { thousands } from '../../protocol/thousands';
import { BATCH_SCORES, NEWEST_COUNTED, type ItemKnnConfig } from './options';

/** Pairs of a user's items that are counted in a second, about. */
const PAIRS_PER_SECOND = 1e8;
const MANY_MINUTES = 10;

/**
 * Says that all neighbors of large data take long. They are too many to be kept, so they are looked for again for each batch of users; of a
 * bounded number, once.
 */
export function slowNote(
  { numNeighbors }: ItemKnnConfig,
  lengths: Uint32Array,
  numItems: number,
): string | null {
  if (numNeighbors !== null) return null;
  const pairs = lengths.reduce((sum, length) => sum + Math.min(length, NEWEST_COUNTED) ** 2, 0);
  const batches = Math.ceil(lengths.length / Math.max(1, Math.floor(BATCH_SCORES / numItems)));
  const minutes = Math.round((pairs * batches) / PAIRS_PER_SECOND / 60);
  if (minutes < MANY_MINUTES) return null;
  return (
    `Item-kNN with all neighbors may take about ${thousands(minutes)} minutes on these data. With a number of neighbors, such as ` +
    `\`{ "type": "itemKnn", "numNeighbors": 100 }\` in \`evaluation.baselines\`, it takes about ${thousands(Math.ceil(minutes / batches))}.`
  );
}
