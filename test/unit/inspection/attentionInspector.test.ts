import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attentionInspector } from '../../../src/inspection/attention/attentionInspector';
import { attend } from '../../../src/inspection/attention/attend';
import { attentionOverview } from '../../../src/inspection/attention/attentionOverview';
import { InspectedRuns } from '../../../src/inspection/inspectedRuns';
import { ItemVectors } from '../../../src/inspection/attention/itemVectors';
import { Tasks } from '../../../src/inspection/tasks';
import type { HeadReport } from '../../../src/protocol/attention';
import { ENGINE_ASSETS, useBackend } from '../compute/useBackend';
import { ATTENTION_MODELS, DATASET, OTHER_MODELS, runOf } from './attentionRun';
import { TINY_MODELS, trainTiny } from './trainedRun';

const task = { proceed: () => Promise.resolve() };

/** Users with a history and an item after it, the histories without test. */
const READERS = DATASET.userIds.flatMap((_, user) => {
  const [first, last] = [DATASET.offsets[user]!, DATASET.validationEnd[user]!];
  if (first === last || last === DATASET.offsets[user + 1]!) return [];
  return [{ user, history: [...DATASET.items.subarray(first, last)], next: DATASET.items[last]! }];
});

type Numbers = Pick<HeadReport, 'entropy' | 'relativeEntropy' | 'meanDistance' | 'lastShare'> & {
  byDistance: number[];
};

/** The report of a head from its rows: who reads, and the weights on the items that he may see, the oldest first. */
function reportOf(rows: { query: number; weights: number[]; isLast: boolean }[]): Numbers {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const shares = rows.map(({ weights }) => {
    const total = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    return weights.map((weight) => Math.abs(weight) / total);
  });
  const entropies = shares.map(
    (row) => -row.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0),
  );
  const chosen = [...rows.keys()].filter((row) => shares[row]!.length > 1);
  const atDistance: number[][] = [];
  for (const { query, weights } of rows)
    weights.forEach((weight, key) => (atDistance[Math.abs(query - key)] ??= []).push(weight));
  return {
    byDistance: atDistance.map(mean),
    entropy: mean(chosen.map((row) => entropies[row]!)),
    relativeEntropy: mean(chosen.map((row) => entropies[row]! / Math.log(shares[row]!.length))),
    meanDistance: mean(
      shares.map((row, index) =>
        row.reduce((sum, share, key) => sum + share * Math.abs(rows[index]!.query - key), 0),
      ),
    ),
    lastShare: mean(shares.filter((_, row) => rows[row]!.isLast).map((row) => row.at(-1)!)),
  };
}

describe('an overview', () => {
  useBackend('wasm');

  it.each(Object.entries(ATTENTION_MODELS))('of %s is that of one user after the other', async (_, input) => {
    const { run, model } = await runOf(input);
    const overview = await attentionOverview(run, model, 1000, 1, task);
    expect(overview.numUsers).toBe(READERS.length);
    const rows = new Map<string, Parameters<typeof reportOf>[0]>();
    for (const { user, history, next } of READERS) {
      const request = { subject: { user, history }, candidates: [next], target: null, topK: 0 };
      const { weights, history: read } = await attend(run, model, new ItemVectors(), request);
      const length = read.length;
      weights.forEach(({ values }, index) => {
        const { name, axes, causal } = model.attentions[index]!;
        const add = (head: number, row: Parameters<typeof reportOf>[0][number]) => {
          const key = `${name} ${head}`;
          rows.set(key, [...(rows.get(key) ?? []), row]);
        };
        if (axes.join() === 'head,position,position')
          for (let row = 0; row < values.length / length; row++) {
            const query = row % length;
            const seen = causal ? query + 1 : length;
            const own = [...values.subarray(row * length, row * length + seen)];
            add(Math.floor(row / length), { query, weights: own, isLast: query === length - 1 });
          }
        else if (axes.join() === 'head,position' || axes.join() === 'position')
          for (let head = 0; head < values.length / length; head++) {
            const weights = [...values.subarray(head * length, (head + 1) * length)];
            add(head, { query: length - 1, weights, isLast: true });
          }
        else if (axes.join() === 'position,slot')
          for (let slot = 0, slots = values.length / length; slot < slots; slot++)
            add(slot, {
              query: length - 1,
              weights: read.map((__, position) => values[position * slots + slot]!),
              isLast: true,
            });
      });
    }
    expect(overview.heads.map(({ view, head }) => `${view} ${head}`)).toEqual([...rows.keys()]);
    // Each is named by its view and its place in it.
    for (const { view, viewLabel, label, head, part } of overview.heads) {
      expect(viewLabel).toBe(model.attentions.find(({ name }) => name === view)!.label);
      expect(label).toBe(part === null ? viewLabel : `${viewLabel}, ${part} ${head + 1}`);
    }
    expect(new Set(overview.heads.map(({ label }) => label)).size).toBe(overview.heads.length);
    for (const report of overview.heads) {
      const expected = reportOf(rows.get(`${report.view} ${report.head}`)!);
      expect(report.byDistance).toHaveLength(expected.byDistance.length);
      expected.byDistance.forEach((weight, distance) =>
        expect(report.byDistance[distance]).toBeCloseTo(weight, 4),
      );
      for (const name of ['entropy', 'relativeEntropy', 'meanDistance', 'lastShare'] as const)
        expect(report[name]).toBeCloseTo(expected[name], 4);
    }
    for (const of of ['historyLength', 'popularity'] as const) {
      const groups = overview.groups.filter((group) => group.of === of);
      expect(groups.reduce((sum, { numUsers }) => sum + numUsers, 0)).toBe(READERS.length);
      // Last rows are as many as users, so that the mean of the groups is that of all.
      const share =
        groups.reduce((sum, group) => sum + group.lastShare[0]! * group.numUsers, 0) / READERS.length;
      expect(share).toBeCloseTo(overview.heads[0]!.lastShare, 4);
    }
    model.dispose();
  });

  it('draws the same users with the same seed, and says what it cannot be made of', async () => {
    const { run, model } = await runOf(ATTENTION_MODELS.din!);
    const [first, again, other] = [
      await attentionOverview(run, model, 8, 3, task),
      await attentionOverview(run, model, 8, 3, task),
      await attentionOverview(run, model, 8, 4, task),
    ];
    expect(first.numUsers).toBe(8);
    expect(again).toEqual(first);
    expect(other.heads[0]!.entropy).not.toBe(first.heads[0]!.entropy);
    await expect(attentionOverview(run, model, 0, 1, task)).rejects.toMatchObject({
      code: 'inspection/bad-request',
    });
    const none = { ...DATASET, validationEnd: DATASET.offsets.slice(0, -1) };
    await expect(attentionOverview({ ...run, dataset: none }, model, 9, 1, task)).rejects.toThrow(
      /No user has a history/,
    );
    model.dispose();
    const gru = await runOf(OTHER_MODELS.gru4rec!);
    await expect(attentionOverview(gru.run, gru.model, 9, 1, task)).rejects.toMatchObject({
      code: 'inspection/no-attention',
    });
    gru.model.dispose();
  });
});

describe('the attention inspector', () => {
  useBackend('wasm');
  let folder: string;
  let run: string;
  const start = () => {
    const tasks = new Tasks(() => undefined);
    return attentionInspector(new InspectedRuns(ENGINE_ASSETS, () => undefined), tasks);
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-attention-'));
    run = await trainTiny(folder, TINY_MODELS.sasrec!);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('lists views, keeps an overview in the run, and makes a damaged one anew', async () => {
    const source = { run, checkpoint: 'best' };
    expect(await start().attentionViews(source)).toMatchObject([
      { name: 'block0', axes: ['head', 'position', 'position'], causal: true, normalized: true },
    ]);
    const made = await start().overview(source, 20, 5, 'one');
    const [name, ...others] = await readdir(path.join(run, 'attention'));
    expect(others).toEqual([]);
    expect(name).toMatch(/^overview-[0-9a-f]{24}\.json$/);
    const file = path.join(run, 'attention', name!);
    const text = await readFile(file, 'utf8');
    expect(await start().overview(source, 20, 5, 'one')).toEqual(made);
    // Kept means read: a changed number comes back.
    await writeFile(file, text.replace('"numUsers":20', '"numUsers":19'));
    expect((await start().overview(source, 20, 5, 'one')).numUsers).toBe(19);
    await writeFile(file, text.slice(0, 50));
    expect(await start().overview(source, 20, 5, 'one')).toEqual(made);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('stops an overview that is canceled and keeps nothing of it', async () => {
    const inspector = start();
    const source = { run, checkpoint: 'last' };
    await inspector.attentionViews(source);
    const before = await readdir(path.join(run, 'attention'));
    const overview = inspector.overview(source, 30, 9, 'two');
    setImmediate(() => void inspector.cancel('two'));
    await expect(overview).rejects.toMatchObject({ code: 'inspection/canceled' });
    expect(await readdir(path.join(run, 'attention'))).toEqual(before);
  });

  it('says when there is no such checkpoint', async () => {
    const request = { subject: { user: 0, history: [1] }, candidates: [], target: null, topK: 1 };
    await expect(start().attend({ run, checkpoint: 'epoch-77' }, request)).rejects.toThrow(
      /no checkpoint.*epoch-77/,
    );
  });
});
