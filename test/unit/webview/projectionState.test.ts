import { describe, expect, test } from 'vitest';
import { DEFAULT_SEED } from '../../../src/protocol/defaultSeed';
import {
  rowIndex,
  type CategoryPointColumn,
  type NumberPointColumn,
  type PointSet,
} from '../../../src/protocol/projection';
import type { CategoryLegend } from '../../../webview/projection/categoryColors';
import { coloringByNumber, coloringOf, pointColors } from '../../../webview/projection/coloring';
import type { Palette } from '../../../webview/projection/palette';
import { normsOfDeciles } from '../../../webview/projection/pointColumns';
import { PointSearch } from '../../../webview/projection/pointSearch';
import {
  wantedResources,
  type ResourceName,
  type ResourceValues,
} from '../../../webview/projection/resources';
import { epochStops, epochText, stopOf } from '../../../webview/projection/projectionText';
import { DEFAULT_SETTINGS, keepable, readSettings } from '../../../webview/projection/settings';
import {
  initialState,
  pointOfRow,
  reduce,
  type ProjectionAction,
  type ProjectionState,
} from '../../../webview/projection/state';

const RUN = '/runs/a';
const points: PointSet = {
  hash: 'f00',
  numRows: 10,
  width: 4,
  rows: Uint32Array.of(1, 4, 7),
  ids: ['m2', 'm5', 'm8'],
  labels: ['Amélie', 'The Last Station', 'Station'],
  columns: [],
};
const answers: Partial<ResourceValues> = {
  run: {
    run: RUN,
    id: 'a',
    name: 'a',
    model: 'sasrec',
    isBaseline: false,
    checkpoints: [
      { name: 'epoch-1', epoch: 1 },
      { name: 'best', epoch: 3 },
    ],
    numUsers: 5,
    numItems: 10,
  },
  bookmarks: [],
  tables: [
    {
      name: 'userEmbedding',
      label: 'Users',
      rows: 'users',
      feature: null,
      numRows: 5,
      width: 4,
      maxPosition: null,
    },
    {
      name: 'itemEmbedding',
      label: 'Items',
      rows: 'items',
      feature: null,
      numRows: 10,
      width: 4,
      maxPosition: null,
    },
  ],
  points,
  pca: { coordinates: new Float32Array(6), explained: Float32Array.of(0.6, 0.2, 0.1, 0.1) },
};

function after(state: ProjectionState, ...actions: ProjectionAction[]): ProjectionState {
  return actions.reduce(reduce, state);
}

/** Asks for everything that is wanted and answers what is known. */
function settled(state: ProjectionState, values: Partial<ResourceValues> = answers): ProjectionState {
  for (let round = 0; round < 5; round++) {
    for (const { name, key } of wantedResources(state)) {
      if (state.resources[name]?.key === key) continue;
      state = after(state, { kind: 'asked', name, key });
      const value = values[name];
      if (value !== undefined) state = after(state, { kind: 'answered', name, key, value });
    }
  }
  return state;
}

function opened(kept: unknown = null): ProjectionState {
  const snapshot = { run: RUN, runs: [], focus: null };
  return settled(after(initialState(), { kind: 'hydrated', snapshot, kept }));
}

const wanted = (state: ProjectionState): ResourceName[] => wantedResources(state).map(({ name }) => name);

describe('what is asked for', () => {
  test('the best checkpoint’s first table of items', () => {
    const state = opened();
    expect(wantedResources(state).find(({ name }) => name === 'points')!.key).toBe(
      JSON.stringify([
        { run: RUN, checkpoint: 'best', table: 'itemEmbedding' },
        { maxPoints: 20_000, seed: DEFAULT_SEED },
      ]),
    );
    expect(state.scene?.method).toBe('pca');
  });

  test('after a reload everything at once, without waiting for the list of tables', () => {
    const kept = {
      ...DEFAULT_SETTINGS,
      checkpoint: 'best',
      table: 'itemEmbedding',
      focus: rowIndex(4),
    };
    const snapshot = { run: RUN, runs: [], focus: null };
    const state = after(initialState(), { kind: 'hydrated', snapshot, kept });
    expect(wanted(state)).toEqual(['run', 'bookmarks', 'tables', 'points', 'pca', 'neighbors']);
  });

  test('neighbors of the mean only once the mean is known', () => {
    const selected = after(opened(), { kind: 'selected', rows: [1, 4].map(rowIndex), more: false });
    expect(wanted(selected)).toContain('selection');
    expect(wanted(selected)).not.toContain('meanNeighbors');
    const summary = { mean: new Float32Array(4), typical: [], coherence: 1 };
    expect(wanted(settled(selected, { ...answers, selection: summary }))).toContain('meanNeighbors');
  });
});

describe('answers', () => {
  test('to what is no longer wanted change nothing', () => {
    const state = opened();
    const late = after(state, { kind: 'answered', name: 'points', key: 'something else', value: points });
    expect(late).toBe(state);
  });

  test('the old map stays until points and places of the new one have come', () => {
    const state = opened();
    const next = after(state, { kind: 'settingsChanged', settings: { checkpoint: 'epoch-1' } });
    const waiting = settled(next, {});
    expect(waiting.scene).toBe(state.scene);
    const key = wantedResources(next).find(({ name }) => name === 'points')!.key;
    const other = { ...points, hash: 'bar' };
    const half = after(waiting, { kind: 'answered', name: 'points', key, value: other });
    expect(half.scene).toBe(state.scene);
    const pcaKey = wantedResources(next).find(({ name }) => name === 'pca')!.key;
    const layout = { coordinates: new Float32Array(6).fill(2), explained: new Float32Array(4) };
    const whole = after(half, { kind: 'answered', name: 'pca', key: pcaKey, value: layout });
    expect(whole.scene?.points).toBe(other);
    expect(whole.scene?.coordinates.values[0]).toBe(2);
  });

  test('UMAP’s layouts move the points while it works; one that is canceled gives PCA back', () => {
    const state = settled(after(opened(), { kind: 'settingsChanged', settings: { method: 'umap' } }));
    const { key } = state.resources.umap!;
    const progress = { phase: 'Laying out', done: 1, of: 10, layout: new Float32Array(6).fill(5) };
    const moving = after(state, { kind: 'progressed', key, progress });
    expect(moving.scene).toMatchObject({ method: 'umap', coordinates: { values: progress.layout } });
    const stale = after(state, { kind: 'progressed', key: 'another', progress });
    expect(stale.scene).toBe(state.scene);
    const error = { message: 'UMAP was canceled.', code: 'inspection/canceled' };
    const canceled = after(moving, { kind: 'failed', name: 'umap', key, error });
    expect(canceled.progress).toEqual({});
    expect(after(canceled, { kind: 'settingsChanged', settings: { method: 'pca' } }).scene?.method).toBe(
      'pca',
    );
  });

  test('what failed is asked for again after a retry', () => {
    const state = opened();
    const { key } = state.resources.pca!;
    const failed = after(state, { kind: 'failed', name: 'pca', key, error: { message: 'no', code: null } });
    expect(after(failed, { kind: 'retried' }).resources.pca).toBeNull();
  });
});

describe('epochs', () => {
  const checkpoints = [
    { name: 'epoch-1', epoch: 1 },
    { name: 'best', epoch: 2 },
    { name: 'epoch-2', epoch: 2 },
    { name: 'last', epoch: 3 },
  ];

  test('name a checkpoint that was saved within an epoch by that part of it', () => {
    const stored = [
      { name: 'best', epoch: 1 },
      { name: 'last', epoch: 1 + 1 / 3 },
    ];
    expect(stored.map(({ name }) => epochText(stored, name))).toEqual([
      'epoch 1 (best)',
      'epoch 1.33 (last)',
    ]);
    expect(epochStops(stored)).toEqual(stored);
  });

  test('the slider stops once at each, at the best where there is a choice', () => {
    expect(epochStops(checkpoints).map(({ name }) => name)).toEqual(['epoch-1', 'best', 'last']);
  });

  test('a checkpoint that is no stop is found at that of its epoch', () => {
    const stops = epochStops(checkpoints);
    expect(stopOf(stops, checkpoints, 'epoch-2')).toBe(1);
    expect(stopOf(stops, checkpoints, 'epoch-9')).toBe(-1);
  });
});

describe('choosing', () => {
  test('a point, then more of them, then none', () => {
    const one = after(opened(), { kind: 'picked', row: rowIndex(4), more: false });
    expect(one.settings).toMatchObject({ focus: 4, selection: [], tab: 'point' });
    const two = after(one, { kind: 'picked', row: rowIndex(7), more: true });
    expect(two.settings).toMatchObject({ focus: 7, selection: [4, 7], tab: 'selection' });
    expect(after(two, { kind: 'picked', row: rowIndex(4), more: true }).settings.selection).toEqual([7]);
    expect(after(two, { kind: 'picked', row: null, more: false }).settings).toMatchObject({
      focus: null,
      selection: [],
      tab: null,
    });
  });

  test('another table takes what was chosen away; another epoch leaves it', () => {
    const chosen = after(opened(), { kind: 'selected', rows: [1, 4].map(rowIndex), more: false });
    const epoch = after(chosen, { kind: 'settingsChanged', settings: { checkpoint: 'epoch-1' } });
    expect(epoch.settings.selection).toEqual([1, 4]);
    const table = after(chosen, { kind: 'settingsChanged', settings: { table: 'userEmbedding' } });
    expect(table.settings).toMatchObject({ selection: [], focus: null, camera: null });
  });

  test('a row that another view asks for', () => {
    const state = after(opened(), { kind: 'focusAsked', focus: { item: 8 } });
    expect(state.settings).toMatchObject({ focus: 7, tab: 'point' });
  });

  test('rows and points', () => {
    expect([1, 4, 7, 0, 5, 9].map((row) => pointOfRow(points, rowIndex(row)))).toEqual([
      0,
      1,
      2,
      null,
      null,
      null,
    ]);
  });
});

test('what is kept is read back, and what is not understood is set anew', () => {
  const state = after(opened(), {
    kind: 'settingsChanged',
    settings: {
      focus: rowIndex(4),
      color: 'column:genre',
      colored: { 'column:genre': ['Drama', ...Array.from({ length: 9 }, () => null)] },
      dimensions: 3,
      camera: { target: [1, 2, 3], zoom: 4, orbit: 5, tilt: 6 },
    },
  });
  const kept: unknown = JSON.parse(JSON.stringify(keepable(state.settings)));
  expect(readSettings(kept)).toEqual(state.settings);
  const strange = {
    method: 'tsne',
    dimensions: 4,
    components: [1],
    focus: -1,
    camera: { zoom: NaN },
    color: 'genre',
  };
  expect(readSettings(strange)).toEqual({ ...DEFAULT_SETTINGS, color: 'column:genre' });
  expect(readSettings('nonsense')).toEqual(DEFAULT_SETTINGS);
});

test('colors that an earlier version kept by their labels are those of today', () => {
  const nobody = Array.from({ length: 10 }, () => null);
  const read = (color: string) => readSettings({ color, colored: { [color]: nobody } });
  for (const [kept, color] of [
    ['popularity decile', ':popularityDecile'],
    ['norm', ':norm'],
    ['recommended in top-10', ':recommendations'],
    ['year', 'column:year'],
    ['column:year', 'column:year'],
    [':cluster', ':cluster'],
  ] as const)
    expect(read(kept)).toMatchObject({ color, colored: { [color]: nobody } });
});

describe('search', () => {
  const search = new PointSearch([points.labels, points.ids]);
  test.each([
    ['station', [2, 1]],
    ['AMELIE', [0]],
    ['m5', [1]],
    ['lst', [1]],
    ['/^the .*n$/', [1]],
    ['/(/', []],
    ['', []],
    ['nothing like it', []],
  ])('%s', (text, expected) => {
    expect([...search.find(text).points]).toEqual(expected);
  });
  test('an expression that is none says why', () => {
    expect(search.find('/(/').problem).toContain('Unterminated group');
  });
});

describe('colors', () => {
  test('the ten most frequent categories, the rest as one, unknown apart', () => {
    const labels = ['', ...Array.from({ length: 14 }, (_, i) => `c${i + 1}`)];
    // Category i occurs i times; one value is unknown.
    const values = Int32Array.from([0, ...labels.flatMap((_, i) => Array<number>(i).fill(i))]);
    const { classes, legend } = coloringOf({
      kind: 'category',
      id: 'x',
      label: 'x',
      values,
      labels,
      ordered: false,
    });
    expect(legend).toMatchObject({ kind: 'categories', numUnknown: 1 });
    const { entries, others } = legend as CategoryLegend;
    expect(entries.map(({ label }) => label)).toEqual([
      ...['c14', 'c13', 'c12', 'c11', 'c10', 'c9', 'c8', 'c7', 'c6', 'c5'],
    ]);
    expect(others.map(({ label, count }) => [label, count])).toEqual([
      ['c4', 4],
      ['c3', 3],
      ['c2', 2],
      ['c1', 1],
    ]);
    expect([classes[0], classes[1], classes.at(-1)]).toEqual([-1, 10, 0]);
  });

  test('a skewed column is on a logarithmic scale, an even one is not', () => {
    const skewed = coloringByNumber(Float32Array.from([1, 1, 2, 3, 1000, NaN]));
    expect(skewed.legend).toMatchObject({ min: 1, max: 1000, log: true, numUnknown: 1 });
    expect([skewed.classes[0], skewed.classes[4], skewed.classes[5]]).toEqual([0, 63, -1]);
    expect(coloringByNumber(Float32Array.from([1, 2, 3, 4])).legend).toMatchObject({ log: false });
    expect([...coloringByNumber(Float32Array.from([2, 2])).classes]).toEqual([32, 32]);
  });

  test('raised points keep their color, the others are faint', () => {
    const bytes = (value: number) => [value, value, value, 255] as const;
    const palette: Palette = {
      plain: bytes(9),
      muted: bytes(1),
      categories: [],
      scale: Array.from({ length: 64 }, (_, step) => bytes(100 + step)),
    };
    const coloring = coloringByNumber(Float32Array.from([0, 1, NaN]));
    const all = pointColors(coloring, null, palette);
    expect([all[0], all[4], all[8]]).toEqual([100, 163, 1]);
    const some = pointColors(coloring, Uint8Array.of(0, 1, 0), palette);
    expect([some[0], some[4]]).toEqual([1, 163]);
    expect(some[3]!).toBeLessThan(some[7]! / 2);
  });
});

test('the mean norm of each popularity decile, without those that are empty or unknown', () => {
  const norm: NumberPointColumn = {
    kind: 'number',
    id: ':norm',
    label: 'norm',
    values: Float32Array.of(2, 4, 1),
  };
  const decile: CategoryPointColumn = {
    kind: 'category',
    id: ':popularityDecile',
    label: 'popularity decile',
    values: Int32Array.of(1, 1, 3),
    labels: ['', '1 (most popular)', '2', '10 (least popular)'],
    ordered: true,
  };
  expect(normsOfDeciles({ ...points, columns: [decile, norm] })).toEqual([
    { label: '1 (most popular)', mean: 3 },
    { label: '10 (least popular)', mean: 1 },
  ]);
  expect(normsOfDeciles(points)).toEqual([]);
});
