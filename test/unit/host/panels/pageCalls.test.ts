import { describe, expect, it } from 'vitest';
import { inspectorArguments, ownArguments } from '../../../../src/host/panels/inspectorArguments';
import { checkArguments, checkedFunction, runDirectory } from '../../../../src/host/panels/pageCalls';

const RUN = '/ws/.recsight/runs/20261122-120000-sasrec-3f2a';
const SOURCE = { run: RUN, checkpoint: 'best' };
const TABLE = { ...SOURCE, table: 'itemEmbedding' };
const SAMPLING = { maxPoints: 20_000, seed: 42 };
const UMAP = { dimensions: 2, numNeighbors: 15, minDistance: 0.1, metric: 'cosine', epochs: null, seed: 42 };
const ATTEND = {
  subject: { user: -1, history: [1, 2] },
  candidates: [3],
  target: null,
  topK: 10,
  contributions: true,
};
const EXPORT = { source: TABLE, rows: null, format: 'csv', coordinates: new Float32Array(2), dimensions: 2 };

const run = runDirectory((directory) => directory === RUN);
const schemas = { ...inspectorArguments(run), ...ownArguments(run) };

describe('a page may call', () => {
  it.each<[string, unknown[]]>([
    ['describeRun', [RUN]],
    ['findUsers', [RUN, '', 20]],
    ['findItems', [RUN, '/alien/', 20]],
    ['userHistory', [RUN, 0, 'all']],
    ['embeddingTables', [SOURCE]],
    ['points', [{ ...TABLE, position: 1 }, SAMPLING]],
    ['pca', [TABLE, SAMPLING, { components: [0, 1, 2] }]],
    ['umap', [TABLE, SAMPLING, UMAP, 'task 1']],
    ['cancel', ['task 1']],
    ['recommendationCounts', [TABLE, SAMPLING, 10, 'task 2']],
    ['neighbors', [TABLE, { vector: new Float32Array(64) }, 'dot', 10]],
    ['neighbors', [TABLE, { row: 3 }, 'cosine', 10]],
    ['clusters', [TABLE, SAMPLING, 8, 42]],
    ['statistics', [{ ...TABLE, checkpoint: 'epoch-12' }]],
    ['selection', [TABLE, new Uint32Array([1, 2])]],
    ['userPath', [SOURCE, 5, 10]],
    ['compare', [TABLE, TABLE, SAMPLING, { components: [0, 1] }]],
    ['bookmarks', [RUN]],
    ['saveBookmarks', [RUN, [{ name: 'a', createdAt: 1, state: { camera: [1, 2] } }]]],
    ['attentionViews', [SOURCE]],
    ['attend', [SOURCE, ATTEND]],
    ['overview', [SOURCE, 1000, 42, 'task 3']],
    ['exportTable', [EXPORT, 'items']],
    ['save', ['chart.svg', '<svg/>']],
    ['save', ['chart.png', new ArrayBuffer(4)]],
    ['openView', ['attention', RUN, { item: 3 }]],
    ['hydrate', []],
    ['stop', []],
  ])('%s', (name, args) => {
    expect(checkArguments(schemas, name, args)).toEqual(args);
  });
});

describe('a page may not call', () => {
  it.each<[string, string, unknown[]]>([
    ['a run that it was not given', 'describeRun', ['/home/me/.ssh']],
    ['a checkpoint elsewhere', 'embeddingTables', [{ ...SOURCE, checkpoint: '../../../other' }]],
    ['bookmarks of another folder', 'saveBookmarks', ['/etc', []]],
    ['bookmarks without end', 'saveBookmarks', [RUN, [{ name: 'a', createdAt: 1, state: 'x'.repeat(17e6) }]]],
    ['a second run elsewhere', 'compare', [TABLE, { ...TABLE, run: '/x' }, SAMPLING, { components: [0, 1] }]],
    ['an export of another run', 'exportTable', [{ ...EXPORT, source: { ...TABLE, run: '/x' } }, 'items']],
    ['too many neighbors', 'neighbors', [TABLE, { row: 3 }, 'cosine', 1e9]],
    ['what is no number', 'points', [TABLE, { maxPoints: NaN, seed: 1 }]],
    ['an object for text', 'findItems', [RUN, { toString: 'x' }, 20]],
    ['text without end', 'findItems', [RUN, 'a'.repeat(1e6), 20]],
    ['a view that is none', 'openView', ['__proto__', RUN, {}]],
    ['with too few arguments', 'umap', [TABLE]],
    ['with arguments where there are none', 'stop', [{ graceMs: 0 }]],
  ])('%s', (_, name, args) => {
    expect(() => checkArguments(schemas, name, args)).toThrow(
      expect.objectContaining({ code: 'page/refused' }) as Error,
    );
  });

  it('anything that is not in the list', () => {
    const functions = { points: () => 1 };
    for (const name of [
      'exportTable',
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'require',
      '$callRaw',
      '',
    ])
      expect(checkedFunction(functions, schemas, name), name).toBeUndefined();
    expect(checkedFunction(functions, schemas, 'points')).toBeDefined();
  });

  it('a place of its choice with an export', () => {
    expect(
      checkArguments(schemas, 'exportTable', [{ ...EXPORT, output: '/home/me/.bashrc' }, 'items']),
    ).toEqual([EXPORT, 'items']);
  });

  it('an answer with what was refused', () => {
    const asked: unknown[][] = [];
    const functions = { describeRun: (...args: unknown[]) => asked.push(args) };
    const answer = checkedFunction(functions, schemas, 'describeRun')!;
    expect(() => answer('/etc')).toThrow(/not in this window/);
    answer(RUN);
    expect(asked).toEqual([[RUN]]);
  });
});
