import type { ComparedRun, Comparison } from '../../src/protocol/comparison';
import type {
  ComparisonPanelHost,
  ComparisonPanelView,
  ShownComparison,
} from '../../src/protocol/comparisonPanel';
import { exampleComparison, exampleRuns } from './comparisonExample';
import { WebviewPages, type OpenWebview, type PageOptions } from './webviewPages';

/** The extension's side, played by the test. */
export class ComparisonHost {
  comparison: Comparison = exampleComparison();
  runs: ComparedRun[] = exampleRuns();
  /** When set, a comparison fails with it. */
  failure: Error | null = null;
  readonly asked: ShownComparison[] = [];
  readonly saved: { fileName: string; content: unknown }[] = [];
  readonly canceled: string[] = [];
  /** Holds the answer back until it resolves. */
  held: Promise<void> = Promise.resolve();

  readonly functions: ComparisonPanelHost = {
    hydrate: () => Promise.resolve(['itemKnn', 'bprMf 14:05', 'bprMf 14:06', 'sasrec']),
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
    save: (fileName, content) => {
      this.saved.push({ fileName, content });
      return Promise.resolve();
    },
  };
}

export type OpenComparison = OpenWebview<ComparisonPanelView, ComparisonPanelHost>;

/** Opens the page of comparisons. */
export class ComparisonPages {
  private constructor(private readonly pages: WebviewPages) {}

  static async start(): Promise<ComparisonPages> {
    return new ComparisonPages(await WebviewPages.start('comparison'));
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
