import type { Page } from 'playwright-core';
import type { AttentionRequest, AttentionResult } from '../../src/protocol/attention';
import type { CheckpointSource } from '../../src/protocol/inspection';
import type {
  AttentionPanelHost,
  InspectionFocus,
  InspectionPanelView,
  RunChoice,
} from '../../src/protocol/inspectionPanel';
import { ExampleInspector, type ExampleModel, type ExampleOptions } from './attentionExample';
import { choose, settled, usePages } from './pageSuite';
import { type PageOptions, WebviewPages, type OpenWebview } from './webviewPages';

export { choose, settled };

export type OpenAttention = OpenWebview<InspectionPanelView, AttentionPanelHost>;

/** The extension's side, played by the test: it has the first run's panel open, and knows the others. */
export class AttentionHost {
  readonly inspectors: readonly ExampleInspector[];
  readonly saved: { fileName: string; content: string | ArrayBuffer }[] = [];
  readonly opened: { view: string; run: string; focus: InspectionFocus }[] = [];
  readonly asked: { source: CheckpointSource; request: AttentionRequest }[] = [];
  /** The newest answer to `attend`. */
  answered: AttentionResult | null = null;
  focus: InspectionFocus | null = null;
  /** When set, `attend` fails with it. */
  failure: Error | null = null;
  /** Holds the answer to `hydrate` back until it resolves. */
  held: Promise<void> = Promise.resolve();

  constructor(...inspectors: ExampleInspector[]) {
    this.inspectors = inspectors;
  }

  static of(model: ExampleModel, options: Omit<ExampleOptions, 'model'> = {}): AttentionHost {
    return new AttentionHost(new ExampleInspector({ ...options, model }));
  }

  get first(): ExampleInspector {
    return this.inspectors[0]!;
  }

  get runs(): RunChoice[] {
    return this.inspectors.map(({ run }) => ({
      run: run.run,
      title: run.name,
      model: run.model,
      createdAt: 0,
    }));
  }

  #find(run: string): ExampleInspector {
    const found = this.inspectors.find((inspector) => inspector.run.run === run);
    if (!found) throw new Error(`There is no run ${run}.`);
    return found;
  }

  readonly functions: AttentionPanelHost = {
    hydrate: async () => {
      await this.held;
      return { run: this.first.run.run, runs: this.runs, focus: this.focus };
    },
    describeRun: async (run) => Promise.resolve(this.#find(run).run),
    findUsers: async (run, text, limit) => Promise.resolve(this.#find(run).catalog.findUsers(text, limit)),
    findItems: async (run, text, limit) => Promise.resolve(this.#find(run).catalog.findItems(text, limit)),
    userHistory: async (run, user, end) => Promise.resolve(this.#find(run).userHistory(user, end)),
    attentionViews: async ({ run }) => this.#find(run).attentionViews(),
    attend: async (source, request) => {
      this.asked.push({ source, request });
      if (this.failure) throw this.failure;
      this.answered = await this.#find(source.run).attend(source, request);
      return this.answered;
    },
    overview: async (source, maxUsers, seed, task) =>
      this.#find(source.run).overview(source, maxUsers, seed, task),
    cancel: (task) => this.first.cancel(task),
    save: (fileName, content) => {
      this.saved.push({ fileName, content });
      return Promise.resolve();
    },
    openView: (view, run, focus) => {
      this.opened.push({ view, run, focus });
      return Promise.resolve();
    },
  };
}

/** Opens attention panels in Chromium. */
export class AttentionPages {
  readonly #pages: WebviewPages;

  private constructor(pages: WebviewPages) {
    this.#pages = pages;
  }

  static async start(): Promise<AttentionPages> {
    return new AttentionPages(await WebviewPages.start('attention'));
  }

  stop(): Promise<void> {
    return this.#pages.stop();
  }

  async open(host: AttentionHost, options: PageOptions = {}): Promise<OpenAttention> {
    const opened = await this.#pages.open<InspectionPanelView, AttentionPanelHost>(
      host.functions,
      ['progress', 'runsChanged', 'focus'],
      options,
    );
    host.first.onProgress = (task, done, of) =>
      void opened.view.progress(task, { phase: 'Reading users', done, of });
    return opened;
  }
}

/** Panels for the tests of a file. Whatever a test does, its pages must not break their policy or complain. */
export function useAttention(): {
  /** Opens a panel and waits until the first weights are drawn. */
  open: (host: AttentionHost, options?: PageOptions) => Promise<Page>;
  openAtOnce: (host: AttentionHost, options?: PageOptions) => Promise<OpenAttention>;
} {
  // Chromium's advice is about the pixels that the tests read.
  const opened = usePages(() => AttentionPages.start(), 'willReadFrequently');
  const openAtOnce = (host: AttentionHost, options: PageOptions = {}): Promise<OpenAttention> =>
    opened((pages) => pages.open(host, options));
  return {
    openAtOnce,
    open: async (host, options) => {
      const { page } = await openAtOnce(host, options);
      await page.locator('.recommendations tbody tr').first().waitFor();
      await settled(page);
      return page;
    },
  };
}
