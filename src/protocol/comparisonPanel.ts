import type { ComparedRun, Comparison, ComparisonRequest } from './comparison';
import type { InspectorListener } from './inspection';

/** What the page asks for of its runs. */
export type ShownComparison = Pick<ComparisonRequest, 'metrics' | 'slices' | 'baselines'>;

/** What the pages of comparisons and evaluations may ask of the extension. */
export interface ComparisonPanelHost {
  /** The page has loaded and listens. @returns titles of the runs, in order */
  hydrate(): Promise<string[]>;
  /** The runs with their curves, whether or not they are comparable. */
  describeRuns(): Promise<ComparedRun[]>;
  /** @param task id for progress and `cancel` */
  compare(request: ShownComparison, task: string): Promise<Comparison>;
  cancel(task: string): Promise<void>;
  /** Evaluates the first run, whose results may be missing. */
  evaluate(): Promise<void>;
  /** Asks the user where to put a file that the page made. */
  save(fileName: string, content: string | ArrayBuffer): Promise<void>;
}

/** What the extension tells the page. */
export interface ComparisonPanelView extends InspectorListener {
  /** A run has other results now. */
  runsChanged(): void;
}
