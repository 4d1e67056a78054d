/*
 * The inspector is a process that opens trained runs and answers what the views ask of them. The extension starts one for
 * each panel and the command line one for each command; it ends with whoever started it. It never changes a run, but for
 * the folders `projection/` and `attention/`, where it keeps what took long.
 */

/** A stored state of a run's weights, such as `best`, `last` or `epoch-12`. */
export interface StoredCheckpoint {
  name: string;
  /** Epochs that were trained; a fraction for a `last` that stands within one. */
  epoch: number;
}

/** One state of one run. */
export interface CheckpointSource {
  /** Absolute path of the run directory. */
  run: string;
  /** Name of a {@link StoredCheckpoint}. */
  checkpoint: string;
}

/** What a run is, as far as both views need it. */
export interface InspectedRun {
  /** Absolute path of the run directory. */
  run: string;
  /** The run's id. */
  id: string;
  name: string;
  /** Model type, such as `sasrec`. */
  model: string;
  /** Whether it is one that has no checkpoints, as it is fitted anew in moments. */
  isBaseline: boolean;
  /** By epoch; `best` before `last` before an `epoch-N` of the same epoch. */
  checkpoints: StoredCheckpoint[];
  numUsers: number;
  numItems: number;
}

/** An item that a view can name. */
export interface ItemLabel {
  /** Index, from 1. */
  item: number;
  /** As in the data. */
  id: string;
  /** Where the config names an item table with titles, else the id. */
  title: string;
}

/** A user that a view can name. */
export interface UserLabel {
  /** Index, from 0. */
  user: number;
  id: string;
  /** Interactions, validation and test included. */
  historyLength: number;
}

/** How far a user's history goes: what is known when validating, when testing, or everything. */
export type HistoryEnd = 'train' | 'validation' | 'all';

export interface HistoryItem extends ItemLabel {
  /** ms since 1970, or null when the data have no times. */
  time: number | null;
}

/** What a user did after a history. */
export interface HeldOutItem extends HistoryItem {
  part: 'validation' | 'test';
}

export interface UserHistory {
  user: UserLabel;
  /** Oldest first. */
  items: HistoryItem[];
  /** What the user did next; null where the history is everything. */
  next: ItemLabel | null;
  /** All that the user did after the history, in the order of the data. */
  heldOut: HeldOutItem[];
}

/** What both views ask. Errors cross as rejected promises with `code` and a message for people. */
export interface RunInspector {
  describeRun(run: string): Promise<InspectedRun>;
  /** Users whose id starts with, contains or nearly is the text; the empty text gives the first. */
  findUsers(run: string, text: string, limit: number): Promise<UserLabel[]>;
  /** Items whose title or id starts with, contains or nearly is the text, best match first; `/…/` is a regular expression. */
  findItems(run: string, text: string, limit: number): Promise<ItemLabel[]>;
  userHistory(run: string, user: number, end: HistoryEnd): Promise<UserHistory>;
}

/** What whoever started an inspector may ask of it, and pages may not. */
export interface HostInspector {
  /** Opens a run, and the model that views show first, so that they are at hand when a page asks. */
  warmUp(run: string): Promise<void>;
  /**
   * Resolves when the data files of all runs that were opened have been looked at, and a notice of each told that has changed.
   * It happens by itself some seconds after a run was opened.
   */
  checkSources(): Promise<void>;
}

/** What the inspector tells whoever started it while a call is under way. */
export interface InspectorListener {
  /** @param task the id that the call was given */
  progress(task: string, progress: TaskProgress): void;
}

/** What it tells beside, for people and not for pages. */
export interface InspectorNotices extends InspectorListener {
  /** Such as that the data files of a run have changed. */
  notice(message: string): void;
}

export interface TaskProgress {
  /** For people, such as `Finding neighbors`. */
  phase: string;
  done: number;
  of: number;
  /** UMAP: the layout as it is now, `[points, dimensions]`, at most a few times a second. */
  layout?: Float32Array;
}
