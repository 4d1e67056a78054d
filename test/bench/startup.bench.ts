import { engineCommand, readOptions, startTorch, temporaryFolder } from './options';
import { Participant, Unavailable } from './participant';
import { formatTable, hundredth, median, tenth } from './report';

/*
 * How long it takes from the start of a process to the end of its first training step: Node.js, the bundle, the engine, the
 * model and a step of the benchmark's SASRec. With `--peer torch`, the same in Python.
 */

const STARTS = 7;
const WORK = 'sasrec';

const options = readOptions();
const notes: string[] = [];
const rows: {
  work: string;
  engine: string;
  threads: number;
  ms: number;
  peerMs: number | null;
  ratio: number | null;
}[] = [];
let peerMs: number | null = null;
for (const engine of options.engines) {
  const start = () => Participant.start(engineCommand(engine, WORK, options));
  try {
    const { ms, threads } = await firstStep(start);
    if (options.peers.length > 0) peerMs ??= await peerFirstStep(start);
    const ratio = peerMs === null ? null : hundredth(peerMs / ms);
    rows.push({ work: 'startup', engine, threads, ms: tenth(ms), peerMs: peerMs && tenth(peerMs), ratio });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    notes.push(`! ${engine} is left out. ${error.message}`);
  }
}
const cells = rows.map((row) => [
  row.work,
  row.engine,
  String(row.threads),
  row.ms.toFixed(0),
  ...(options.peers.length > 0 ? [row.peerMs?.toFixed(0) ?? '', row.ratio?.toFixed(2) ?? '–'] : []),
]);
const header = [
  'work',
  'engine',
  'threads',
  'ms',
  ...(options.peers.length > 0 ? ['PyTorch ms', 'ratio'] : []),
];
console.log(formatTable(header, cells, options.markdown));
for (const note of notes) console.log(note);
console.log(JSON.stringify({ rows }));
if (rows.length === 0) process.exitCode = 1;

/** Median over some starts. */
async function firstStep(start: () => Promise<Participant>): Promise<{ ms: number; threads: number }> {
  const times: number[] = [];
  let threads = 0;
  for (let count = 0; count < STARTS; count++) {
    const started = performance.now();
    const participant = await start();
    await participant.run(1, 0);
    times.push(performance.now() - started);
    threads = participant.threads;
    await participant.stop();
  }
  return { ms: median(times), threads };
}

async function peerFirstStep(startEngine: () => Promise<Participant>): Promise<number> {
  const folder = temporaryFolder();
  const exporter = await startEngine();
  await exporter.export(folder);
  await exporter.stop();
  return (await firstStep(() => startTorch('torch', folder, WORK, options))).ms;
}
