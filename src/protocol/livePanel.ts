import type { RunEvent } from './events';
import type { InspectionView } from './inspectionPanel';
import type { RunSummary } from './run';
import type { RunSettings } from './runSettings';

/** One curve of a run, column by column; all arrays have the same length. */
export interface SeriesColumns {
  step: Float64Array;
  /** Fractional while an epoch runs: 2.5 is the middle of the third epoch. */
  epoch: Float64Array;
  /** ms since 1970. */
  time: Float64Array;
  value: Float64Array;
}

/**
 * Curves that were measured at the same points, which are sent once for all of them. All arrays have the same length; see
 * {@link SeriesColumns}.
 */
export interface SeriesTrack {
  step: Float64Array;
  /** Null where it follows from the step. */
  epoch: Float64Array | null;
  time: Float64Array;
  /** Curve name → its values, NaN where it has none. */
  values: Record<string, Float64Array>;
}

/** Something that happened at a point of training and is drawn as a mark on the charts. */
export interface RunMark {
  kind: 'best' | 'checkpoint' | 'resumed';
  step: number;
  epoch: number;
  time: number;
}

export interface RunMessage {
  level: 'info' | 'warning' | 'error';
  message: string;
  time: number;
}

/** All that an event log says about curves, folded. `cursor` is the `seq` of the next event that is not in it. */
export interface RunHistory {
  cursor: number;
  /** False of an outline: each curve's extremes in many short stretches, as many as a chart can show. */
  complete: boolean;
  /** Optimizer steps of one epoch; null until the log tells, which it does at the end of the first epoch. */
  stepsPerEpoch: number | null;
  /** Measured at every step (`loss`, `learningRate`, `throughput`). */
  training: SeriesTrack;
  /** Measured now and then (`memory`, `cpu`). */
  system: SeriesTrack;
  /** Measured after an epoch (`validation/ndcg@10`). */
  validation: SeriesTrack;
  marks: RunMark[];
  messages: RunMessage[];
}

export interface LivePanelSnapshot {
  run: RunSummary;
  /** As the list of runs shows it: equal names are told apart. */
  title: string;
  /** Null while the log is still being read: `historyRead` follows. Of a long run it is an outline. */
  history: RunHistory | null;
  /** False in an untrusted workspace, where runs can be looked at but not started. */
  canTrain: boolean;
  /** How runs are followed, when it is not by file watching: shown as a hint. */
  notice: string | null;
}

/** What the live panel's page may ask of the extension. Errors cross as rejected promises. */
export interface LivePanelHost {
  /** The page has loaded and listens. Called again whenever a delta does not join on. */
  hydrate(): Promise<LivePanelSnapshot>;
  /** All points, for a page that was given an outline of them. */
  history(): Promise<RunHistory>;
  /** The run's settings beside what is usual. */
  settings(): Promise<RunSettings>;
  stop(): Promise<void>;
  resume(): Promise<void>;
  evaluate(): Promise<void>;
  /** Trains what the run's config file says today, as another run. */
  trainAgain(): Promise<void>;
  openConfig(): Promise<void>;
  openLog(): Promise<void>;
  /** Opens a view of the run's model, or of its test results. */
  openView(view: InspectionView | 'evaluation'): Promise<void>;
  /** Asks the user where to put a file that the page made (PNG, SVG, CSV). */
  save(fileName: string, content: string | ArrayBuffer): Promise<void>;
}

/** What the extension tells the live panel's page. */
export interface LivePanelView {
  runChanged(run: RunSummary): void;
  /** Another run has its name now, or has it no more. */
  titleChanged(title: string): void;
  /** The log has been read to its end, and this is all of it or an outline; what is written from now on comes as events. */
  historyRead(history: RunHistory): void;
  /** New events, without gaps, starting at the page's cursor. */
  append(events: RunEvent[]): void;
}
