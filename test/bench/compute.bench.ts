import { cpus } from 'node:os';
import { engineCommand, readOptions, startTorch, temporaryFolder } from './options';
import { Participant, Unavailable } from './participant';
import type { Block } from './protocol';
import { formatTable, hundredth, median, tenth } from './report';

/*
 * How long a training step, or an evaluation, takes: on each engine of ours and, with `--peer torch,torch-compiled`, in PyTorch.
 * docs/performance.md has the protocol.
 */

/** Steps that each side takes before its turn is over. */
const BLOCK = 5;
/** Seconds after which its turn is over in any case, so that a slow engine does not keep the others waiting. */
const LONGEST_TURN = 3;
/** The same for the steps that warm up: several are needed to compare losses. */
const LONGEST_WARM_UP = 180;
/** The same weights and batches give losses this near to each other, as a share. */
const LOSS_TOLERANCE = 1e-3;
/** Shares of the processor time from which a measurement deserves a warning. */
const DISTURBANCE = 0.03;

interface Row {
  work: string;
  engine: string;
  device: string;
  threads: number;
  /** Steps measured. */
  steps: number;
  ms: number;
  fastestMs: number;
  /** What it is compared with. */
  peer: string | null;
  peerMs: number | null;
  peerFastestMs: number | null;
  /** Processor time of all threads per step, which depends less on what else the machine does: of the block that took least. */
  processorMs: number;
  peerProcessorMs: number | null;
  /** The peer's time by ours; null without a peer, and when both did not compute the same. */
  ratio: number | null;
  /** Share of the machine that other processes took meanwhile. */
  others: number;
  /** The largest difference to the peer's loss over the first steps, as a share of it. */
  lossDifference: number | null;
}

/** What one side did: the first block, which warms up and is compared, and the blocks that count. */
interface Timing {
  participant: Participant;
  first: Block;
  blocks: Block[];
}

interface Measurement {
  timings: Timing[];
  others: number;
}

const options = readOptions();
const warnings = new Set<string>();
const rows: Row[] = [];
for (const work of options.works) rows.push(...(await measure(work)));

const header = ['work', 'engine', 'threads', 'ms', 'fastest', 'steps'];
if (options.peers.length > 0) header.push('next to', 'ms', 'fastest', 'ratio', 'loss differs by');
const cells = (row: Row): string[] => [
  row.work,
  row.engine,
  String(row.threads),
  row.ms.toFixed(1),
  row.fastestMs.toFixed(1),
  String(row.steps),
  ...(options.peers.length > 0
    ? [
        row.peer ?? '',
        row.peerMs?.toFixed(1) ?? '',
        row.peerFastestMs?.toFixed(1) ?? '',
        row.ratio?.toFixed(2) ?? '–',
        row.lossDifference?.toExponential(0) ?? '',
      ]
    : []),
];
console.log(formatTable(header, rows.map(cells), options.markdown));
for (const warning of warnings) console.log(`! ${warning}`);
console.log(JSON.stringify({ rows }));
if (rows.length === 0) process.exitCode = 1;

/** Times one work on all engines asked for, in one run. */
async function measure(work: string): Promise<Row[]> {
  const participants: Participant[] = [];
  try {
    for (const engine of options.engines) {
      try {
        participants.push(await Participant.start(engineCommand(engine, work, options)));
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        warnings.add(`${engine} is left out. ${error.message}`);
      }
    }
    const [first] = participants;
    if (first === undefined) return [];
    if (options.peers.length > 0) {
      const folder = temporaryFolder();
      await first.export(folder);
      for (const peer of options.peers) participants.push(await startTorch(peer, folder, work, options));
    }
    console.error(`${work}: ${participants.map(({ name, device }) => `${name} (${device})`).join(', ')} …`);
    const { timings, others } = await alternate(work, participants);
    const own = timings.slice(0, timings.length - options.peers.length);
    const peers = options.peers.length > 0 ? timings.slice(own.length) : [null];
    return peers.flatMap((peer) =>
      own.map((timing) => ({ ...toRow(work, timing, peer), others: hundredth(others) })),
    );
  } finally {
    await Promise.all(participants.map((participant) => participant.stop()));
  }
}

/** All sides take turns, so that what else happens on the machine happens to all of them. */
async function alternate(work: string, participants: Participant[]): Promise<Measurement> {
  const timings: Timing[] = [];
  for (const participant of participants)
    timings.push({ participant, first: await participant.run(BLOCK, LONGEST_WARM_UP), blocks: [] });

  const started = performance.now();
  const before = machineMs();
  const ownBefore = process.cpuUsage();
  for (let round = 0; round < Math.ceil(options.steps / BLOCK); round++)
    for (const { participant, blocks } of timings) blocks.push(await participant.run(BLOCK, LONGEST_TURN));
  const elapsed = performance.now() - started;
  const own = process.cpuUsage(ownBefore);

  const used = sum(
    timings.flatMap(({ blocks }) => blocks.map((block) => block.processorMs + block.idleProcessorMs)),
  );
  const othersMs = machineMs() - before - used - (own.user + own.system) / 1000;
  const others = Math.max(0, othersMs / (elapsed * cpus().length));
  if (others > DISTURBANCE)
    warnings.add(
      `${work}: other processes took ${percent(others)} of the machine meanwhile. Measure again when it is quiet.`,
    );
  for (const { participant, blocks } of timings) {
    const idleMs = elapsed - sum(blocks.flatMap(({ ms }) => ms));
    const idleShare = sum(blocks.map((block) => block.idleProcessorMs)) / idleMs;
    if (idleShare > DISTURBANCE)
      warnings.add(`${work}: ${participant.name} computed for ${percent(idleShare)} of the others' time.`);
  }
  return { timings, others };
}

function toRow(
  work: string,
  { participant, first, blocks }: Timing,
  peer: Timing | null,
): Omit<Row, 'others'> {
  const { name, device, threads } = participant;
  const times = blocks.flatMap(({ ms }) => ms);
  const peerTimes = peer?.blocks.flatMap(({ ms }) => ms) ?? null;
  const lossDifference = peer === null ? null : largestDifference(first.losses, peer.first.losses);
  const agrees = lossDifference !== null && lossDifference <= LOSS_TOLERANCE;
  if (peer !== null && !agrees) {
    const [ours, theirs] = [first, peer.first].map(({ losses }) =>
      losses.map((loss) => loss.toPrecision(6)).join(' '),
    );
    warnings.add(
      `${work}: ${name} does not compute what ${peer.participant.name} does. The losses are ${ours} and ${theirs}.`,
    );
    process.exitCode = 1;
  }
  return {
    work,
    engine: name,
    device,
    threads,
    steps: times.length,
    ms: tenth(median(times)),
    fastestMs: tenth(Math.min(...times)),
    peer: peer?.participant.name ?? null,
    peerMs: peerTimes && tenth(median(peerTimes)),
    peerFastestMs: peerTimes && tenth(Math.min(...peerTimes)),
    processorMs: processorMsOf(blocks),
    peerProcessorMs: peer && processorMsOf(peer.blocks),
    ratio: peerTimes && agrees ? hundredth(median(peerTimes) / median(times)) : null,
    lossDifference,
  };
}

function processorMsOf(blocks: readonly Block[]): number {
  return tenth(Math.min(...blocks.map(({ processorMs, ms }) => processorMs / ms.length)));
}

/** Over the steps that both took. NaN counts as infinitely far. */
function largestDifference(losses: number[], expected: number[]): number {
  const differences = losses
    .slice(0, expected.length)
    .map((loss, step) => Math.abs(loss - expected[step]!) / Math.abs(expected[step]!));
  return differences.some(Number.isNaN) ? Infinity : Math.max(...differences);
}

/** Processor time that all processes of the machine have used. */
function machineMs(): number {
  return sum(cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
