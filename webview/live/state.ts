import type { RunEvent } from '../../src/protocol/events';
import type { LivePanelSnapshot, RunHistory } from '../../src/protocol/livePanel';
import type { RunSummary } from '../../src/protocol/run';
import type { RunSettings } from '../../src/protocol/runSettings';
import type { XAxis, YAxis } from '../../src/series/axes';
import { RunSeries } from '../../src/series/runSeries';

/** What the user set, kept when the window is reloaded. */
export interface LiveSettings {
  smoothing: number;
  xAxis: XAxis;
  yAxis: YAxis;
  /** Validation metric on the chart; null for the run's main one. */
  metric: string | null;
}

export interface LiveState {
  settings: LiveSettings;
  /** The part of the x axis that the charts show; null for all of it. */
  zoom: { from: number; to: number } | null;
  /** Null until the extension has answered. */
  run: RunSummary | null;
  /** Of the run, which no other one has. */
  title: string;
  series: RunSeries;
  /** Null until the details were opened. */
  runSettings: RunSettings | null;
  /** The log is not read to its end yet, and `series` is empty. */
  reading: boolean;
  canTrain: boolean;
  notice: string | null;
  /** What the user asked for and the extension has not answered yet. */
  pending: 'stop' | 'resume' | 'trainAgain' | 'evaluate' | null;
  /** Why the last thing that was asked for did not happen. */
  problem: string | null;
}

export type LiveAction =
  | { kind: 'hydrated'; snapshot: LivePanelSnapshot }
  | { kind: 'historyRead'; history: RunHistory }
  | { kind: 'runChanged'; run: RunSummary }
  | { kind: 'titleChanged'; title: string }
  | { kind: 'settingsRead'; settings: RunSettings }
  | { kind: 'eventsAppended'; events: readonly RunEvent[] }
  | { kind: 'settingsChanged'; settings: Partial<LiveSettings> }
  | { kind: 'zoomed'; zoom: LiveState['zoom'] }
  | { kind: 'asked'; pending: LiveState['pending'] }
  | { kind: 'answered' }
  | { kind: 'problem'; message: string | null };

const DEFAULTS: LiveSettings = { smoothing: 0.6, xAxis: 'step', yAxis: 'linear', metric: null };

export function initialState(kept: unknown): LiveState {
  return {
    settings: readSettings(kept),
    zoom: null,
    run: null,
    title: '',
    series: new RunSeries(),
    runSettings: null,
    reading: true,
    canTrain: false,
    notice: null,
    pending: null,
    problem: null,
  };
}

/**
 * The state after an action. `series` is the same object throughout and grows: copying it for every step of a long
 * run would cost more than drawing it.
 *
 * `gap` is true when events are missing, and the extension must be asked for the whole history again.
 */
export function reduce(state: LiveState, action: LiveAction): { state: LiveState; gap: boolean } {
  switch (action.kind) {
    case 'hydrated': {
      const { run, title, history, canTrain, notice } = action.snapshot;
      // An outline is no news to a page that has had all points and asks for those that it missed.
      const isOutline = history?.complete === false;
      const series = isOutline && !state.reading ? state.series : readSeries(run, history ?? undefined);
      // The first answer ends the trouble of having none.
      const problem = state.run === null ? null : state.problem;
      const reading = history?.complete !== true;
      return next({ ...state, run, title, series, reading, canTrain, notice, problem });
    }
    case 'historyRead': {
      const { run } = state;
      // Without a run, the answer that is under way will hold this.
      return next(
        run === null
          ? state
          : { ...state, series: readSeries(run, action.history), reading: !action.history.complete },
      );
    }
    case 'runChanged': {
      const { run } = action;
      state.series.setStepsPerEpoch(run.manifest.progress.stepsPerEpoch);
      forgetUnsaved(state.series, run);
      // What was forgotten of a run that was not lost after all is in its log.
      const gap = state.run !== null && lastSaved(state.run) !== null && lastSaved(run) === null;
      return { state: { ...state, run }, gap };
    }
    case 'titleChanged':
      return next({ ...state, title: action.title });
    case 'settingsRead':
      return next({ ...state, runSettings: action.settings });
    case 'eventsAppended': {
      // Before the history there is nothing to append to, and the history will hold these events.
      if (state.reading) return next(state);
      const gap = !state.series.append(action.events);
      if (state.run !== null) forgetUnsaved(state.series, state.run);
      return { state: { ...state }, gap };
    }
    case 'settingsChanged': {
      const settings = { ...state.settings, ...action.settings };
      return next({ ...state, settings, zoom: settings.xAxis === state.settings.xAxis ? state.zoom : null });
    }
    case 'zoomed':
      return next({ ...state, zoom: action.zoom });
    case 'asked':
      return next({ ...state, pending: action.pending, problem: null });
    case 'answered':
      return next({ ...state, pending: null });
    case 'problem':
      return next({ ...state, problem: action.message });
  }
}

function readSeries(run: RunSummary, history?: RunHistory): RunSeries {
  const series = new RunSeries(history);
  series.setStepsPerEpoch(run.manifest.progress.stepsPerEpoch);
  forgetUnsaved(series, run);
  return series;
}

/**
 * Leaves out the validation of an epoch that a trainer measured and did not save before it died: wherever a run is told of, it
 * has the epochs that a resume continues from.
 */
function forgetUnsaved(series: RunSeries, run: RunSummary): void {
  const step = lastSaved(run);
  if (step !== null) series.forgetValidationsAfter(step);
}

/** Step of the newest validation that a run has whose trainer did not end in order; null for other runs. */
function lastSaved({ status, manifest }: RunSummary): number | null {
  if (status !== 'lost' && status !== 'failed') return null;
  const { last, progress } = manifest;
  // Older versions tell of epochs without telling what was measured.
  return last?.step ?? (progress.epoch === 0 ? 0 : null);
}

function next(state: LiveState): { state: LiveState; gap: boolean } {
  return { state, gap: false };
}

/** What an earlier page kept, which may have been another version: what is not understood is set anew. */
function readSettings(kept: unknown): LiveSettings {
  const { smoothing, xAxis, yAxis, metric }: { [Name in keyof LiveSettings]?: unknown } =
    typeof kept === 'object' && kept !== null ? kept : {};
  return {
    smoothing:
      typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : DEFAULTS.smoothing,
    xAxis: xAxis === 'step' || xAxis === 'epoch' || xAxis === 'time' ? xAxis : DEFAULTS.xAxis,
    yAxis: yAxis === 'linear' || yAxis === 'log' ? yAxis : DEFAULTS.yAxis,
    metric: typeof metric === 'string' ? metric : DEFAULTS.metric,
  };
}
