import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttentionResult, RecordedView } from '../../../src/protocol/attention';
import type { HistoryItem } from '../../../src/protocol/inspection';
import { historyLines, keptLines, linesRead, withEdit } from '../../../webview/attention/historyEdits';
import { shownCheckpoint } from '../../../webview/ui/checkpoints';
import { moved, timeGap } from '../../../webview/ui/historyOrder';
import { formatPlaces, formatRank } from '../../../src/series/format';
import { scoreChange, scoresOf } from '../../../webview/attention/scoreChanges';
import { currentAttention, describeCell, selectionTitle } from '../../../webview/attention/shownAttention';
import { requestOf, wantedResources, type ResourceName } from '../../../webview/attention/resources';
import {
  hasNothingToRead,
  initialState,
  isLoading,
  reduce,
  type AttentionAction,
  type AttentionState,
} from '../../../webview/attention/state';
import { changeOf, mapsOf, meanMap, onLines } from '../../../webview/attention/weightMaps';
import type { AttentionPanelHost } from '../../../src/protocol/inspectionPanel';
import { ExampleInspector, type ExampleModel, type ExampleOptions } from '../../webview/attentionExample';
import { AttentionHost } from '../../webview/attentionPage';
import { ExampleCatalog, itemLabel } from '../../webview/exampleCatalog';

const self: RecordedView = {
  name: 'block1',
  label: 'Block 1',
  of: 'user',
  axes: ['head', 'position', 'position'],
  causal: true,
  normalized: true,
};

describe('maps of recorded weights', () => {
  test('a map for each head, rows as they were recorded', () => {
    const values = Float32Array.from({ length: 2 * 3 * 3 }, (_, i) => i);
    const maps = mapsOf(self, { view: 'block1', shape: [2, 3, 3], values });
    expect(maps.map(({ head, rows, columns, sums }) => [head, rows, columns, sums])).toEqual([
      [0, 3, 3, 'rows'],
      [1, 3, 3, 'rows'],
    ]);
    expect([...maps[1]!.values]).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17]);
    expect([...meanMap(maps).values]).toEqual([4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5]);
  });

  test('positions go down, candidates across', () => {
    const view = { ...self, of: 'candidate', axes: ['position'], causal: false } as const;
    const [map] = mapsOf(
      { ...view, axes: [...view.axes] },
      { view: 'block1', shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    );
    expect(map).toMatchObject({
      rows: 3,
      columns: 2,
      rowAxis: 'position',
      columnAxis: 'candidate',
      sums: 'columns',
    });
    expect([...map!.values]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('positions and slots; one candidate of several; a single column', () => {
    const of = (axes: RecordedView['axes'], shape: number[], kind: RecordedView['of'], candidate = 0) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Float32Array.from({ length: size }, (_, i) => i);
      return mapsOf(
        { ...self, axes, of: kind, causal: false },
        { view: 'block1', shape, values },
        candidate,
      )[0]!;
    };
    expect(of(['position', 'slot'], [3, 2], 'user')).toMatchObject({
      rows: 3,
      columns: 2,
      columnAxis: 'slot',
    });
    expect(of(['slot'], [4, 2], 'candidate')).toMatchObject({ rowAxis: 'candidate', columnAxis: 'slot' });
    expect(of(['position'], [3], 'user')).toMatchObject({ rows: 3, columns: 1, columnAxis: 'value' });
    expect([...of(['position', 'slot'], [2, 2, 2], 'candidate', 1).values]).toEqual([4, 5, 6, 7]);
  });

  test('a shape that does not fit is told', () => {
    expect(() => mapsOf(self, { view: 'block1', shape: [2, 3], values: new Float32Array(6) })).toThrow(
      /Block 1.*\[2, 3\].*head, position, position/,
    );
  });

  test('on lines, what was dropped has no weights, and the change is that of the same lines', () => {
    const before = onLines(
      { ...mapsOf(self, block([[1], [0.4, 0.6], [0.2, 0.3, 0.5]]))[0]! },
      [0, 1, 2],
      0,
      3,
    );
    const after = onLines(mapsOf(self, block([[1], [0.7, 0.3]]))[0]!, [0, 2], 0, 3);
    expect(Array.from(after.values, (value) => Math.round(value * 10) / 10)).toEqual([
      1,
      NaN,
      0,
      NaN,
      NaN,
      NaN,
      0.7,
      NaN,
      0.3,
    ]);
    const change = changeOf(after, before);
    expect(change.values[6]).toBeCloseTo(0.5);
    expect(change.values[8]).toBeCloseTo(-0.2);
    expect(change.values[7]).toBeNaN();
  });
});

/** One head's rows, with zeros behind them. */
function block(rows: number[][]): { view: string; shape: number[]; values: Float32Array } {
  const values = rows.flatMap((row) => [...row, ...Array<number>(rows.length - row.length).fill(0)]);
  return { view: 'block1', shape: [1, rows.length, rows.length], values: Float32Array.from(values) };
}

describe('what if', () => {
  const items: HistoryItem[] = [1, 2, 3, 4].map((item) => ({ ...itemLabel(item), time: null }));

  test('a position is changed once; putting the same item back is no change', () => {
    const dropped = withEdit([], items, { position: 2, item: null });
    const swapped = withEdit(dropped, items, { position: 2, item: itemLabel(9) });
    expect(swapped).toEqual([{ position: 2, item: itemLabel(9) }]);
    expect(withEdit(swapped, items, { position: 2, item: itemLabel(3) })).toEqual([]);
    const lines = historyLines(items, [...swapped, { position: 0, item: null }]);
    expect(keptLines(lines).map(({ now }) => now!.item)).toEqual([2, 9, 4]);
    expect(linesRead(keptLines(lines), 2)).toEqual([2, 3]);
  });

  test('moving keeps everything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.nat(30),
        fc.integer({ min: -3, max: 30 }),
        (list, from, to) => {
          const result = moved(list, from, to);
          expect([...result].sort()).toEqual([...list].sort());
          if (from < list.length) expect(result[Math.max(0, Math.min(list.length - 1, to))]).toBe(list[from]);
        },
      ),
    );
  });

  test('times between items', () => {
    const hour = 3_600_000;
    expect(
      [0, 30 * 60_000, 5 * hour, 72 * hour, 24 * 91 * hour, 24 * 800 * hour].map((gap) => timeGap(0, gap)),
    ).toEqual(['', '30 min', '5 h', '3 d', '3 mo', '2 y']);
    expect(timeGap(null, 5)).toBe('');
  });

  test('scores and ranks against those before', () => {
    const scored = (item: number, rank: number, score: number) => ({ ...itemLabel(item), rank, score });
    const result = (recommendations: ReturnType<typeof scored>[]): AttentionResult => ({
      history: [], weights: [], candidates: [], recommendations, target: null, contributions: [],
    }); // prettier-ignore
    const before = scoresOf(result([scored(1, 1, 0.5), scored(2, 4, 0.25)]));
    expect(scoreChange(scored(2, 1, 0.75), before)).toMatchObject({ scoreChange: 0.5, placesGained: 3 });
    expect(scoreChange(scored(7, 2, 0.75), before)).toMatchObject({ scoreChange: null, placesGained: null });
    expect([3, 0, -2, 0.5].map(formatPlaces)).toEqual(['▲ 3', '=', '▼ 2', '▲ 0.5']);
    expect([1234, 2.5].map(formatRank)).toEqual(['1,234', '2.5']);
  });
});

/** Asks for everything that is wanted, and takes the answers. */
async function settled(state: AttentionState, host: AttentionPanelHost): Promise<AttentionState> {
  for (;;) {
    const missing = wantedResources(state).find(({ name, key }) => state.resources[name]?.key !== key);
    if (!missing) return state;
    const { name, key, ask } = missing;
    state = reduce(state, { kind: 'asked', name, key });
    try {
      state = reduce(state, { kind: 'answered', name, key, value: await ask(host, 'task') });
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      state = reduce(state, { kind: 'failed', name, key, error: { message, code: code ?? null } });
    }
  }
}

/** A page that has been opened, before it has asked for anything. */
function hydrated(host: AttentionHost, kept: unknown = null): AttentionState {
  const { run } = host.first.run;
  return reduce(initialState(kept), { kind: 'hydrated', snapshot: { run, runs: host.runs, focus: null } });
}

/** The state of a page that shows a user of an example model. */
async function shown(
  model: ExampleModel,
  actions: AttentionAction[] = [],
  { user = 0, ...options }: Omit<ExampleOptions, 'model'> & { user?: number } = {},
): Promise<AttentionState> {
  const host = AttentionHost.of(model, options);
  let state = hydrated(host);
  if (user !== 0) state = reduce(state, { kind: 'userChosen', user });
  state = await settled(state, host.functions);
  for (const action of actions) state = await settled(reduce(state, action), host.functions);
  return state;
}

const wanted = (state: AttentionState): ResourceName[] => wantedResources(state).map(({ name }) => name);

describe('what is asked for', () => {
  test('views and history at once, then the best where weights depend on the candidate', async () => {
    const host = AttentionHost.of('din');
    const asked: ResourceName[] = [];
    let state = hydrated(host);
    expect(isLoading(initialState(null))).toBe(true);
    expect(wanted(state)).toEqual(['run']);
    state = reduce(state, { kind: 'asked', name: 'run', key: wantedResources(state)[0]!.key });
    expect(isLoading(state)).toBe(true);
    const run = state.resources.run!;
    state = reduce(state, { kind: 'answered', name: 'run', key: run.key, value: host.first.run });
    asked.push(...wanted(state));
    expect(asked).toEqual(['run', 'views', 'history']);
    state = await settled(state, host.functions);
    expect(wanted(state)).toEqual(['run', 'views', 'history', 'best', 'original']);
    expect(isLoading(state)).toBe(false);
    expect(wanted(await shown('sasrec'))).toEqual(['run', 'views', 'history', 'original']);
  });

  test('an edit asks for the edited history alone, and putting the item back for nothing', async () => {
    const host = AttentionHost.of('sasrec');
    let state = await settled(hydrated(host), host.functions);
    const { scene } = state;
    state = reduce(state, { kind: 'edited', edit: { position: 3, item: null } });
    expect(wanted(state)).toContain('edited');
    expect(state.scene).toBe(scene);
    host.asked.length = 0;
    state = await settled(state, host.functions);
    expect(host.asked).toHaveLength(1);
    expect(state.scene!.explained.original).toBe(scene!.explained.original);
    state = await settled(reduce(state, { kind: 'reset' }), host.functions);
    expect(host.asked).toHaveLength(1);
    expect(state.scene!.explained).toEqual(scene!.explained);
  });

  test('the run beside comes after the own one, and its trouble is told with it', async () => {
    const other = new ExampleInspector({ model: 'sasrec', name: 'wide', seed: 5 });
    const empty = new ExampleInspector({ model: 'sasrec', name: 'empty', checkpoints: [] });
    const host = new AttentionHost(new ExampleInspector({ model: 'sasrec' }), other, empty);
    const compare = (state: AttentionState, run: string): Promise<AttentionState> =>
      settled(
        reduce(state, {
          kind: 'settingsChanged',
          settings: { comparison: { run, checkpoint: 'best' } },
        }),
        host.functions,
      );
    const own = await settled(hydrated(host), host.functions);
    const beside = await compare(own, other.run.run);
    expect(beside.scene).toMatchObject({ otherRun: { name: 'wide' }, comparisonProblem: null });
    expect(beside.scene!.compared!.result.history).toHaveLength(19);
    const failed = await compare(beside, empty.run.run);
    expect(failed.scene).toMatchObject({
      compared: null,
      comparisonProblem: 'empty has no checkpoint. Choose another run.',
    });
    expect([isLoading(failed), failed.problem]).toEqual([false, null]);
    const next = reduce(beside, { kind: 'userChosen', user: 2 });
    expect((await settled(next, host.functions)).scene).toMatchObject({ comparisonProblem: null });
  });

  test('a history without items is told as such, and is no problem', async () => {
    const state = await shown('sasrec', [], { catalog: new ExampleCatalog(undefined, [1]) });
    expect([hasNothingToRead(state), isLoading(state)]).toEqual([true, false]);
    expect([state.scene, state.problem]).toEqual([null, null]);
  });

  test('an analysis is asked for anew each time, and one that was canceled is no problem', async () => {
    const host = AttentionHost.of('sasrec');
    const opened = await settled(hydrated(host), host.functions);
    const first = reduce(opened, { kind: 'overviewAsked' });
    const second = reduce(first, { kind: 'overviewAsked' });
    const keyOf = (state: AttentionState): string =>
      wantedResources(state).find(({ name }) => name === 'overview')!.key;
    expect(keyOf(first)).not.toBe(keyOf(second));
    const name = 'overview' as const;
    const asked = reduce(first, { kind: 'asked', name, key: keyOf(first) });
    expect(isLoading(asked)).toBe(false);
    const error = { message: 'Canceled.', code: 'inspection/canceled' };
    const ended = reduce(asked, { kind: 'failed', name, key: keyOf(first), error });
    expect(ended.problem).toBeNull();
    expect(reduce(ended, { kind: 'retried' }).resources.overview!.status).toBe('failed');
  });
});

describe('what is shown', () => {
  test('the last block first, as the mean of its heads, and its newest row as what decided', async () => {
    const { side, lines } = currentAttention(await shown('sasrec'));
    expect(side!.selection).toEqual({ view: 'block2', heads: [] });
    expect(selectionTitle(side!.selected, side!.selection)).toBe('Block 2 · mean of 4 heads');
    expect(side!.decision!.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(side!.decision!.weights.at(-1)).toBe(side!.map.values.at(-1));
    const text = describeCell(side!, lines, { row: 18, column: 17 });
    expect(text).toMatch(/^The Maltese Falcon.* attends to Psycho.*: 0\.\d{3}$/);
    expect(describeCell(side!, lines, { row: 3, column: 5 })).toContain('cannot attend to');
  });

  test('one head, and two of them', async () => {
    const one = await shown('sasrec', [
      { kind: 'settingsChanged', settings: { selection: { view: 'block1', heads: [2] } } },
    ]);
    const { side } = currentAttention(one);
    expect(side!.map.values).toEqual(onLines(side!.selected.maps[2]!, lineNumbers(19), 0, 19).values);
    expect(selectionTitle(side!.selected, side!.selection)).toBe('Block 1 · head 3');
    const none = await shown('sasrec', [
      { kind: 'settingsChanged', settings: { selection: { view: 'gone', heads: [9] } } },
    ]);
    expect(currentAttention(none).side!.selection.view).toBe('block2');
  });

  test('a dropped item: its line stays, the others share its weight, and the newest that is left decides', async () => {
    const state = await shown('sasrec', [{ kind: 'edited', edit: { position: 18, item: null } }]);
    const { side, lines } = currentAttention(state);
    expect(lines).toHaveLength(19);
    expect(lines[18]!.now).toBeNull();
    const { weights, before } = side!.decision!;
    expect(weights[18]).toBeNaN();
    expect([...weights.subarray(0, 18)].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect([...before!].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    // Causal: nothing before the dropped item has changed.
    const changes = [...side!.change!.values.subarray(0, 17 * 19)].filter(Number.isFinite);
    expect(Math.max(...changes.map(Math.abs))).toBe(0);
  });

  test('a long history is read in part', async () => {
    const state = await shown('sasrec', [], { user: 1, maxLength: 50 });
    expect(currentAttention(state)).toMatchObject({ unread: 149 });
    expect(currentAttention(state).lines[0]!.position).toBe(149);
  });

  test.each(['din', 'dien', 'sum'] as const)('%s: positions go down', async (model) => {
    const { side } = currentAttention(await shown(model));
    expect(side!.map).toMatchObject({
      rowAxis: 'position',
      rows: 19,
      columnAxis: model === 'sum' ? 'slot' : 'candidate',
    });
    expect(side!.decision!.weights).toHaveLength(19);
  });

  test('a model without attention has no side', async () => {
    expect(currentAttention(await shown('twotower')).side).toBeNull();
  });
});

function lineNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, line) => line);
}

describe('settings', () => {
  test('what is kept is what was set, and what is not understood is set anew', async () => {
    const state = await shown('sasrec', [
      { kind: 'edited', edit: { position: 3, item: itemLabel(9) } },
      { kind: 'settingsChanged', settings: { display: 'lines', pinned: { row: 2, column: 1 }, seed: 7 } },
    ]);
    const kept = JSON.parse(JSON.stringify(state.settings)) as unknown;
    expect(initialState(kept).settings).toEqual(state.settings);
    const broken = {
      display: 'hologram',
      user: -4,
      edits: [{ position: 'x' }],
      pinned: 3,
      composed: 'all',
      seed: 1.5,
    };
    expect(initialState(broken).settings).toEqual(initialState(null).settings);
  });

  test('another user’s history takes changes and pins away', async () => {
    const state = await shown('sasrec', [
      { kind: 'edited', edit: { position: 3, item: null } },
      { kind: 'settingsChanged', settings: { pinned: { row: 2, column: 1 } } },
    ]);
    const next = reduce(state, { kind: 'userChosen', user: 1 });
    expect(next.settings).toMatchObject({ user: 1, edits: [], pinned: { row: null, column: null } });
  });

  test('the best checkpoint, unless another one is wanted and there', () => {
    const { run } = new ExampleInspector({ model: 'sasrec' });
    expect(shownCheckpoint(run, null)).toBe('best');
    expect(shownCheckpoint(run, 'epoch-2')).toBe('epoch-2');
    expect(shownCheckpoint(run, 'epoch-77')).toBe('best');
    expect(shownCheckpoint({ ...run, checkpoints: [] }, null)).toBeNull();
  });

  test('a composed history is nobody’s, and has no known next item', async () => {
    const state = await shown('sasrec', [{ kind: 'composedChanged', items: [itemLabel(5), itemLabel(6)] }]);
    expect(requestOf(state, [], [])).toMatchObject({ subject: { user: -1, history: [5, 6] }, target: null });
  });

  test('a problem ends the waiting, an answer ends the problem', async () => {
    const failed = reduce(initialState(null), {
      kind: 'problem',
      problem: { message: 'No.', of: 'hydrate' },
    });
    expect(isLoading(failed)).toBe(false);
    const problem = { message: 'No.', of: 'explain' } as const;
    const state = await shown('sasrec', [
      { kind: 'problem', problem },
      { kind: 'userChosen', user: 2 },
    ]);
    expect(state.problem).toBeNull();
  });
});
