import { randomBytes } from 'node:crypto';
import { createBirpc, type BirpcReturn } from 'birpc';
import * as vscode from 'vscode';
import type { RunEvent } from '../protocol/events';
import type { LivePanelHost, LivePanelSnapshot, LivePanelView } from '../protocol/livePanel';
import type { RunSummary } from '../protocol/run';
import { MessageJoiner, takeApart } from '../protocol/messagePieces';
import { decodeRpcMessage, encodeRpcMessage } from '../protocol/rpcMessage';
import { followEvents } from '../runs/followEvents';
import { RunDirectory } from '../runs/runDirectory';
import { readRun } from '../runs/runStore';
import { RunSeries } from '../series/runSeries';
import { errorMessage } from './errorMessage';
import type { RunCatalogue } from './runCatalogue';
import { openConfig, openLog, saveFile } from './runFiles';
import { runTitle } from './runText';
import type { TrainerService } from './trainerService';
import { messageHtml, pageHtml } from './webviewHtml';

/** Events are sent in batches, at most this often (ms). */
const BATCH_INTERVAL = 100;
/** More events than this are cheaper as the columns of a fresh snapshot. */
const MAX_BATCH = 5_000;

/** What all panels share. */
export interface LivePanelContext {
  extensionUri: vscode.Uri;
  runs: RunCatalogue;
  trainer: TrainerService;
  log: vscode.LogOutputChannel;
}

/**
 * The extension's side of one live panel. It follows the run's event log for as long as the panel is there; the page
 * gets a snapshot when it asks, and new events while it can be seen. A hidden page is thrown away by VS Code and asks
 * again when it is shown.
 */
export class LivePanel {
  readonly #view: BirpcReturn<LivePanelView, LivePanelHost>;
  readonly #follower: { close(): void };
  readonly #joiner = new MessageJoiner();
  #numPosted = 0;
  #series = new RunSeries();
  #unsent: RunEvent[] = [];
  #batchTimer: NodeJS.Timeout | null = null;
  /** The page has a snapshot, and has been visible ever since. */
  #hydrated = false;
  /** The run could not be read, and the panel says so instead of showing it. */
  #unreadable = false;
  #closed = false;

  constructor(
    private readonly directory: string,
    private readonly panel: vscode.WebviewPanel,
    private readonly context: LivePanelContext,
  ) {
    const resourceRoots = [['dist', 'webview'], ['media']];
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: resourceRoots.map((parts) => vscode.Uri.joinPath(context.extensionUri, ...parts)),
    };
    panel.iconPath = {
      light: vscode.Uri.joinPath(context.extensionUri, 'media', 'panel-light.svg'),
      dark: vscode.Uri.joinPath(context.extensionUri, 'media', 'panel-dark.svg'),
    };
    this.#view = this.#connect();
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#hydrated = false;
    });
    panel.onDidDispose(() => this.detach());
    this.#follower = followEvents(new RunDirectory(directory), (events) => this.#take(events), {
      onRestart: () => this.#restart(),
      onError: (error) => context.log.warn(error.message),
    });
    void this.load();
  }

  get isActive(): boolean {
    return this.panel.active;
  }

  get isVisible(): boolean {
    return this.panel.visible;
  }

  reveal(preserveFocus: boolean): void {
    if (this.#unreadable) void this.load();
    this.panel.reveal(undefined, preserveFocus);
  }

  /** Loads the page anew, or says that there is no such run any more. */
  async load(): Promise<void> {
    const { webview } = this.panel;
    const address = (...parts: string[]) =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.context.extensionUri, ...parts)).toString();
    const styles = [address('dist', 'webview', 'live.css')];
    this.#hydrated = false;
    this.#unreadable = false;
    try {
      this.#showTitle(await readRun(this.directory));
      if (this.#closed) return;
      const resources = {
        cspSource: webview.cspSource,
        script: address('dist', 'webview', 'live.js'),
        styles,
      };
      webview.html = pageHtml(this.panel.title, resources, randomBytes(16).toString('base64'));
    } catch (error) {
      if (this.#closed) return;
      this.#unreadable = true;
      webview.html = messageHtml('This run cannot be shown', errorMessage(error), webview.cspSource, styles);
    }
  }

  runChanged(run: RunSummary): void {
    if (this.#unreadable) void this.load();
    this.#showTitle(run);
    if (this.#hydrated) this.#tell((view) => view.runChanged.asEvent(run));
  }

  /** Closes the panel, because its run is gone. */
  close(): void {
    this.panel.dispose();
  }

  /** Stops following the run; the panel itself may stay. */
  detach(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#batchTimer) clearTimeout(this.#batchTimer);
    this.#follower.close();
    this.#view.$close();
  }

  #connect(): BirpcReturn<LivePanelView, LivePanelHost> {
    const { webview } = this.panel;
    const { trainer } = this.context;
    const host: LivePanelHost = {
      hydrate: () => this.#hydrate(),
      stop: () => trainer.stop(this.directory),
      resume: () => trainer.resume(this.directory),
      evaluate: () => trainer.evaluate(this.directory),
      openConfig: () => openConfig(this.directory),
      openLog: () => openLog(this.directory),
      save: saveFile,
    };
    return createBirpc<LivePanelView, LivePanelHost>(host, {
      post: (message: unknown) => this.#post(message),
      on: (receive) => {
        webview.onDidReceiveMessage((message: unknown) => {
          const received = this.#joiner.receive(message);
          if (typeof received?.message === 'object' && received.message !== null) receive(received.message);
        });
      },
      serialize: encodeRpcMessage,
      deserialize: decodeRpcMessage,
      // The page is this extension's own, but nothing it sends shall reach what an object inherits.
      resolver: (name, method) => (Object.hasOwn(host, name) ? method : undefined),
      onGeneralError: (error) => {
        this.context.log.warn(`Live panel of ${this.directory}: ${errorMessage(error)}`);
        return true;
      },
    });
  }

  async #hydrate(): Promise<LivePanelSnapshot> {
    const run = await readRun(this.directory);
    this.#showTitle(run);
    this.#dropBatch();
    this.#hydrated = true;
    return {
      run,
      history: this.#series.history(),
      canTrain: vscode.workspace.isTrusted,
      notice: this.context.runs.notice,
    };
  }

  /** Folds new events of the log, and queues them for the page. */
  #take(events: RunEvent[]): void {
    this.#series.fold(events);
    if (!this.#hydrated) return;
    this.#unsent = this.#unsent.concat(events);
    this.#batchTimer ??= setTimeout(() => this.#sendBatch(), BATCH_INTERVAL);
  }

  /** The log was replaced by another one: what the page has is of no use. */
  #restart(): void {
    this.#series = new RunSeries();
    this.#dropBatch();
    void this.load();
  }

  #sendBatch(): void {
    this.#batchTimer = null;
    const events = this.#unsent;
    this.#dropBatch();
    // A batch that does not join on makes the page ask for a snapshot.
    const batch = events.length > MAX_BATCH ? events.slice(-1) : events;
    if (this.#hydrated) this.#tell((view) => view.append.asEvent(batch));
  }

  #dropBatch(): void {
    if (this.#batchTimer) clearTimeout(this.#batchTimer);
    this.#batchTimer = null;
    this.#unsent = [];
  }

  #showTitle(run: RunSummary): void {
    const title = runTitle(run, Date.now());
    if (!this.#closed && this.panel.title !== title) this.panel.title = title;
  }

  #tell(event: (view: BirpcReturn<LivePanelView, LivePanelHost>) => Promise<void>): void {
    event(this.#view).catch((error: unknown) => this.context.log.warn(errorMessage(error)));
  }

  /** Posts a message; one that cannot be delivered is dropped, and the page asks for a snapshot when it is back. */
  async #post(message: unknown): Promise<void> {
    if (this.#closed) return;
    // All are posted before anything is waited for: no other message comes between them.
    const posted = [...takeApart(message, this.#numPosted++)].map((part) =>
      this.panel.webview.postMessage(part),
    );
    for (const delivered of await Promise.all(posted)) if (!delivered) this.#hydrated = false;
  }
}
