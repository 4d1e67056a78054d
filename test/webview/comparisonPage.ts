import type { ComparedRun, Comparison } from '../../src/protocol/comparison';
import type {
  ComparisonPanelHost,
  ComparisonPanelView,
  ShownComparison,
} from '../../src/protocol/comparisonPanel';
import { exampleComparison, exampleEvaluation, exampleRuns } from './comparisonExample';
import { WebviewPages, type OpenWebview, type PageOptions } from './webviewPages';

/** The extension's side, played by the test. */
export class ComparisonHost {
  comparison: Comparison = exampleComparison();
  runs: ComparedRun[] = exampleRuns();
  titles = ['itemKnn', 'bprMf 14:05', 'bprMf 14:06', 'sasrec'];
  /** When set, a comparison fails with it. */
  failure: Error | null = null;
  readonly asked: ShownComparison[] = [];
  readonly saved: { fileName: string; content: unknown }[] = [];
  readonly canceled: string[] = [];
  evaluations = 0;
  /** Holds the answer back until it resolves. */
  held: Promise<void> = Promise.resolve();

  readonly functions: ComparisonPanelHost = {
    hydrate: () => Promise.resolve(this.titles),
    describeRuns: () => Promise.resolve(this.runs),
    compare: async (request) => {
      this.asked.push(request);
      await this.held;
      if (this.failure) throw this.failure;
      const { metrics } = request;
      return metrics === null ? this.comparison : { ...this.comparison, metrics };
    },
    cancel: (task) => {
      this.canceled.push(task);
      return Promise.resolve();
    },
    evaluate: () => {
      this.evaluations++;
      return Promise.resolve();
    },
    save: (fileName, content) => {
      this.saved.push({ fileName, content });
      return Promise.resolve();
    },
  };
}

/** The same for a run and its baselines. */
export class EvaluationHost extends ComparisonHost {
  override comparison = exampleEvaluation();
  override runs = exampleRuns().slice(-1);
  override titles = ['sasrec'];
}

export type OpenComparison = OpenWebview<ComparisonPanelView, ComparisonPanelHost>;

/** Opens the page of comparisons, or of evaluations. */
export class ComparisonPages {
  private constructor(private readonly pages: WebviewPages) {}

  static async start(panel: 'comparison' | 'evaluation' = 'comparison'): Promise<ComparisonPages> {
    return new ComparisonPages(await WebviewPages.start(panel));
  }

  open(host: ComparisonHost, options: PageOptions = {}): Promise<OpenComparison> {
    return this.pages.open<ComparisonPanelView, ComparisonPanelHost>(
      host.functions,
      ['progress', 'runsChanged'],
      options,
    );
  }

  stop(): Promise<void> {
    return this.pages.stop();
  }
}
