import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRows, withDuckDb } from '../../../src/dataset/duckDb';
import { InspectedRuns } from '../../../src/inspection/inspectedRuns';
import { recommendationInspector } from '../../../src/inspection/recommendation/recommendationInspector';
import { runInspector } from '../../../src/inspection/runInspector';
import { Tasks } from '../../../src/inspection/tasks';
import type { RecommendationRequest } from '../../../src/protocol/recommendation';
import { ENGINE_ASSETS, useBackend } from '../compute/useBackend';
import { createTiny } from './trainedRun';

/* Recommendations of a baseline, which needs no training, as they are written into files. */

const USERS = 40;

describe('recommendations in a file', () => {
  useBackend('wasm');
  let folder: string;
  let source: { run: string; checkpoint: string };
  const runs = new InspectedRuns(ENGINE_ASSETS, () => undefined);
  const phases: string[] = [];
  const inspector = recommendationInspector(runs, new Tasks((_, { phase }) => phases.push(phase)));

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-recommended-'));
    const { run } = await createTiny(folder, { type: 'ease' });
    source = { run: run.path, checkpoint: 'best' };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function tableIn(sql: string): Promise<unknown[][]> {
    return withDuckDb({ cacheDirectory: folder }, (connection) =>
      readRows(connection, `SELECT * FROM ${sql}`),
    );
  }

  it('are the same as CSV and as Parquet, and those of each user', async () => {
    const of = { until: 'validation', topK: 3, keepSeen: true } as const;
    const [csv, parquet] = ['all.csv', 'all.parquet'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    const report = await inspector.exportRecommendations(source, { of, format: 'csv', output: csv }, 'a');
    expect(report).toEqual({ users: USERS, rows: USERS * 3, filterSeen: false, files: [csv] });
    expect(phases[0]).toBe('Recommending');
    await inspector.exportRecommendations(source, { of, format: 'parquet', output: parquet }, 'b');

    const rows = await tableIn(`read_parquet('${parquet}')`);
    expect(rows).toHaveLength(USERS * 3);
    const lines = await tableIn(`read_csv('${csv}', all_varchar = true)`);
    // As text, a score is the shortest number that is this float.
    const asNumbers = ([user, rank, item, score, title]: unknown[]): unknown[] => [
      user,
      Number(rank),
      item,
      Math.fround(Number(score)),
      title,
    ];
    expect(lines.map(asNumbers)).toEqual(rows);
    expect((await readFile(csv, 'utf8')).startsWith('user,rank,item,score,title\n')).toBe(true);

    const { user, items, heldOut } = await runInspector(runs).userHistory(source.run, 7, 'validation');
    expect(heldOut).toEqual([expect.objectContaining({ part: 'test' })]);
    const request: RecommendationRequest = {
      user: user.id,
      history: items.map(({ id }) => id),
      heldOut: heldOut.map(({ id }) => id),
      topK: 3,
      keepSeen: true,
      reasons: false,
    };
    const { recommendations } = await inspector.recommend(source, request);
    const own = rows.filter(([id]) => id === user.id);
    expect(own.map(([, , item]) => item)).toEqual(recommendations.map(({ id }) => id));

    const one = path.join(folder, 'one.csv');
    const single = await inspector.exportRecommendations(
      source,
      { of: request, format: 'csv', output: one },
      'c',
    );
    expect(single).toMatchObject({ users: 1, rows: 3 });
    const text = await readFile(one, 'utf8');
    expect(text.startsWith(`user,rank,item,score,title\n${user.id},1,${recommendations[0]!.id},`)).toBe(true);
  });

  it('refuse a number that is none, and leave no file', async () => {
    const output = path.join(folder, 'none.csv');
    const of = { until: 'all', topK: 0, keepSeen: false } as const;
    await expect(inspector.exportRecommendations(source, { of, format: 'csv', output }, 'd')).rejects.toThrow(
      '0 recommendations were requested',
    );
    await expect(readFile(output)).rejects.toThrow('ENOENT');
  });

  it('come from a run of which a panel of vectors says that it has none', async () => {
    expect(await runs.describe(source.run)).toMatchObject({ isBaseline: true, checkpoints: [] });
    await runs.warmUp(source.run);
    await expect(runs.model(source)).rejects.toThrow('has no embeddings and no attention');
  });
});
