import type { AttentionRequest, AttentionResult } from '../../src/protocol/attention';
import type { CheckpointSource } from '../../src/protocol/inspection';
import type {
  AttentionPanelHost,
  InspectionFocus,
  InspectionPanelView,
  RunChoice,
} from '../../src/protocol/inspectionPanel';
import { ExampleInspector, findItems, findUsers, type ExampleModel } from './attentionExample';
import { type PageOptions, WebviewPages, type OpenWebview } from './webviewPages';

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

  static of(model: ExampleModel): AttentionHost {
    return new AttentionHost(new ExampleInspector({ model }));
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
    findUsers: (_run, text, limit) => Promise.resolve(findUsers(text, limit)),
    findItems: (_run, text, limit) => Promise.resolve(findItems(text, limit)),
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
