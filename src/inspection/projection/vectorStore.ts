import { createHash } from 'node:crypto';
import { pca, type Pca } from '../../analysis/pca';
import type { Table } from '../../analysis/table';
import type { CheckpointSource } from '../../protocol/inspection';
import type { EmbeddingSource, EmbeddingTable } from '../../protocol/projection';
import { readState } from '../../runs/checkpointState';
import { embeddingTables, findTable, readTable } from './embeddingTables';
import type { InspectedRuns, OpenRun } from '../inspectedRuns';

/** What tables may take that are kept; the newest two are in any case. */
const KEPT_BYTES = 512 * 1024 * 1024;
const KEPT_ALWAYS = 2;

/** The vectors of a source, and what is known of them. */
export interface VectorTable {
  run: OpenRun;
  description: EmbeddingTable;
  table: Table;
  /** SHA-256 of shape and values, hex. */
  hash: string;
  /** Their principal components, computed at the first call. */
  components(): Pca;
}

/** Reads each source once, and keeps those that were asked for last. */
export class VectorStore {
  /** The one that was used last comes last. */
  readonly #tables = new Map<string, Promise<VectorTable>>();
  readonly #descriptions = new Map<string, Promise<EmbeddingTable[]>>();

  constructor(private readonly runs: InspectedRuns) {}

  /** @throws what opening the run and its checkpoint throws */
  async describe(source: CheckpointSource): Promise<EmbeddingTable[]> {
    const { dataset } = await this.runs.open(source.run);
    // Tables are the same at each checkpoint, so that a slider over epochs need not open them all.
    let description = this.#descriptions.get(source.run);
    description ??= this.runs.use(source, (model) => Promise.resolve(embeddingTables(model, dataset)));
    this.#descriptions.set(source.run, description);
    description.catch(() => this.#descriptions.delete(source.run));
    return description;
  }

  /** @throws InspectionError for a table or a position that there is not */
  async read(source: EmbeddingSource): Promise<VectorTable> {
    const description = findTable(await this.describe(source), source);
    const { directory } = await this.runs.open(source.run);
    const state = await readState(directory.checkpointPath(source.checkpoint));
    const position = description.maxPosition === null ? null : (source.position ?? 0);
    // A run in training replaces its checkpoints.
    const key = JSON.stringify([source.run, source.checkpoint, state?.step, source.table, position]);
    let table = this.#tables.get(key);
    table ??= this.#read(source, description, position ?? 0);
    this.#tables.delete(key);
    this.#tables.set(key, table);
    table.catch(() => this.#tables.delete(key));
    const read = await table;
    await this.#forget();
    return read;
  }

  async #read(source: EmbeddingSource, description: EmbeddingTable, position: number): Promise<VectorTable> {
    const run = await this.runs.open(source.run);
    const table = await this.runs.use(source, (model) =>
      readTable(model, run.dataset, description, position),
    );
    let components: Pca | null = null;
    return {
      run,
      description,
      table,
      hash: hashOf(table),
      components: () => (components ??= pca(table)),
    };
  }

  /** Removes the tables that were used longest ago, until the rest is small enough. */
  async #forget(): Promise<void> {
    let bytes = 0;
    let kept = 0;
    for (const [key, table] of [...this.#tables].reverse()) {
      const read = await table.catch(() => null);
      bytes += read?.table.values.byteLength ?? 0;
      if (++kept > KEPT_ALWAYS && bytes > KEPT_BYTES) this.#tables.delete(key);
    }
  }
}

function hashOf({ values, numRows, width }: Table): string {
  return createHash('sha256')
    .update(`${numRows}×${width} `)
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}
