import { parseArgs } from 'node:util';
import { RandomStream } from '../../src/compute/random';
import { rankByScores } from '../../src/inference/rankByScores';
import type { Baseline, TrainingSequences } from '../../src/model/baseline';
import { fitBaseline } from '../../src/model/createModel';
import { BASELINE_MODELS, typeOf } from '../../src/model/models';

/*
 * How long baselines take at the size of MovieLens-20M, and how much memory: to fit, and to rank one held-out item of each user of a batch
 * with the lists of an evaluation. One at a time, since the peak is that of the process:
 *   npm run bench -- --work itemKnn20m
 */

const SIZES = { users: 138_493, items: 26_744, interactions: 20_000_263 };
/** Users that are ranked where a baseline does not say how many at once are best. */
const BATCH = 256;

const WORKS: Record<string, { type: string; numNeighbors?: number }> = {
  popularity20m: { type: 'popularity' },
  markov20m: { type: 'markov' },
  itemKnn20m: { type: 'itemKnn' },
  itemKnn100of20m: { type: 'itemKnn', numNeighbors: 100 },
};

const { values } = parseArgs({ options: { work: { type: 'string' } }, strict: false });
const sequences = generated();
const rows = [];
for (const name of String(values.work).split(',')) {
  const options = WORKS[name]!;
  const description = BASELINE_MODELS.find((known) => typeOf(known) === options.type)!;
  const config = description.options.parse(options);
  const before = process.cpuUsage();
  const baseline = await fitBaseline(config, sequences, 1);
  const fitSeconds = cpuSecondsSince(before);
  const fitPeakMB = peakMB();
  const batchSize = Math.floor((baseline.batchScores ?? BATCH * SIZES.items) / SIZES.items);
  const batches = Math.ceil(SIZES.users / batchSize);
  // The first looks for what later ones find.
  const first = await rank(baseline, 0, batchSize);
  const later = await rank(baseline, batchSize, batchSize);
  const row = {
    work: name,
    fitSeconds: round(fitSeconds),
    fitPeakMB,
    batchSize,
    firstBatchSeconds: round(first),
    batchSeconds: round(later),
    allUsersSeconds: Math.round(first + (batches - 1) * later),
    peakMB: peakMB(),
  };
  rows.push(row);
  console.log(
    `${name.padEnd(16)} fit ${row.fitSeconds} s, ${fitPeakMB} MB; ranking ${batchSize.toLocaleString('en')} users ${row.firstBatchSeconds} s, ` +
      `then ${row.batchSeconds} s; extrapolated to all ${row.allUsersSeconds.toLocaleString('en')} s; peak ${row.peakMB} MB`,
  );
}
console.log(JSON.stringify({ rows }));

async function rank(baseline: Baseline, from: number, count: number): Promise<number> {
  const before = process.cpuUsage();
  const users = Array.from({ length: count }, (_, place) => from + place);
  const { offsets, ends, items, numItems } = sequences;
  await rankByScores(baseline).rank({
    users,
    histories: users.map((user) => items.subarray(offsets[user], ends[user])),
    targetOffsets: Uint32Array.from({ length: count + 1 }, (_, place) => place),
    targets: Uint32Array.from(users, (user) => items[ends[user]!]!),
    ...{ numItems, filterSeen: true, negatives: null, listLength: 20 },
  });
  return cpuSecondsSince(before);
}

/** Users with 20 interactions and more, 144 on average; items by a power law, the first one met by about half of the users. */
function generated(): TrainingSequences {
  const random = new RandomStream(1);
  const lengths = Uint32Array.from({ length: SIZES.users }, () =>
    Math.min(9_254, Math.floor(20 / Math.max(1e-3, 1 - random.nextFloat()) ** 0.75)),
  );
  const drawn = lengths.reduce((sum, length) => sum + length, 0);
  lengths.forEach(
    (length, user) => (lengths[user] = Math.max(20, Math.round((length * SIZES.interactions) / drawn))),
  );
  lengths[0]! += Math.max(0, SIZES.interactions - lengths.reduce((sum, length) => sum + length, 0));
  const offsets = new Uint32Array(SIZES.users + 1);
  lengths.forEach((length, user) => (offsets[user + 1] = offsets[user]! + length));
  const items = new Uint32Array(offsets.at(-1)!);
  const metBy = new Uint32Array(SIZES.items + 1);
  for (let user = 0; user < SIZES.users; user++) {
    for (let row = offsets[user]!; row < offsets[user + 1]!;) {
      const item = 1 + Math.floor(SIZES.items * random.nextFloat() ** 2);
      if (metBy[item] === user + 1) continue;
      metBy[item] = user + 1;
      items[row++] = item;
    }
  }
  console.log(
    `${items.length.toLocaleString('en')} interactions of ${SIZES.users.toLocaleString('en')} users`,
  );
  // The last of each is held out.
  return {
    numItems: SIZES.items,
    offsets,
    ends: Uint32Array.from(lengths, (length, user) => offsets[user]! + length - 1),
    items,
  };
}

/** Processor time: baselines compute on one thread, and other processes may be busy. */
function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function peakMB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
