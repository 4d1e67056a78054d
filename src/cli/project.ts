import path from 'node:path';
import { startInspector } from '../process/inspector';
import { DEFAULT_SEED } from '../protocol/defaultSeed';
import type { CheckpointSource } from '../protocol/inspection';
import {
  PROJECTION_FORMATS,
  type EmbeddingTable,
  type ProjectionFormat,
  type ProjectionInspector,
  type UmapLayoutResult,
  type UmapRequest,
} from '../protocol/projection';
import { formatCount, formatPercent } from '../series/format';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { exitOnSignals } from './exitOnSignals';
import { numberOf } from './numberOf';
import { oneOf } from './oneOf';
import { outputTarget } from './outputTarget';
import { showTask } from './showTask';
import { notes, output, printJson } from './terminal';
import { UsageError } from './usageError';
import { findRun, trainerOptions } from './workspace';

const METHODS = ['pca', 'umap', 'none'] as const;
type Method = (typeof METHODS)[number];
const TASK = 'project';
/** All rows: a file has room for them. */
const EVERYTHING = { maxPoints: Number.MAX_SAFE_INTEGER, seed: 0 };
const ENDINGS = { csv: '.csv', npy: '.npy', tensorboard: '' } as const;

/** What is projected, and how it was done. */
interface Projection {
  /** `[rows, dimensions]`; null where the vectors themselves are written. */
  coordinates: Float32Array | null;
  /** For `--json`. */
  facts: object;
  /** For people. */
  told: string;
}

/** `recsight project <run>`: lays out the vectors that a model learned, and writes them with what is known of each. */
export async function project(runName: string, options: CliOptions): Promise<number> {
  exitOnSignals();
  const run = await findRun(runName, options.runs);
  await agreeToCode(run, options);
  const method = oneOf('--method', options.method ?? 'pca', METHODS);
  const format = formatOf(options);
  const source = { run: run.path, checkpoint: options.checkpoint ?? 'best' };
  const position = numberOf('--position', options.position);
  const layout = layoutOf(options);
  const inspector = startInspector(await trainerOptions(), {
    progress: (_, progress) => showTask(progress),
    notice: (message) => notes.print(`${message}\n`),
  });
  try {
    const tables = await inspector.calls.embeddingTables(source);
    await inspector.calls.checkSources();
    if (options.list === true) return listTables(tables, options);
    const table = options.table ?? defaultTable(tables);
    const embedding = { ...source, table, ...(position !== undefined && { position }) };
    // TensorBoard projects by itself.
    const projection =
      format === 'tensorboard' ? NOT_PROJECTED : await projectBy(method, inspector.calls, embedding, layout);
    notes.clear();
    const stem = `${run.id}-${table.replaceAll('/', '-')}`;
    const name = options.output ?? `${stem}${ENDINGS[format]}`;
    const target = await outputTarget(name, { isBinary: format === 'npy', json: options.json });
    if (target.isStream && format === 'tensorboard')
      throw new UsageError(
        `TensorBoard needs two files side by side, so \`--output\` must name a file. ${name} is a stream.`,
      );
    const { coordinates } = projection;
    const { dimensions } = layout;
    const request = { source: embedding, rows: null, format, coordinates, dimensions };
    const files = await target.fill((file) => inspector.calls.exportTable({ ...request, output: file }));
    const { numRows, width } = tables.find((one) => one.name === table)!;
    if (options.json === true) {
      const { checkpoint } = source;
      const report = { table, checkpoint, rows: numRows, width, format, ...projection.facts, files };
      printJson(report);
    } else {
      target.told.print(
        `Wrote ${formatCount(numRows)} rows of \`${table}\` (${width} values, ${source.checkpoint})${projection.told} to ${target.describe(files)}.\n`,
      );
    }
    return 0;
  } finally {
    notes.clear();
    inspector.close();
  }
}

const NOT_PROJECTED: Projection = { coordinates: null, facts: {}, told: '' };

async function projectBy(
  method: Method,
  calls: Pick<ProjectionInspector, 'pca' | 'umap'>,
  source: CheckpointSource & { table: string },
  layout: UmapRequest,
): Promise<Projection> {
  const { dimensions } = layout;
  if (method === 'none') return NOT_PROJECTED;
  if (method === 'pca') {
    const components = Array.from({ length: dimensions }, (_, component) => component);
    const { coordinates, explained } = await calls.pca(source, EVERYTHING, { components });
    const shares = [...explained.subarray(0, dimensions)];
    const told = shares.map(formatPercent).join(' and ');
    return {
      coordinates,
      facts: { method, dimensions, explained: shares },
      told: ` by PCA, whose components explain ${told}`,
    };
  }
  const { coordinates, ...quality } = await calls.umap(source, EVERYTHING, layout, TASK);
  return { coordinates, facts: { method, ...layout, ...quality }, told: ` by UMAP, ${toldOf(quality)}` };
}

function toldOf({
  cached,
  seconds,
  trustworthiness,
  continuity,
}: Omit<UmapLayoutResult, 'coordinates'>): string {
  const made = cached ? 'loaded from the run' : `in ${seconds.toFixed(1)} s`;
  return `${made} (trustworthiness ${trustworthiness.toFixed(3)}, continuity ${continuity.toFixed(3)})`;
}

function listTables(tables: readonly EmbeddingTable[], { json }: CliOptions): number {
  if (json === true) {
    printJson({ tables });
    return 0;
  }
  const length = Math.max(...tables.map(({ name }) => name.length));
  for (const { name, label, rows, numRows, width, maxPosition } of tables) {
    const positions = maxPosition === null ? '' : `, --position 0 to ${maxPosition}`;
    output.print(
      `${name.padEnd(length)}  ${label}: ${formatCount(numRows)} ${rows} of ${width} values${positions}\n`,
    );
  }
  return 0;
}

/** The vectors that people ask for first: those of items. */
function defaultTable(tables: readonly EmbeddingTable[]): string {
  const table = tables.find(({ rows }) => rows === 'items') ?? tables[0];
  if (table === undefined) throw new UsageError('This model has no embedding tables.');
  return table.name;
}

/** What `--format` says, else what the name of the file ends in. */
function formatOf({ format, output }: CliOptions): ProjectionFormat {
  if (format !== undefined) return oneOf('--format', format, PROJECTION_FORMATS);
  const ending = path.extname(output ?? '').toLowerCase();
  return ending === '.tsv' ? 'tensorboard' : ending === '.npy' ? 'npy' : 'csv';
}

/** What the flags say of the layout, `--dimensions` for PCA as well. */
function layoutOf(options: CliOptions): UmapRequest {
  return {
    dimensions: oneOf('--dimensions', options.dimensions ?? '2', ['2', '3'] as const) === '3' ? 3 : 2,
    numNeighbors: numberOf('--neighbors', options.neighbors) ?? 15,
    minDistance: numberOf('--min-distance', options['min-distance']) ?? 0.1,
    metric: oneOf('--metric', String(options.metric ?? 'cosine'), ['cosine', 'euclidean'] as const),
    epochs: null,
    seed: numberOf('--seed', options.seed) ?? DEFAULT_SEED,
  };
}
