import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PerUserResults } from '../../../src/evaluation/perUserResults';
import { decodeContent, encodeSafetensors } from '../../../src/formats/safetensors';
import type { EvaluationProtocol } from '../../../src/protocol/evaluation';
import { readPerUserResults, writePerUserResults } from '../../../src/runs/perUserFile';
import { makeRun } from './newRun';

const protocol: EvaluationProtocol = {
  split: 'leaveOneOut',
  part: 'test',
  candidates: 'full',
  numCandidates: 3,
  filterSeen: true,
  ties: 'expectation',
  cutoffs: [5, 10],
  numUsers: 2,
};

/** Two users, one with two targets. */
const results: PerUserResults = {
  protocol,
  epoch: 2,
  step: 40,
  userIds: ['007', 'Zoë'],
  targetOffsets: Uint32Array.of(0, 2, 3),
  details: {
    users: Uint32Array.of(0, 4),
    itemIds: ['', 'a', 'b', 'ü'],
    historyLengths: Uint32Array.of(5, 0),
    historyTimes: Float64Array.of(1.5e9, NaN),
    targets: Uint32Array.of(3, 1, 2),
    targetPopularity: Uint32Array.of(0, 9, 4),
    targetTimes: Float64Array.of(1.6e9, 1.6e9, 1.7e9),
  },
  rankers: new Map([
    [
      'model',
      {
        ranks: { best: Uint32Array.of(1, 2, 1), worst: Uint32Array.of(1, 3, 2) },
        lists: { length: 2, items: Int32Array.of(3, 2, 1, 0) },
      },
    ],
    [
      'itemKnn(shrinkage=50)',
      { ranks: { best: Uint32Array.of(2, 3, 1), worst: Uint32Array.of(2, 3, 1) }, lists: null },
    ],
  ]),
};

/** A run with these results. */
async function runWith(each = results) {
  const run = await makeRun();
  await writePerUserResults(run, each);
  await run.writeEvaluation('test', { schemaVersion: '2.0' });
  return { run, file: path.join(run.evaluationPath, 'test.safetensors') };
}

test('results of users come back as they were written', async () => {
  const { run } = await runWith();
  expect(await readPerUserResults(run, 'test')).toEqual(results);
  expect(await readPerUserResults(run, 'validation')).toBeNull();
  const details = { ...results.details!, historyTimes: null, targetTimes: null };
  const timeless = { ...results, details };
  expect(await readPerUserResults((await runWith(timeless)).run, 'test')).toEqual(timeless);
});

test('the columns have names by which other programs find them, and the protocol is with them', async () => {
  const { file } = await runWith();
  const { tensors, remarks } = decodeContent(await readFile(file));
  expect([...tensors.keys()].sort()).toEqual([
    ...['historyLengths', 'historyTimes'],
    ...['itemIds.bytes', 'itemIds.offsets', 'itemKnn(shrinkage=50).best', 'itemKnn(shrinkage=50).worst'],
    ...['model.best', 'model.lists', 'model.worst'],
    ...['targetOffsets', 'targetPopularity', 'targetTimes', 'targets'],
    ...['userIds.bytes', 'userIds.offsets', 'users'],
  ]);
  expect(tensors.get('model.lists')!.shape).toEqual([2, 2]);
  expect(JSON.parse(remarks.protocol!)).toEqual(protocol);
});

test('damaged results are never read: any changed byte, a cut or missing file', async () => {
  const { run, file } = await runWith();
  const whole = await readFile(file);
  const refused = (message: RegExp) =>
    expect(readPerUserResults(run, 'test')).rejects.toMatchObject({
      code: 'run/corrupt',
      message: expect.stringMatching(message) as string,
    });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= bits;
      await writeFile(file, damaged);
      // Only what means nothing may change: the padding of the header, and whether there is a checksum.
      await readPerUserResults(run, 'test').then(
        (read) => expect(read).toEqual(results),
        (error: unknown) => expect(error).toMatchObject({ name: 'RunReadError' }),
      );
    }),
    { numRuns: 200 },
  );
  await writeFile(file, whole.subarray(0, whole.length - 1));
  await refused(/damaged: .*truncated.*recsight evaluate/);
  await rm(file);
  await refused(/missing.*recsight evaluate/);
});

test.each<[string, (columns: Map<string, { shape: number[]; values: Uint32Array }>) => void, RegExp]>([
  ['a column that is missing', (columns) => columns.delete('model.worst'), /model\.worst is missing/],
  [
    'a column of another length',
    (columns) => columns.set('model.best', column(1, 2)),
    /model\.best does not fit/,
  ],
  ['a place before the first', (columns) => columns.set('model.best', column(0, 2, 1)), /places from 1/],
  ['an item that there is not', (columns) => columns.set('targets', column(3, 1, 4)), /not in itemIds/],
  [
    'offsets that fall',
    (columns) => columns.set('targetOffsets', column(0, 4, 3)),
    /targetOffsets does not rise/,
  ],
  [
    'too few users',
    (columns) => columns.set('targetOffsets', column(0, 3)),
    /targetOffsets does not fit the 2 users/,
  ],
])('results with %s are refused, though their checksum fits', async (_, change, message) => {
  const { run, file } = await runWith();
  const { tensors, remarks } = decodeContent(await readFile(file));
  delete remarks.sha256;
  const columns = new Map(tensors) as Map<string, { shape: number[]; values: Uint32Array }>;
  change(columns);
  await writeFile(file, encodeSafetensors(columns, remarks));
  await expect(readPerUserResults(run, 'test')).rejects.toThrow(message);
});

const column = (...values: number[]) => ({ shape: [values.length], values: Uint32Array.from(values) });

test('results of earlier versions are read from their JSON; averaged ranks are none', async () => {
  const run = await makeRun();
  const ranks = { ranks: [1, 2.5], bestRanks: [1, 2], worstRanks: [1, 3] };
  const version1 = {
    ...{ schemaVersion: '1.0', epoch: 1, step: 10, protocol, userIds: ['a', 'b'] },
    ...{ model: ranks, baselines: { popularity: ranks } },
  };
  await run.writeEvaluation('test', version1);
  const read = await readPerUserResults(run, 'test');
  expect(read).toMatchObject({ userIds: ['a', 'b'], details: null, epoch: 1, protocol });
  expect([...read!.targetOffsets]).toEqual([0, 1, 2]);
  expect([...read!.rankers]).toEqual(
    ['model', 'popularity'].map((key) => [
      key,
      { ranks: { best: Uint32Array.of(1, 2), worst: Uint32Array.of(1, 3) }, lists: null },
    ]),
  );
  await run.writeEvaluation('test', { ...version1, model: { ranks: [1, 2.5] } });
  expect(await readPerUserResults(run, 'test')).toBeNull();
  await run.writeEvaluation('test', { ...version1, userIds: ['a'] });
  await expect(readPerUserResults(run, 'test')).rejects.toThrow(/ranks of model do not fit the users/);
  await run.writeEvaluation('test', { schemaVersion: '3.0' });
  await expect(readPerUserResults(run, 'test')).rejects.toMatchObject({ code: 'run/newer-version' });
});
