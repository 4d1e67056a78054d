import type { RunEvent } from '../../src/protocol/events';
import type { LivePanelHost, LivePanelView } from '../../src/protocol/livePanel';
import type { RunSummary } from '../../src/protocol/run';
import type { RunSettings } from '../../src/protocol/runSettings';
import { RunSeries } from '../../src/series/runSeries';
import { WebviewPages, type OpenWebview, type PageOptions } from './webviewPages';

/** The extension's side, played by the test: what it is asked is noted, what it answers is set. */
export class TestHost {
  run: RunSummary;
  title: string;
  series = new RunSeries();
  canTrain = true;
  notice: string | null = null;
  settings: RunSettings = { settings: [], usual: { of: 'defaults' } };
  /** Names of the calls in order, `hydrate` included. */
  readonly calls: string[] = [];
  readonly saved: { fileName: string; content: unknown }[] = [];
  /** When set, every call but `hydrate` fails with it. */
  failure: Error | null = null;
  /** The log is still being read: `hydrate` is answered without a history. */
  reading = false;
  /** Holds the answer to `hydrate` back until it resolves. */
  held: Promise<void> = Promise.resolve();
  /** Holds the answer to `history` back until it resolves. */
  heldHistory: Promise<void> = Promise.resolve();

  constructor(run: RunSummary, events: readonly RunEvent[]) {
    this.run = run;
    this.title = run.manifest.name;
    this.series.fold(events);
  }

  readonly functions: LivePanelHost = {
    hydrate: async () => {
      this.calls.push('hydrate');
      await this.held;
      const { run, title, canTrain, notice } = this;
      return { run, title, history: this.reading ? null : this.series.outline(), canTrain, notice };
    },
    history: async () => {
      this.calls.push('history');
      await this.heldHistory;
      return this.series.history();
    },
    settings: () => {
      this.calls.push('settings');
      return Promise.resolve(this.settings);
    },
    stop: () => this.#called('stop'),
    resume: () => this.#called('resume'),
    evaluate: () => this.#called('evaluate'),
    trainAgain: () => this.#called('trainAgain'),
    openConfig: () => this.#called('openConfig'),
    openLog: () => this.#called('openLog'),
    openView: (view) => this.#called(`openView ${view}`),
    save: (fileName, content) => {
      this.saved.push({ fileName, content });
      return this.#called('save');
    },
  };

  #called(name: string): Promise<void> {
    this.calls.push(name);
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}

export type OpenPage = OpenWebview<LivePanelView, LivePanelHost>;

/** Opens the live panel's page in Chromium. */
export class LivePages {
  private constructor(private readonly pages: WebviewPages) {}

  static async start(): Promise<LivePages> {
    return new LivePages(await WebviewPages.start('live'));
  }

  stop(): Promise<void> {
    return this.pages.stop();
  }

  open(host: TestHost, options: PageOptions = {}): Promise<OpenPage> {
    return this.pages.open<LivePanelView, LivePanelHost>(
      host.functions,
      ['append', 'historyRead', 'runChanged', 'titleChanged'],
      options,
    );
  }
}
