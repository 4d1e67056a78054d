import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { afterAll } from 'vitest';
import { configSchema } from '../../../src/config/schema';
import {
  prepareDataset,
  type PrepareOptions,
  type PreparedResult,
} from '../../../src/dataset/prepareDataset';
import { sqlString, withDuckDb } from '../../../src/dataset/duckDb';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';

export type DatasetInput = z.input<typeof configSchema>['dataset'];

/** A temporary folder with data, which plays the folder of a config file. */
export interface DataFolder {
  path: string;
  cache: string;
  write(name: string, content: string | Buffer): void;
  prepare(config: DatasetInput, options?: Partial<PrepareOptions>): Promise<PreparedResult>;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function dataFolder(files: Record<string, string | Buffer> = {}, suffix = ''): DataFolder {
  const top = mkdtempSync(join(tmpdir(), 'recsight-data-'));
  folders.push(top);
  const path = join(top, suffix);
  const cache = join(top, '.recsight', 'cache');
  const write = (name: string, content: string | Buffer) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return {
    path,
    cache,
    write,
    prepare: (config, options) =>
      prepareDataset(datasetConfig(config), {
        baseDirectory: path,
        cacheDirectory: cache,
        seed: 42,
        ...options,
      }),
  };
}

export function datasetConfig(config: DatasetInput) {
  return configSchema.shape.dataset.parse(config);
}

/** Writes the result of a query. */
export async function writeParquet(path: string, query: string): Promise<void> {
  await withDuckDb({ cacheDirectory: join(path, '..') }, (connection) =>
    connection.run(`COPY (${query}) TO ${sqlString(path)} (FORMAT parquet, ROW_GROUP_SIZE 20000)`),
  );
}

/** User id → item ids, oldest first. */
export function histories(dataset: PreparedDataset): Record<string, string[]> {
  const { userIds, itemIds, offsets, items } = dataset;
  return Object.fromEntries(
    userIds.map((id, user) => [
      id,
      Array.from(items.subarray(offsets[user], offsets[user + 1]), (item) => itemIds[item]!),
    ]),
  );
}

/** A value of a CSV file, in quotes where it needs them. */
export function csvValue(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Enough rows to train on: every user meets every item once, at different times. */
export function plainCsv(numUsers = 3, numItems = 4): string {
  const lines = ['user_id,item_id,timestamp'];
  for (let user = 0; user < numUsers; user++) {
    for (let item = 0; item < numItems; item++) lines.push(`u${user},i${item},${1000 + user + 10 * item}`);
  }
  return `${lines.join('\n')}\n`;
}
