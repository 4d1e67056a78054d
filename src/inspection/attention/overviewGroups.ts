import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { GroupReport } from '../../protocol/attention';
import { modelDataOf } from '../../inference/modelData';
import { lengthGroup, lengthLabel } from '../historyLengths';
import { popularityDeciles } from '../popularityDeciles';

/** A user of an overview. */
export interface Reader {
  user: number;
  /** Oldest first; all of it, though the model may read only the newest items. */
  history: Uint32Array;
  /** What the user did next; 0 where nobody asks for it. */
  next: number;
  /** Seconds since 1970 of the history; nothing where the data have no times. */
  times: Float64Array;
  /** The same of what the user did next; null where that is unknown. */
  nextTime: number | null;
}

/** Users who are alike. */
export interface ReaderGroup extends Pick<GroupReport, 'label' | 'of'> {
  members: ReadonlySet<Reader>;
}

/** The readers by the length of their histories, and by the mean popularity decile of the items. Groups without any are left out. */
export function readerGroups(dataset: PreparedDataset, readers: readonly Reader[]): ReaderGroup[] {
  const deciles = popularityDeciles(modelDataOf(dataset).itemCounts.subarray(1));
  const meanDecile = ({ history }: Reader): number =>
    Math.round(history.reduce((sum, item) => sum + deciles[item - 1]!, 0) / history.length);
  return [
    ...grouped(readers, 'historyLength', ({ history }) => lengthGroup(history.length), lengthLabel),
    ...grouped(readers, 'popularity', meanDecile, (decile) => `popularity decile ${decile}`),
  ];
}

function grouped(
  readers: readonly Reader[],
  of: ReaderGroup['of'],
  numberOf: (reader: Reader) => number,
  labelOf: (group: number) => string,
): ReaderGroup[] {
  const numbers = new Set(readers.map(numberOf));
  return [...numbers]
    .sort((a, b) => a - b)
    .map((group) => ({
      label: labelOf(group),
      of,
      members: new Set(readers.filter((reader) => numberOf(reader) === group)),
    }));
}
