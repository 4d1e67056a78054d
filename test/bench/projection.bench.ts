import path from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { UMAP } from 'umap-js';
import { rowOf } from '../../src/analysis/table';
import { continuity, trustworthiness, type Space } from '../../src/analysis/trustworthiness';
import { umap } from '../../src/analysis/umap';
import { BACKEND_NAMES } from '../../src/compute/backends/backend';
import { startOnly } from '../../src/compute/engine';
import { RandomStream } from '../../src/compute/random';
import { formatTable, tenth } from './report';
import { sampleItems } from './sampleItems';

/*
 * How long UMAP takes from a table of 64 columns to a layout, and how far to trust it. `--points N,…` takes other sizes than
 * 20,000; 0 takes none. The limits are for two cores that have nothing else to do. Then the item vectors of a sample are laid
 * out by it and by umap-js, whose layout is to be no more than 0.01 better.
 */

const WIDTH = 64;
const CENTRES = 100;
/** Rows that are asked how well their neighbors were kept. */
const SAMPLE = 500;
const NEIGHBORS = 15;
const SECONDS_ALLOWED: Readonly<Record<number, number>> = { 20_000: 15, 100_000: 120 };

/** By so much a layout of umap-js may be better. */
const TOLERANCE = 0.01;

const { values: flags } = parseArgs({
  options: {
    points: { type: 'string', default: '20000' },
    engine: { type: 'string', default: 'native' },
    threads: { type: 'string', default: '2' },
    markdown: { type: 'boolean', default: false },
  },
  strict: false,
});
const threads = Number(flags.threads);
const engine = BACKEND_NAMES.find((name) => name === String(flags.engine).split(',')[0]) ?? 'native';
const assets = path.resolve('src/compute/kernels/built');
await startOnly(engine, {
  assets,
  searchPaths: [process.cwd()],
  threads,
  onWarning: (warning) => console.error(warning),
});
await tf.setBackend(engine);

const rows = [];
for (const size of String(flags.points).split(','))
  if (Number(size) > 0) rows.push(await measure(Number(size)));
console.log(
  formatTable(
    [
      'points',
      'engine',
      'threads',
      'neighbors s',
      'layout s',
      'total s',
      'processor s',
      'recall',
      'trustworthiness',
      'continuity',
    ],
    rows.map((row) => [
      String(row.points),
      row.engine,
      String(row.threads),
      row.neighborSeconds.toFixed(1),
      row.layoutSeconds.toFixed(1),
      row.seconds.toFixed(1),
      row.processorSeconds.toFixed(1),
      row.recall.toFixed(3),
      row.trustworthiness.toFixed(4),
      row.continuity.toFixed(4),
    ]),
    flags.markdown === true,
  ),
);
for (const { points, seconds } of rows) {
  const allowed = SECONDS_ALLOWED[points];
  if (allowed === undefined || seconds <= allowed) continue;
  console.log(`! ${points} points took longer than ${allowed} s.`);
  process.exitCode = 1;
}
const compared = await compareWithUmapJs();
console.log(
  formatTable(
    ['sample items', 'seconds', 'trustworthiness', 'continuity'],
    compared.map((row) => [
      row.implementation,
      row.seconds.toFixed(1),
      row.trustworthiness.toFixed(4),
      row.continuity.toFixed(4),
    ]),
    flags.markdown === true,
  ),
);
const [ours, theirs] = compared;
for (const measure of ['trustworthiness', 'continuity'] as const) {
  if (ours[measure] >= theirs[measure] - TOLERANCE) continue;
  console.log(`! Our ${measure} is more than ${TOLERANCE} below that of umap-js.`);
  process.exitCode = 1;
}
console.log(JSON.stringify({ rows: [...rows, ...compared] }));
// Threads of an engine must not keep the process alive.
process.exit();

async function measure(numRows: number) {
  const values = drawValues(numRows);
  const points = { values, numRows, width: WIDTH };
  const before = process.cpuUsage();
  const { layout, neighbors, seconds } = await umap(points, { seed: 1, metric: 'cosine', dimensions: 2 });
  const { user, system } = process.cpuUsage(before);
  const sample = Int32Array.from({ length: SAMPLE }, (_, index) => Math.floor((index * numRows) / SAMPLE));
  const original: Space = { points, metric: 'cosine' };
  const projection: Space = { points: layout, metric: 'euclidean' };
  return {
    work: 'projection',
    points: numRows,
    engine,
    threads,
    neighborSeconds: tenth(seconds.neighbors),
    layoutSeconds: tenth(seconds.graph + seconds.layout),
    seconds: tenth(seconds.neighbors + seconds.graph + seconds.layout),
    processorSeconds: tenth((user + system) / 1e6),
    recall: neighbors!.recall,
    trustworthiness: trustworthiness(original, projection, NEIGHBORS, sample),
    continuity: continuity(original, projection, NEIGHBORS, sample),
  };
}

/** The item vectors of a sample, laid out by both with the same parameters and as many epochs, and measured on all rows. */
async function compareWithUmapJs() {
  const points = await sampleItems();
  const original: Space = { points, metric: 'cosine' };
  const measured = (implementation: string, values: Float32Array, started: number) => {
    const seconds = tenth((performance.now() - started) / 1000);
    const projection: Space = { points: { values, numRows: points.numRows, width: 2 }, metric: 'euclidean' };
    return {
      ...{ work: 'projection', sample: 'movietweetings', points: points.numRows, implementation, seconds },
      trustworthiness: trustworthiness(original, projection, NEIGHBORS),
      continuity: continuity(original, projection, NEIGHBORS),
    };
  };
  let started = performance.now();
  const { layout, epochs } = await umap(points, { seed: 1, metric: 'cosine' });
  const ours = measured('ours', layout.values, started);

  started = performance.now();
  const random = new RandomStream(1);
  const reference = new UMAP({
    nEpochs: epochs,
    nNeighbors: NEIGHBORS,
    minDist: 0.1,
    distanceFn: cosineDistance,
    random: () => random.nextFloat(),
  });
  const rowsOfPoints = Array.from({ length: points.numRows }, (_, row) => [...rowOf(points, row)]);
  const theirs = Float32Array.from(reference.fit(rowsOfPoints).flat());
  return [ours, measured('umap-js', theirs, started)] as const;
}

function cosineDistance(a: number[], b: number[]): number {
  let [product, squares, otherSquares] = [0, 0, 0];
  a.forEach((value, axis) => {
    product += value * b[axis]!;
    squares += value ** 2;
    otherSquares += b[axis]! ** 2;
  });
  return squares === 0 || otherSquares === 0 ? 1 : 1 - product / Math.sqrt(squares * otherSquares);
}

/** Clusters of different widths, some of which overlap, as items of a catalog do. */
function drawValues(numRows: number): Float32Array {
  const random = new RandomStream(1);
  const centers = Float32Array.from({ length: CENTRES * WIDTH }, () => random.nextNormal());
  return Float32Array.from({ length: numRows * WIDTH }, (_, index) => {
    const cluster = Math.floor(index / WIDTH) % CENTRES;
    return centers[cluster * WIDTH + (index % WIDTH)]! + (0.3 + cluster / CENTRES) * random.nextNormal();
  });
}
