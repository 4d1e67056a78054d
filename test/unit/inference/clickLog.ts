import { RandomStream } from '../../../src/compute/random';
import type { LabeledInteractions } from '../../../src/dataset/labeledInteractions';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { describeSplit } from '../../../src/splits/splits';

/** Clicks of a history that count. */
export const READ = 8;

const CATEGORIES = 6;
const GROUPS = 4;

/** A click log, and how likely each of its rows was a click. */
export interface ClickLog {
  dataset: PreparedDataset;
  labeled: LabeledInteractions;
  /** By row of `labeled`. */
  probabilities: Float64Array;
}

/**
 * Users of some groups are shown items of some categories, several together. How likely they click depends on what the group thinks of
 * the category, on the item, and on how many of their newest clicks are of the category: what DIN can know.
 * The last fifth of each user's impressions is test, the fifth before it validation.
 */
export function clickLog(numUsers: number, impressionsPerUser: number, numItems = 30, seed = 1): ClickLog {
  const random = new RandomStream(seed);
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.nextFloat()));
    return radius * Math.cos(2 * Math.PI * random.nextFloat());
  };
  const taste = Array.from({ length: GROUPS * CATEGORIES }, normal);
  const quality = Array.from({ length: numItems + 1 }, () => 0.7 * normal());
  const categoryOf = (item: number): number => item % CATEGORIES;
  const rows: { user: number; item: number; label: number; impression: number; part: number }[] = [];
  const probabilities: number[] = [];
  const historyEnds: number[] = [];
  const clicks: { item: number; part: number }[][] = [];
  let impression = 0;
  let before = 0;
  for (let user = 0; user < numUsers; user++) {
    const own: { item: number; part: number }[] = [];
    for (let time = 0; time < impressionsPerUser; time++, impression++) {
      const part = time < 0.6 * impressionsPerUser ? 0 : time < 0.8 * impressionsPerUser ? 1 : 2;
      const newest = own.slice(-READ);
      const taken: number[] = [];
      for (let place = 0; place < 4; place++) {
        const item = 1 + random.nextInt(numItems);
        const category = categoryOf(item);
        const same = newest.filter((click) => categoryOf(click.item) === category).length;
        const interest = newest.length === 0 ? 0 : same / newest.length;
        const odds = taste[(user % GROUPS) * CATEGORIES + category]! + quality[item]! + 2.5 * interest - 1.5;
        const probability = 1 / (1 + Math.exp(-odds));
        const label = random.nextFloat() < probability ? 1 : 0;
        rows.push({ user, item, label, impression, part });
        probabilities.push(probability);
        historyEnds.push(before + own.length);
        if (label === 1) taken.push(item);
      }
      for (const item of taken) own.push({ item, part });
    }
    clicks.push(own);
    before += own.length;
  }
  const endsOf = (counts: (user: number) => number, offsets: Uint32Array): Uint32Array =>
    Uint32Array.from({ length: numUsers }, (_, user) => offsets[user]! + counts(user));
  const offsetsOf = (counts: readonly number[]): Uint32Array => {
    const offsets = new Uint32Array(numUsers + 1);
    counts.forEach((count, user) => (offsets[user + 1] = offsets[user]! + count));
    return offsets;
  };
  const upTo = (parts: readonly { part: number }[], last: number): number =>
    parts.filter(({ part }) => part <= last).length;
  const ofUsers = Array.from({ length: numUsers }, (_, user) =>
    rows.slice(user * 4 * impressionsPerUser, (user + 1) * 4 * impressionsPerUser),
  );
  const rowOffsets = offsetsOf(ofUsers.map(({ length }) => length));
  const labeled: LabeledInteractions = {
    offsets: rowOffsets,
    trainEnd: endsOf((user) => upTo(ofUsers[user]!, 0), rowOffsets),
    validationEnd: endsOf((user) => upTo(ofUsers[user]!, 1), rowOffsets),
    items: Uint32Array.from(rows, ({ item }) => item),
    labels: Uint8Array.from(rows, ({ label }) => label),
    times: null,
    impressions: Uint32Array.from(rows, (row) => row.impression),
    historyEnd: Uint32Array.from(historyEnds),
  };
  const offsets = offsetsOf(clicks.map(({ length }) => length));
  const dataset: PreparedDataset = {
    fingerprint: 'click log',
    numUsers,
    numItems,
    offsets,
    items: Uint32Array.from(clicks.flat(), ({ item }) => item),
    times: null,
    split: describeSplit({ type: 'ratio', validation: 0.2, test: 0.2 }),
    trainEnd: endsOf((user) => upTo(clicks[user]!, 0), offsets),
    validationEnd: endsOf((user) => upTo(clicks[user]!, 1), offsets),
    order: null,
    userIds: Array.from({ length: numUsers }, (_, user) => `u${user}`),
    itemIds: ['', ...Array.from({ length: numItems }, (_, item) => `i${item + 1}`)],
    itemTitles: null,
    itemFeatures: [
      {
        kind: 'category',
        name: 'category',
        labels: ['', ...Array.from({ length: CATEGORIES }, (_, category) => `c${category}`)],
        values: Int32Array.from({ length: numItems + 1 }, (_, item) =>
          item === 0 ? 0 : 1 + categoryOf(item),
        ),
      },
    ],
    userFeatures: [
      {
        kind: 'category',
        name: 'group',
        labels: ['', ...Array.from({ length: GROUPS }, (_, group) => `g${group}`)],
        values: Int32Array.from({ length: numUsers }, (_, user) => 1 + (user % GROUPS)),
      },
    ],
    labeled,
  };
  return { dataset, labeled, probabilities: Float64Array.from(probabilities) };
}
