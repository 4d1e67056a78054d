import { percent } from './percent';
import { thousands } from './thousands';
import { countOf } from './countOf';

/** Metric name (`ndcg@10`, `hr@5`, `mrr`) → value. */
export type Metrics = Record<string, number>;

/** How a split is called. */
export interface SplitName {
  /** In a badge, such as `LOO`. */
  badge: string;
  /** In a sentence, such as `leave-one-out`. */
  text: string;
}

/**
 * How a set of metrics was measured. A number without its protocol is not a result:
 * this object is stored with every number and shown as a badge beside it.
 */
export interface EvaluationProtocol {
  /** How the data were cut into training, validation and test: the `type` of a split. */
  split: string;
  /** The same for people. Older runs lack it: they knew leave-one-out alone. */
  splitName?: SplitName;
  /** Which part was ranked. */
  part: 'validation' | 'test';
  /** Which items compete with the held-out one. `shown`: no other than what users were shown is scored, and compared with its labels. */
  candidates: 'full' | 'sampled' | 'file' | 'shown';
  /**
   * Number of items that are ranked: the catalog, the held-out item and its negatives, or the longest list with its held-out items; or
   * all rows that were shown.
   */
  numCandidates: number;
  /** Where what users were shown is scored: the rows that they took are `numTargets`. */
  shown?: ShownRows;
  /** How the negatives were drawn, where not all items are candidates. */
  negatives?: SampledNegatives;
  /** Which lists they are, where a file has them. */
  lists?: ListedCandidates;
  /** `true`: items of the user's history are left out of the ranking. */
  filterSeen: boolean;
  /**
   * Held-out items that are in the history of their user. Where seen items are left out, so are these, because they are out
   * of reach; else they are among `numTargets`. Older runs have no such number: their held-out item was a candidate even
   * where it was seen and all else that was seen was not.
   */
  seenTargets?: number;
  /** Where the data decided on `filterSeen`: the share of interactions before test whose item the user had met before. */
  repeatShare?: number;
  /** The model was told when the held-out item comes, which nobody knows of the future. Absent where it was not. */
  targetTime?: true;
  /** The model learned from validation, too, as baselines do. Absent where it did not. */
  refit?: true;
  /**
   * `expectation`: metrics are means over all orders of tied items. `average`, of older runs: tied items took the average
   * of the ranks they span.
   */
  ties: 'expectation' | 'average';
  /** Cut-offs k of the metrics. */
  cutoffs: number[];
  /** Users that were ranked. */
  numUsers: number;
  /** Held-out items that were ranked. Older runs lack it: each user had one. */
  numTargets?: number;
}

/** In which lists the shown rows are ranked. */
export interface ShownRows {
  by: 'impression' | 'user';
  /** Lists with rows that were taken and others. */
  lists: number;
  /** All other lists, which metrics of ranks leave out. */
  leftOut: number;
}

/**
 * Negatives that are drawn once for each user and kept: distinct, and outside the user's whole history where seen items are
 * left out.
 */
export interface SampledNegatives {
  count: number;
  /** `popularity`: in proportion to an item's training interactions. */
  distribution: 'uniform' | 'popularity';
  seed: number;
  /** Users for whom there are not so many items, and how many the least of them got. Left out where everybody has all. */
  fewer?: { users: number; fewest: number };
}

/** Candidates of each user as a file lists them, the held-out items added. Users without a list are not counted. */
export interface ListedCandidates {
  file: string;
  /** SHA-256 (hex) of the lists. */
  hash: string;
  /** Users with held-out items and no list. */
  unlistedUsers: number;
}

/**
 * What two measurements must share so that their numbers can be compared: everything but what a number at one cut-off does not
 * depend on. Equal texts mean comparable numbers; the data are not part of it.
 */
export function comparisonKey(protocol: EvaluationProtocol): string {
  const {
    split,
    part,
    candidates,
    numCandidates,
    negatives,
    lists,
    filterSeen,
    seenTargets,
    ties,
    numUsers,
  } = protocol;
  const { targetTime, shown, numTargets = numUsers } = protocol;
  const drawn = negatives && [negatives.count, negatives.distribution, negatives.seed];
  return JSON.stringify([
    ...[split, part, candidates, numCandidates, drawn ?? null],
    ...[filterSeen, seenTargets ?? null, ties, numUsers],
    ...(split === 'leaveOneOut' ? [] : ['split', splitName(protocol).text]),
    ...(lists ? ['lists', lists.hash] : []),
    ...(targetTime ? ['targetTime'] : []),
    ...(protocol.refit ? ['refit'] : []),
    ...(numTargets === numUsers ? [] : ['targets', numTargets]),
    ...(shown ? ['shown', shown.by, shown.lists] : []),
  ]);
}

/** A short text for a badge, such as `full · LOO · seen filtered`. */
export function protocolBadge(protocol: EvaluationProtocol): string {
  if (protocol.candidates === 'shown')
    return `shown items · ${splitName(protocol).badge}${protocol.refit ? ' · refit' : ''}`;
  const { candidates, negatives, lists, filterSeen } = protocol;
  const ranked = negatives
    ? `${thousands(negatives.count)} ${negatives.distribution} negatives`
    : lists
      ? `lists of ${lists.file}`
      : candidates;
  const told = `${protocol.targetTime ? ' · target time known' : ''}${protocol.refit ? ' · refit' : ''}`;
  return `${ranked} · ${splitName(protocol).badge} · ${filterSeen ? 'seen filtered' : 'seen kept'}${told}`;
}

/** One sentence that says the protocol in full, for hovers, tables and reports. */
export function describeProtocol(protocol: EvaluationProtocol): string {
  const { part, numUsers, numTargets = numUsers, ties, shown } = protocol;
  if (shown !== undefined)
    return `${part}, ${splitName(protocol).text}, ${shownText(protocol, shown)}${refitText(protocol)}, ties by expectation, ${thousands(numUsers)} users`;
  const tied = ties === 'average' ? 'ties at average rank' : 'ties by expectation';
  const held = numTargets === numUsers ? '' : ` with ${countOf(numTargets, 'held-out item')}`;
  const told =
    (protocol.targetTime ? ', the model knows when the held-out item comes' : '') + refitText(protocol);
  return `${part}, ${splitName(protocol).text}, ${candidatesText(protocol)}${told}, ${tied}, ${countOf(numUsers, 'user')}${held}${seenTargetsText(protocol)}`;
}

function splitName({
  splitName: name = { badge: 'LOO', text: 'leave-one-out' },
}: EvaluationProtocol): SplitName {
  return name;
}

function refitText({ refit }: EvaluationProtocol): string {
  return refit ? ', the model refitted on training and validation' : '';
}

function shownText({ numCandidates, numTargets = 0 }: EvaluationProtocol, shown: ShownRows): string {
  const lists = shown.by === 'impression' ? 'impressions' : 'users';
  const others = shown.leftOut === 0 ? '' : ` (not ${thousands(shown.leftOut)} with one label alone)`;
  return `scores of ${thousands(numCandidates)} shown items with labels, ${thousands(numTargets)} of them positive, ranked within ${thousands(shown.lists)} ${lists}${others}`;
}

function candidatesText({
  negatives,
  lists,
  filterSeen,
  numCandidates,
  repeatShare,
}: EvaluationProtocol): string {
  const seen = filterSeen ? 'left out' : 'kept';
  const why = repeatShare === undefined ? '' : ` (${percent(repeatShare)} of interactions repeat one)`;
  if (lists) {
    const without =
      lists.unlistedUsers === 0
        ? ''
        : ` (${countOf(lists.unlistedUsers, 'user')} without a list not counted)`;
    return `ranked with the lists of \`${lists.file}\`, of up to ${countOf(numCandidates, 'item')}${without}, items of the history ${seen}${why}`;
  }
  if (!negatives)
    return `ranked against all ${thousands(numCandidates)} items, items of the history ${seen}${why}`;
  const items = filterSeen ? 'items that are new to the user' : 'items, those of the history among them';
  const draw = negatives.distribution === 'uniform' ? 'uniformly' : 'by popularity';
  const { count, seed: drawSeed, fewer } = negatives;
  const but = fewer
    ? ` (fewer for ${countOf(fewer.users, 'user')}, at least ${thousands(fewer.fewest)})`
    : '';
  return `ranked against ${thousands(count)} ${items}${but}${why}, drawn ${draw} with seed ${drawSeed}`;
}

function seenTargetsText({
  filterSeen,
  seenTargets = 0,
  numUsers,
  numTargets = numUsers,
}: EvaluationProtocol): string {
  if (seenTargets === 0) return '';
  const share = percent(seenTargets / (filterSeen ? numTargets + seenTargets : numTargets));
  return filterSeen
    ? `; held-out items in the history, not counted: ${thousands(seenTargets)} (${share})`
    : `; held-out items in the history: ${thousands(seenTargets)} (${share})`;
}
