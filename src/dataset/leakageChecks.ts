import { countOf, countOfAll } from '../protocol/countOf';
import { percent } from '../protocol/percent';
import type { DataDoubt } from '../protocol/run';
import { copiedUsers } from './copiedUsers';
import { dateText } from './dateText';
import { historiesUntil, type Histories } from './histories';
import type { PreparedDataset } from './preparedDataset';
import type { Steps } from './steps';

/*
 * Whether test can be read off training. Real data repeat items, tie times and mix users' times, so each check compares what it finds with
 * what the data show where nothing leaks, and speaks up only beyond that.
 */

/** What the data and their split do to results. */
export interface DatasetCheck {
  code: DataDoubt['code'] | 'data/ties-decide' | 'data/cold-targets' | 'data/time-order';
  /**
   * - `leak`: test leaks into training, so numbers of runs on these data are in doubt
   * - `warning`: numbers are what they say, but depend on something that users should know
   * - `note`: holds for all data with such a split
   */
  level: 'leak' | 'warning' | 'note';
  /** What was found, and what to do. */
  message: string;
}

/** Whether a run's numbers are in doubt because of it. */
export function isLeak(check: DatasetCheck): check is DatasetCheck & DataDoubt {
  return check.level === 'leak';
}

/** Copies and leaks below this share do not change a number that anybody reads. */
const LEAKED_FROM = 0.001;
const MANY_TIES = 0.05;
const MANY_COLD = 0.1;
/** Standard errors beyond which what is counted is no coincidence, whatever the number of data sets that are checked. */
const CERTAIN = 4;
/** Of training rows that come after the beginning of test: from here on, the parts are no past and future. */
const MOSTLY_BEFORE = 0.05;

/** Splits whose held-out interactions are each user's last: ties may decide which those are. */
const LAST_OF_EACH_USER: readonly string[] = ['leaveOneOut', 'lastN', 'ratio'];
/** Splits that are made elsewhere. */
const GIVEN: readonly string[] = ['files', 'column'];

/** The data as the checks look at them. */
interface Looked {
  dataset: PreparedDataset;
  /** All parts, in order of time. */
  inTime: Histories;
  /** Whether each of these is in test, and in training. */
  isTest: Uint8Array;
  isTraining: Uint8Array;
}

const CHECKS: readonly ((looked: Looked) => DatasetCheck | null)[] = [
  copiedInteractions,
  usersThatAreCopied,
  targetsInHistories,
  laterTraining,
  trainingAfterTest,
  tiesThatDecide,
  coldTargets,
  timeOrderNote,
];

/** What the checks find, in time linear in the data. */
export function* leakageSteps(dataset: PreparedDataset): Steps<DatasetCheck[]> {
  const looked = lookAt(dataset);
  const found: DatasetCheck[] = [];
  for (const check of CHECKS) {
    yield;
    const line = check(looked);
    if (line !== null) found.push(line);
  }
  return found;
}

function lookAt(dataset: PreparedDataset): Looked {
  const { numUsers, offsets, trainEnd, validationEnd, order } = dataset;
  const isTest = new Uint8Array(dataset.items.length);
  const isTraining = new Uint8Array(dataset.items.length);
  for (let user = 0; user < numUsers; user++) {
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      const place = order === null ? row : offsets[user]! + order[row]!;
      if (row < trainEnd[user]!) isTraining[place] = 1;
      else if (row >= validationEnd[user]!) isTest[place] = 1;
    }
  }
  return { dataset, inTime: historiesUntil(dataset, 'all'), isTest, isTraining };
}

/** The same user, item and time in test and in another part. Such copies are neighbors in order of time. */
function copiedInteractions({ dataset, inTime, isTest }: Looked): DatasetCheck | null {
  const { items, times } = inTime;
  if (times === null) return null;
  let copied = 0;
  forRuns(
    dataset,
    (a, b) => times[a] === times[b] && items[a] === items[b],
    (from, to) => {
      let inTest = 0;
      for (let row = from; row < to; row++) inTest += isTest[row]!;
      if (inTest < to - from) copied += inTest;
    },
  );
  const all = numTestOf(isTest);
  if (copied === 0 || copied < LEAKED_FROM * all) return null;
  return {
    level: 'leak',
    code: 'data/copied-interactions',
    message:
      `${countOfAll(copied, all, 'test interaction', ['is', 'are'])} in training or validation too (${percent(copied / all)}), with the same user, item and time. ` +
      'Leave the copies out: set `duplicates` to `keepFirst`, or correct the files of the parts.',
  };
}

function usersThatAreCopied({ dataset }: Looked): DatasetCheck | null {
  const { pairs, certain } = copiedUsers(dataset);
  if (pairs.length === 0 || pairs.length < LEAKED_FROM * dataset.numUsers) return null;
  const { user, other, shared } = pairs[0]!;
  const { userIds } = dataset;
  const example = `\`${userIds[user]!}\` shares ${countOf(shared, 'interaction')} with \`${userIds[other]!}\``;
  return {
    level: 'leak',
    code: 'data/copied-users',
    message:
      `${certain ? '' : 'At least '}${countOfAll(pairs.length, dataset.numUsers, 'user', ['repeats', 'repeat'])} the history of another one: ${example}. ` +
      'A model can learn from one user what is held out of the other. Give both the same id, or leave one out with `dataset.query`.',
  };
}

/**
 * Test items that are in their user's history more often than the user's last training item is in what comes before it. Both are looked for in as
 * many interactions, so data with repeats pass.
 */
function targetsInHistories({ dataset }: Looked): DatasetCheck | null {
  const { numUsers, numItems, offsets, trainEnd, validationEnd, items, times } = dataset;
  /** Last place of each item so far, from 1. Places of earlier users are below those of a user. */
  const lastAt = new Uint32Array(numItems + 1);
  let [compared, inHistory, inTraining, onlyTest, onlyTraining] = [0, 0, 0, 0, 0];
  for (let user = 0; user < numUsers; user++) {
    const [start, end, test] = [offsets[user]!, trainEnd[user]!, validationEnd[user]!];
    const before = end - 1 - start;
    const isCompared = before > 0 && test < offsets[user + 1]!;
    let training = false;
    for (let row = start; row < test; row++) {
      if (row === end - 1) training = lastAt[items[row]!]! > start;
      lastAt[items[row]!] = row + 1;
    }
    if (!isCompared) continue;
    const place = lastAt[items[test]!]!;
    // Those of the same time are copies, which have a line of their own.
    if (place > start && times !== null && times[place - 1] === times[test]) continue;
    const history = place > Math.max(start, test - before);
    compared++;
    if (history) inHistory++;
    if (training) inTraining++;
    if (history && !training) onlyTest++;
    if (training && !history) onlyTraining++;
  }
  const isCertain = onlyTest - onlyTraining >= CERTAIN * Math.sqrt(onlyTest + onlyTraining);
  if (onlyTest === 0 || !isCertain || onlyTest < 3 * onlyTraining) return null;
  return {
    level: 'leak',
    code: 'data/target-in-history',
    message:
      `The first test item of ${percent(inHistory / compared)} of the users is in their history, but the last training item only of ${percent(inTraining / compared)} in what comes before it: ` +
      'test seems to be part of training. Leave such rows out of training, or set `duplicates` to `keepFirst`.',
  };
}

/** Training interactions of a user that are later than held-out ones of the same user. Whoever takes a random split wants them. */
function laterTraining({ dataset }: Looked): DatasetCheck | null {
  const { numUsers, offsets, trainEnd, order, split } = dataset;
  if (order === null) return null;
  let users = 0;
  for (let user = 0; user < numUsers; user++) {
    const [start, cut, end] = [offsets[user]!, trainEnd[user]!, offsets[user + 1]!];
    // Each part is in order of time: the newest of training is its last. Held-out ones are two parts.
    if (cut > start && order.subarray(cut, end).some((place) => place < order[cut - 1]!)) users++;
  }
  if (users === 0 || users < LEAKED_FROM * numUsers) return null;
  const isGiven = GIVEN.includes(split.type);
  const ofOrder =
    isGiven || split.type === 'randomRatio'
      ? 'The splits `leaveOneOut`, `lastN`, `ratio` and `temporal` hold out what comes last.'
      : 'The rows of different impressions are mixed in time, and an impression is held out as a whole, by the time of its newest row. ' +
        'Check the times, and the column of impressions.';
  return {
    level: isGiven ? 'leak' : 'warning',
    code: 'data/later-training',
    message:
      `${countOfAll(users, numUsers, 'user', ['has', 'have'])} training interactions that are later than held-out ones of the same user: ` +
      `a model learns from what comes after what it is tested on. ${ofOrder}`,
  };
}

/** Parts that are given as past and future, with a few training interactions of the future. */
function trainingAfterTest({ dataset, inTime, isTest, isTraining }: Looked): DatasetCheck | null {
  const { times, items, offsets } = inTime;
  if (times === null || !GIVEN.includes(dataset.split.type)) return null;
  // A few test rows may have wrong times.
  const ofTest = times.filter((_, row) => isTest[row] === 1).sort();
  const begin = ofTest[Math.floor(ofTest.length / 100)]!;
  let [training, after, leaked] = [0, 0, 0];
  const firstMet = new Float64Array(dataset.numItems + 1).fill(Infinity);
  const isLeaked = new Uint8Array(dataset.numItems + 1);
  for (let user = 0; user < dataset.numUsers; user++) {
    let tested = Infinity;
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++)
      if (isTest[row] === 1) tested = Math.min(tested, times[row]!);
    for (let row = offsets[user]!; row < offsets[user + 1]!; row++) {
      const [time, item] = [times[row]!, items[row]!];
      firstMet[item] = Math.min(firstMet[item]!, time);
      if (isTraining[row] === 0) continue;
      training++;
      if (time < begin) continue;
      after++;
      // Where each user's last ones are held out, this is what comes before them.
      if (tested !== Infinity && time <= tested) continue;
      leaked++;
      isLeaked[item] = 1;
    }
  }
  if (leaked === 0 || leaked < LEAKED_FROM * training || after > MOSTLY_BEFORE * training) return null;
  const numNew = isLeaked.reduce(
    (sum, one, item) => sum + (one === 1 && firstMet[item]! >= begin ? 1 : 0),
    0,
  );
  const ofNew = numNew === 0 ? '' : `, among them the first of ${countOf(numNew, 'new item')}`;
  return {
    level: 'leak',
    code: 'data/training-after-test',
    message:
      `${countOf(leaked, 'training interaction')} (${percent(leaked / training)}) ${leaked === 1 ? 'is' : 'are'} later than the beginning of test, ${dateText(begin)}${ofNew}; nearly all others are earlier: ` +
      'a model learns what is yet to come. Move them out of training, or let the split `temporal` cut the data.',
  };
}

/** Users whose test items another order of simultaneous interactions would change. */
function tiesThatDecide({ dataset, inTime, isTest }: Looked): DatasetCheck | null {
  const { times, items } = inTime;
  const { split, numUsers, offsets, validationEnd } = dataset;
  if (times === null || !LAST_OF_EACH_USER.includes(split.type)) return null;
  let decided = 0;
  let changed = 0;
  forRuns(
    dataset,
    (a, b) => times[a] === times[b],
    (from, to) => {
      let inTest = 0;
      let isOneItem = true;
      for (let row = from; row < to; row++) {
        inTest += isTest[row]!;
        if (items[row] !== items[from]) isOneItem = false;
      }
      if (isOneItem || inTest === 0 || inTest === to - from) return;
      decided++;
      changed += 1 - 1 / combinations(to - from, inTest);
    },
  );
  let tested = 0;
  for (let user = 0; user < numUsers; user++) if (validationEnd[user]! < offsets[user + 1]!) tested++;
  if (decided <= MANY_TIES * tested) return null;
  return {
    level: 'warning',
    code: 'data/ties-decide',
    message:
      `The test items of ${percent(decided / tested)} of the users are drawn from interactions of the same time: ` +
      `another order of them, such as that of the file, changes the test items of ${percent(changed / tested)}. ` +
      'The order is the same for all seeds. The split `temporal` keeps interactions of one time together.',
  };
}

function coldTargets({ dataset, inTime, isTest, isTraining }: Looked): DatasetCheck | null {
  const inTraining = new Uint8Array(dataset.numItems + 1);
  for (const [row, item] of inTime.items.entries()) if (isTraining[row] === 1) inTraining[item] = 1;
  let cold = 0;
  for (const [row, item] of inTime.items.entries()) if (isTest[row] === 1 && inTraining[item] === 0) cold++;
  const all = numTestOf(isTest);
  if (cold <= MANY_COLD * all) return null;
  const drop = [...GIVEN, 'temporal'].includes(dataset.split.type)
    ? '`coldItems: "drop"` in `dataset.split` leaves them out, or'
    : '`minItemInteractions` leaves rare items out, and';
  return {
    level: 'warning',
    code: 'data/cold-targets',
    message:
      `${percent(cold / all)} of the test interactions are of items that are first seen after training: a model that knows items by their ids cannot recommend them. ` +
      `${drop} models with item features rank new items.`,
  };
}

/** How much of training is in the future of a test item: of other users, where each user's last interactions are held out. */
function timeOrderNote({ dataset, inTime, isTest, isTraining }: Looked): DatasetCheck | null {
  const { times } = inTime;
  const { split } = dataset;
  if (times === null || (!LAST_OF_EACH_USER.includes(split.type) && split.type !== 'randomRatio'))
    return null;
  let [first, last] = [Infinity, -Infinity];
  for (const time of times) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  const bins = 4096;
  const binOf = (time: number): number =>
    last === first ? 0 : Math.floor(((time - first) / (last - first)) * (bins - 1));
  const test = new Float64Array(bins);
  const training = new Float64Array(bins);
  times.forEach((time, row) => {
    if (isTest[row] === 1) test[binOf(time)]!++;
    else if (isTraining[row] === 1) training[binOf(time)]!++;
  });
  let [before, later, all] = [0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    later += training[bin]! * before;
    before += test[bin]!;
    all += training[bin]!;
  }
  const share = later / (before * all);
  if (!(share > 0)) return null;
  return {
    level: 'note',
    code: 'data/time-order',
    message:
      `On average, ${percent(share)} of the training interactions are later than a test interaction, as they are other users’: ${split.text} does not order users in time. ` +
      'The split `temporal` tests on the future of all users.',
  };
}

/** Calls `onRun` with each stretch of two or more neighbors of one user, in order of time, that belong together. */
function forRuns(
  { numUsers, offsets }: PreparedDataset,
  belong: (a: number, b: number) => boolean,
  onRun: (from: number, to: number) => void,
): void {
  for (let user = 0; user < numUsers; user++) {
    const end = offsets[user + 1]!;
    for (let from = offsets[user]!; from < end;) {
      let to = from + 1;
      while (to < end && belong(from, to)) to++;
      if (to - from > 1) onRun(from, to);
      from = to;
    }
  }
}

function numTestOf(isTest: Uint8Array): number {
  return isTest.reduce((sum, one) => sum + one, 0);
}

/** How many sets of so many there are; of more than can be told apart from infinitely many, infinitely many. */
function combinations(of: number, count: number): number {
  let number = 1;
  for (let taken = 0; taken < Math.min(count, of - count) && number < 1e12; taken++)
    number *= (of - taken) / (taken + 1);
  return number;
}
