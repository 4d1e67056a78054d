import { randomBytes } from 'node:crypto';
import { createBirpc, type BirpcReturn } from 'birpc';
import * as vscode from 'vscode';
import type { PanelHost } from '../protocol/keptRun';
import { MessageJoiner, takeApart } from '../protocol/messagePieces';
import { decodeRpcMessage, encodeRpcMessage } from '../protocol/rpcMessage';
import type { RunSummary } from '../protocol/run';
import { RunReadError } from '../runs/runErrors';
import { readRun } from '../runs/runStore';
import { errorMessage } from './errorMessage';
import type { RunCatalog } from './runCatalog';
import { plainText } from './safeText';
import { messageHtml, pageHtml } from './webviewHtml';

/** VS Code slants the titles of files that are only previewed, but lets no extension do so. */
const PREVIEW_MARK = ' (preview)';

/** What the tab of a panel says. */
export function panelTitle(title: string, preview: boolean): string {
  return plainText(title) + (preview ? PREVIEW_MARK : '');
}

/** What pages call when the user has changed something. */
const KEEP_OPEN: keyof PanelHost = 'keepOpen';

/** What all panels share. */
export interface RunPanelContext {
  extensionUri: vscode.Uri;
  runs: RunCatalog;
  /** Of this workspace, over a reload of the window. */
  memory: vscode.Memento;
  log: vscode.LogOutputChannel;
}

/** What the panels of one kind have in common, and what is in them. */
export interface PanelKind<View extends object, Content extends PanelContent> {
  viewType: string;
  /** Name of the page's script and style sheet in `dist/webview`. */
  page: string;
  title(run: RunSummary): string;
  /** Why the page cannot be shown in this window; null when it can. */
  obstacle(): { title: string; text: string } | null;
  createContent(frame: PanelFrame<View>): Content;
}

/** What a page may call. */
export type PageFunction = (...args: never[]) => unknown;

/** A function by its name. The page is this extension's own, but nothing it sends shall reach what an object inherits. */
export function ownFunction(functions: object, name: string): PageFunction | undefined {
  return Object.hasOwn(functions, name)
    ? (functions as Record<string, PageFunction | undefined>)[name]
    : undefined;
}

/** What a panel shows: the extension's side of its page. */
export interface PanelContent {
  /** Answers a call of the page, once its arguments were checked. Undefined when there is no such function. */
  functionFor(name: string): PageFunction | undefined;
  /** The run is another one now, or gone (null). */
  runChanged(run: RunSummary | null): void;
  /** Other runs have changed what this one is called, which depends on them. */
  titleChanged?(run: RunSummary): void;
  visibilityChanged?(visible: boolean): void;
  /** The panel is closed, or left to the next window. */
  dispose(): void;
}

/** What a panel's content may do with its panel. `View` is what the page can be told. */
export interface PanelFrame<View extends object> {
  /** Absolute path of the run directory. */
  readonly directory: string;
  readonly isVisible: boolean;
  /** The page has what it shows first, and has been visible ever since. */
  readonly isHydrated: boolean;
  /** The page is given what it shows first: from now on it can be told what changes. */
  hydrate(run: RunSummary): void;
  /** Tells a page that is hydrated; it asks for everything again when it is back. */
  tell(event: (view: BirpcReturn<View>) => Promise<void>): void;
  /** Loads the page anew. */
  load(): Promise<void>;
  /** The user has done something with what is shown: the panel is no mere preview any more. */
  keepOpen(): void;
}

/**
 * A panel of one run: its page, its title, and the connection between the page and what answers it. A hidden page is thrown
 * away by VS Code and asks again when it is shown.
 */
export class RunPanel<View extends object, Content extends PanelContent> implements PanelFrame<View> {
  readonly content: Content;
  readonly #view: BirpcReturn<View>;
  readonly #joiner = new MessageJoiner();
  #numPosted = 0;
  #hydrated = false;
  /** The panel says why there is no page. */
  #pageless = false;
  #closed = false;
  #preview: boolean;

  /**
   * @param preview whether the panel gives way to that of the next run that is opened; its title says so
   * @param onStateChange hears of every change of what is in front, and of whether it is a preview
   */
  constructor(
    readonly directory: string,
    private readonly panel: vscode.WebviewPanel,
    private readonly kind: PanelKind<View, Content>,
    private readonly context: RunPanelContext,
    preview: boolean,
    private readonly onStateChange: () => void,
  ) {
    this.#preview = preview;
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
    this.content = kind.createContent(this);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#hydrated = false;
      this.content.visibilityChanged?.(panel.visible);
      onStateChange();
    });
    panel.onDidDispose(() => this.detach());
    void this.load();
  }

  get isActive(): boolean {
    return this.panel.active;
  }

  get isVisible(): boolean {
    return this.panel.visible;
  }

  get isHydrated(): boolean {
    return this.#hydrated;
  }

  get isPreview(): boolean {
    return this.#preview && !this.#closed;
  }

  get viewColumn(): vscode.ViewColumn | undefined {
    return this.panel.viewColumn;
  }

  /** As its tab shows it. */
  get title(): string {
    return this.panel.title;
  }

  keepOpen(): void {
    if (!this.isPreview) return;
    this.#preview = false;
    this.panel.title = this.panel.title.slice(0, -PREVIEW_MARK.length);
    this.onStateChange();
  }

  close(): void {
    this.panel.dispose();
  }

  reveal(preserveFocus: boolean): void {
    if (this.#pageless) void this.load();
    this.panel.reveal(undefined, preserveFocus);
  }

  hydrate(run: RunSummary): void {
    this.#showTitle(run);
    this.#hydrated = true;
  }

  tell(event: (view: BirpcReturn<View>) => Promise<void>): void {
    if (!this.#hydrated) return;
    event(this.#view).catch((error: unknown) => this.context.log.warn(errorMessage(error)));
  }

  /** Loads the page anew, or says why there is none: the run is gone, or the window may not show it. */
  async load(): Promise<void> {
    const { webview } = this.panel;
    const address = (file: string) =>
      webview
        .asWebviewUri(vscode.Uri.joinPath(this.context.extensionUri, 'dist', 'webview', file))
        .toString();
    const { cspSource } = webview;
    const styles = [address(`${this.kind.page}.css`)];
    this.#hydrated = false;
    this.#joiner.clear();
    const problem = await this.#problem();
    if (this.#closed) return;
    this.#pageless = problem !== null;
    webview.html = problem
      ? messageHtml(problem.title, problem.text, cspSource, styles)
      : pageHtml(
          this.panel.title,
          { cspSource, script: address(`${this.kind.page}.js`), styles },
          randomBytes(16).toString('base64'),
        );
  }

  /** The run is another one now, or gone (null). */
  runChanged(run: RunSummary | null): void {
    if (run === null || this.#pageless) void this.load();
    if (run !== null) this.#showTitle(run);
    this.content.runChanged(run);
  }

  /** Titles of runs depend on what other runs there are. */
  updateTitle(): void {
    const run = this.context.runs.get(this.directory);
    if (run) this.#showTitle(run);
  }

  /** Leaves the panel to VS Code, which may bring it back in the next window. */
  detach(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#joiner.clear();
    this.content.dispose();
    this.#view.$close();
  }

  async #problem(): Promise<{ title: string; text: string } | null> {
    try {
      this.#showTitle(await readRun(this.directory));
      return this.kind.obstacle();
    } catch (error) {
      if (!(error instanceof RunReadError) || error.code !== 'run/missing')
        return { title: 'This run cannot be shown', text: errorMessage(error) };
      const text = `${this.directory} is not there any more. You can close this panel; it comes back to life if the folder does.`;
      return { title: 'This run was deleted', text };
    }
  }

  #connect(): BirpcReturn<View> {
    const { webview } = this.panel;
    return createBirpc<View>(
      {},
      {
        post: (message: unknown) => this.#post(message),
        on: (receive) => {
          webview.onDidReceiveMessage((posted: unknown) => {
            const received = this.#joiner.receive(posted);
            if (typeof received?.message === 'object' && received.message !== null) receive(received.message);
          });
        },
        serialize: encodeRpcMessage,
        deserialize: decodeRpcMessage,
        resolver: (name) => (name === KEEP_OPEN ? () => this.keepOpen() : this.content.functionFor(name)),
        onGeneralError: (error) => {
          this.context.log.warn(`${this.panel.title}: ${errorMessage(error)}`);
          return true;
        },
      },
    );
  }

  #showTitle(run: RunSummary): void {
    const title = panelTitle(this.kind.title(run), this.#preview);
    if (this.#closed || this.panel.title === title) return;
    this.panel.title = title;
    this.content.titleChanged?.(run);
  }

  /** Posts a message; one that cannot be delivered is dropped, and the page asks for everything when it is back. */
  async #post(message: unknown): Promise<void> {
    if (this.#closed) return;
    // All are posted before anything is waited for: no other message comes between them.
    const posted = [...takeApart(message, this.#numPosted++)].map((part) =>
      this.panel.webview.postMessage(part),
    );
    for (const delivered of await Promise.all(posted)) if (!delivered) this.#hydrated = false;
  }
}
