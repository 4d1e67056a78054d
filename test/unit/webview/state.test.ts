import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/protocol/events';
import { RunSeries } from '../../../src/series/runSeries';
import { initialState, reduce, type LiveAction, type LiveState } from '../../../webview/live/state';
import { exampleEvents, exampleRun } from '../../webview/exampleRun';

const events = exampleEvents(2, 10);

function hydrated(seen: readonly RunEvent[], kept: unknown = null): LiveState {
  const series = new RunSeries();
  series.fold(seen);
  const snapshot = {
    run: exampleRun('running', 1),
    title: 'sasrec',
    history: series.history(),
    canTrain: true,
    notice: null,
  };
  return reduce(initialState(kept), { kind: 'hydrated', snapshot }).state;
}

function after(state: LiveState, action: LiveAction): LiveState {
  return reduce(state, action).state;
}

test('a snapshot and the events after it make the curves', () => {
  const { state, gap } = reduce(hydrated(events.slice(0, 9)), {
    kind: 'eventsAppended',
    events: events.slice(9),
  });
  expect(gap).toBe(false);
  expect(state.series.get('loss')!.step).toHaveLength(20);
});

test('missing events are told, and change nothing', () => {
  const { state, gap } = reduce(hydrated(events.slice(0, 9)), {
    kind: 'eventsAppended',
    events: events.slice(12),
  });
  expect(gap).toBe(true);
  expect(state.series.cursor).toBe(9);
});

test('events before the first snapshot are left to it', () => {
  const { state, gap } = reduce(initialState(null), { kind: 'eventsAppended', events });
  expect(gap).toBe(false);
  expect(state.series.names).toEqual([]);
});

test('a log that is still being read: no curves and no gap until the history comes', () => {
  const snapshot = {
    run: exampleRun('running', 1),
    title: 'sasrec',
    history: null,
    canTrain: true,
    notice: null,
  };
  const reading = after(initialState(null), { kind: 'hydrated', snapshot });
  expect([reading.reading, reading.series.names]).toEqual([true, []]);
  const { state, gap } = reduce(reading, { kind: 'eventsAppended', events: events.slice(5) });
  expect([gap, state.series.cursor]).toEqual([false, 0]);
  const series = new RunSeries();
  series.fold(events.slice(0, 9));
  const read = after(state, { kind: 'historyRead', history: series.history() });
  expect([read.reading, read.series.cursor]).toEqual([false, 9]);
  expect(reduce(read, { kind: 'eventsAppended', events: events.slice(9) }).gap).toBe(false);
});

test('the manifest tells how long an epoch is before the log does', () => {
  const state = hydrated(events.slice(0, 3));
  expect(state.series.get('loss')!.epoch[0]).toBeCloseTo(1 / 60, 12);
});

test.each(['lost', 'failed'] as const)(
  'a run that is %s has no validation of an epoch that was not saved; one that goes on has it again',
  (status) => {
    // The second epoch was measured, and the trainer died before it was saved.
    const died = exampleRun(status, 1);
    const validations = (state: LiveState) => state.series.get('validation/ndcg@10')?.step.length ?? 0;
    const told = exampleEvents(2);
    const running = hydrated(told);
    expect(validations(running)).toBe(2);
    const dead = after(running, { kind: 'runChanged', run: died });
    expect(validations(dead)).toBe(1);
    expect(dead.series.marks.filter(({ kind, step }) => kind === 'best' && step > 60)).toEqual([]);
    // Its steps were taken all the same.
    expect(dead.series.get('loss')!.step).toHaveLength(120);

    const series = new RunSeries();
    series.fold(told.slice(0, -3));
    const snapshot = { run: died, title: '', history: series.history(), canTrain: true, notice: null };
    const opened = after(initialState(null), { kind: 'hydrated', snapshot });
    expect(validations(after(opened, { kind: 'eventsAppended', events: told }))).toBe(1);

    const { gap } = reduce(dead, { kind: 'runChanged', run: exampleRun('running', 1) });
    expect(gap).toBe(true);
  },
);

test('settings come back, and what is not understood is set anew', () => {
  const state = hydrated([], {
    smoothing: 0.25,
    xAxis: 'epoch',
    yAxis: 'sideways',
    metric: 'mrr',
  });
  expect(state.settings).toEqual({ smoothing: 0.25, xAxis: 'epoch', yAxis: 'linear', metric: 'mrr' });
  for (const junk of [null, 7, 'x', [], { smoothing: 1, xAxis: 3 }]) {
    expect(initialState(junk).settings).toEqual({
      smoothing: 0.6,
      xAxis: 'step',
      yAxis: 'linear',
      metric: null,
    });
  }
});

test('another x axis ends the zoom, which was on the old one; other settings keep it', () => {
  const zoomed = after(hydrated(events), { kind: 'zoomed', zoom: { from: 3, to: 5 } });
  expect(after(zoomed, { kind: 'settingsChanged', settings: { smoothing: 0.1 } }).zoom).toEqual({
    from: 3,
    to: 5,
  });
  expect(after(zoomed, { kind: 'settingsChanged', settings: { xAxis: 'time' } }).zoom).toBeNull();
});

test('asking again takes the last problem away', () => {
  const failed = after(hydrated(events), { kind: 'problem', message: 'No' });
  const asked = after(failed, { kind: 'asked', pending: 'stop' });
  expect([asked.problem, asked.pending]).toEqual([null, 'stop']);
  expect(after(asked, { kind: 'answered' }).pending).toBeNull();
});
