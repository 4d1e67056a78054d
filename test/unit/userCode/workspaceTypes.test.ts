import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeTypes } from '../../../src/userCode/workspaceTypes';

let folder: string;
let assets: string;

beforeEach(async () => {
  const made = await mkdtemp(path.join(tmpdir(), 'recsight-types-'));
  folder = path.join(made, 'workspace');
  assets = path.join(made, 'assets');
  for (const place of [path.join(folder, 'metrics', 'parts'), assets])
    await mkdir(place, { recursive: true });
  await writeFile(path.join(assets, 'v1.d.ts'), 'export {};\n');
});
afterEach(() => rm(path.dirname(folder), { recursive: true }));

const write = async (codeFolder: string) =>
  (await writeTypes(folder, path.join(folder, codeFolder), assets)).map((file) =>
    path.relative(folder, file).split(path.sep).join('/'),
  );

it('leads to the types from the folder of the file, and makes no other folder', async () => {
  expect(await write('metrics')).toEqual(['.recsight/types/v1.d.ts', 'metrics/tsconfig.json']);
  expect(await readFile(path.join(folder, 'metrics/tsconfig.json'), 'utf8')).toContain(
    '"paths": { "recsight/v1": ["../.recsight/types/v1.d.ts"] }',
  );
  expect(existsSync(path.join(folder, 'models'))).toBe(false);
  expect(await write('metrics/parts')).toEqual([]);
});

it('leads there from a folder in a folder', async () => {
  expect(await write('metrics/parts')).toContain('metrics/parts/tsconfig.json');
  expect(await readFile(path.join(folder, 'metrics/parts/tsconfig.json'), 'utf8')).toContain(
    '["../../.recsight/types/v1.d.ts"]',
  );
});

it('leaves the workspace folder and a tsconfig.json that there is alone', async () => {
  expect(await write('')).toEqual(['.recsight/types/v1.d.ts']);
  await writeFile(path.join(folder, 'metrics/tsconfig.json'), '{}');
  expect(await write('metrics')).toEqual([]);
  expect(await readFile(path.join(folder, 'metrics/tsconfig.json'), 'utf8')).toBe('{}');
});
