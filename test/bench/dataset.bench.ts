import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configSchema } from '../../src/config/schema';
import { sqlString, withDuckDb } from '../../src/dataset/duckDb';
import { prepareDataset } from '../../src/dataset/prepareDataset';

/*
 * How long a large CSV file takes to prepare, and how much memory. By itself:
 *   npx esbuild test/bench/dataset.bench.ts --bundle --platform=node --format=esm --packages=external | node --input-type=module -
 * `-- --rows N` after the last dash takes another size than 10 million.
 */

const limits = { seconds: 60, peakRssMB: 2048 };
const { values } = parseArgs({
  options: { rows: { type: 'string' }, work: { type: 'string' } },
  strict: false,
});
const numRows = Number(values.rows ?? 10_000_000);
const folder = await mkdtemp(join(tmpdir(), 'recsight-bench-'));
const cacheDirectory = join(folder, 'cache');

try {
  // 50 interactions per user, items by a power law, times in no order: nothing is sorted for us beforehand.
  const rows = `
    SELECT 'u' || lpad(CAST(hash(i) % ${Math.ceil(numRows / 50)} AS VARCHAR), 7, '0') AS user_id,
           'tt' || lpad(CAST(CAST(floor(pow((hash(i * 7 + 1) % 1000003) / 1000003, 3) * 50000) AS BIGINT) AS VARCHAR), 7, '0') AS item_id,
           1 + hash(i * 3) % 5 AS rating,
           1300000000 + hash(i + 5) % 100000000 AS timestamp
    FROM range(${numRows}) t(i)`;
  await withDuckDb({ cacheDirectory, threads: 2 }, (connection) =>
    connection.run(`COPY (${rows}) TO ${sqlString(join(folder, 'interactions.csv'))} (HEADER)`),
  );

  const config = configSchema.shape.dataset.parse({
    path: 'interactions.csv',
    columns: { rating: 'rating' },
    minRating: 2,
    minUserInteractions: 5,
    minItemInteractions: 5,
  });
  const options = { baseDirectory: folder, cacheDirectory, seed: 42, threads: 2 };
  const cpuBefore = process.cpuUsage();
  const { report, seconds } = await prepareDataset(config, options);
  const cpu = process.cpuUsage(cpuBefore);
  const peakRssMB = Math.round(process.resourceUsage().maxRSS / 1024);
  const again = await prepareDataset(config, options);

  const result = {
    work: 'dataset',
    rows: numRows,
    seconds: round(seconds),
    cpuSeconds: round((cpu.user + cpu.system) / 1e6),
    cachedSeconds: round(again.seconds),
    peakRssMB,
  };
  console.log(
    `${report.interactions.toLocaleString('en')} interactions left of ${numRows.toLocaleString('en')} rows, 2 threads`,
  );
  console.log(
    `prepare     ${result.seconds.toFixed(1).padStart(8)} s   (limit ${limits.seconds} s; processor time ${result.cpuSeconds.toFixed(1)} s)`,
  );
  console.log(`from cache  ${result.cachedSeconds.toFixed(1).padStart(8)} s`);
  console.log(`peak memory ${String(peakRssMB).padStart(8)} MB  (limit ${limits.peakRssMB} MB)`);
  console.log(JSON.stringify({ rows: [result] }));
  if (seconds > limits.seconds || peakRssMB > limits.peakRssMB) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
