import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import { createBirpc, type BirpcReturn } from 'birpc';
import * as vscode from 'vscode';
import type { PanelHost } from '../../protocol/panelHost';
import { MessageJoiner, takeApart } from '../../protocol/messagePieces';
import { decodeRpcMessage, encodeRpcMessage } from '../../protocol/rpcMessage';
import type { RunSummary } from '../../protocol/run';
import type { Subject } from '../../protocol/subject';
import { RunReadError } from '../../runs/runErrors';
import { readRun } from '../../runs/runStore';
import { errorMessage } from '../errorMessage';
import { plainText } from '../safeText';
import { trustNeeded } from '../trainerService';
import { checkedFunction } from './pageCalls';
import type { PanelContent, PanelContext, PanelFrame, PanelKind } from './panelKind';
import { subjectTitle } from './subjectTitle';
import { messageHtml, pageHtml } from './webviewHtml';

/** VS Code slants the titles of files that are only previewed, but lets no extension do so. */
const PREVIEW_MARK = ' (preview)';

/** What the tab of a panel says. */
export function panelTitle(title: string, preview: boolean): string {
  return plainText(title) + (preview ? PREVIEW_MARK : '');
}

/** What a panel says in the place of its page. */
interface Problem {
  title: string;
  text: string;
}

/** What pages call when the user has changed something. */
const KEEP_OPEN: keyof PanelHost = 'keepOpen';

/**
 * A panel of one subject: its page, its title, and the connection between the page and what answers it. A hidden page is thrown
 * away by VS Code and asks again when it is shown.
 */
export class Panel implements PanelFrame<object> {
  readonly content: PanelContent;
  /** Directories of the runs of the subject; of other subjects none. */
  readonly runs: readonly string[];
  readonly #view: BirpcReturn<object>;
  /** What is known of the runs, by their directories. */
  readonly #known = new Map<string, RunSummary>();
  readonly #joiner = new MessageJoiner();
  #numPosted = 0;
  #hydrated = false;
  /** The panel says why there is no page. */
  #pageless = false;
  /** How often it was loaded. */
  #loads = 0;
  #closed = false;
  #preview: boolean;

  /**
   * @param preview whether the panel gives way to the next one that is opened; its title says so
   * @param onStateChange hears of every change of what is in front, and of whether it is a preview
   */
  constructor(
    readonly subject: Subject,
    private readonly panel: vscode.WebviewPanel,
    private readonly kind: PanelKind,
    private readonly context: PanelContext,
    preview: boolean,
    private readonly onStateChange: () => void,
  ) {
    this.runs = subject.kind === 'runs' ? subject.runs : [];
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
    this.content = kind.createContent(this, context);
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

  hydrate(...runs: RunSummary[]): void {
    this.#showTitle(runs);
    this.#hydrated = true;
  }

  tell(event: (view: BirpcReturn<object>) => Promise<void>): void {
    if (!this.#hydrated) return;
    event(this.#view).catch((error: unknown) => this.context.log.warn(errorMessage(error)));
  }

  /** Loads the page anew, or says why there is none: the subject is gone, or the window may not show it. */
  async load(): Promise<void> {
    const { webview } = this.panel;
    const address = (file: string) =>
      webview
        .asWebviewUri(vscode.Uri.joinPath(this.context.extensionUri, 'dist', 'webview', file))
        .toString();
    const { cspSource } = webview;
    const styles = [address(`${this.kind.id}.css`)];
    this.#hydrated = false;
    this.#joiner.clear();
    const load = ++this.#loads;
    this.#pageless = true;
    const problem = await this.#problem();
    // A later load has looked at the subject after this one.
    if (this.#closed || load !== this.#loads) return;
    this.#pageless = problem !== null;
    webview.html = problem
      ? messageHtml(problem.title, problem.text, cspSource, styles)
      : pageHtml(
          this.panel.title,
          this.subject,
          { cspSource, script: address(`${this.kind.id}.js`), styles },
          randomBytes(16).toString('base64'),
        );
  }

  /** A run of the subject is another one now, or gone (null). */
  runChanged(run: RunSummary | null): void {
    if (run === null || this.#pageless) void this.load();
    if (run !== null) this.#showTitle([run]);
    this.content.runChanged?.(run);
  }

  /** Titles of runs depend on what other runs there are. */
  updateTitle(): void {
    this.#showTitle(this.runs.flatMap((directory) => this.context.runs.get(directory) ?? []));
  }

  /** Leaves the panel to VS Code, which may bring it back in the next window. */
  detach(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#joiner.clear();
    this.content.dispose();
    this.#view.$close();
  }

  /** Why there is no page to be shown; null when there is one. */
  async #problem(): Promise<Problem | null> {
    for (const directory of this.runs) {
      try {
        this.#showTitle([await readRun(directory)]);
      } catch (error) {
        return problemOfRun(directory, error);
      }
    }
    if (this.subject.kind === 'file') {
      try {
        await access(this.subject.path);
      } catch (error) {
        return { title: 'This file cannot be shown', text: errorMessage(error) };
      }
    }
    const { needsTrust } = this.kind;
    return needsTrust === undefined || vscode.workspace.isTrusted
      ? null
      : { title: 'This workspace is not trusted', text: trustNeeded(needsTrust) };
  }

  #connect(): BirpcReturn<object> {
    const { webview } = this.panel;
    return createBirpc<object>(
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
        resolver: (name) =>
          name === KEEP_OPEN
            ? () => this.keepOpen()
            : checkedFunction(this.content.functions, this.content.argumentSchemas, name),
        onGeneralError: (error) => {
          this.context.log.warn(`${this.panel.title}: ${errorMessage(error)}`);
          return true;
        },
      },
    );
  }

  /** Shows the title, once all runs are known. @param runs what is known of some of them now */
  #showTitle(runs: readonly RunSummary[]): void {
    for (const run of runs) this.#known.set(run.directory, run);
    if (this.#closed || this.runs.some((directory) => !this.#known.has(directory))) return;
    const shown = subjectTitle(this.subject, this.context.runs, this.#known);
    const title = panelTitle(this.kind.title(shown), this.#preview);
    if (this.panel.title === title) return;
    this.panel.title = title;
    this.content.titleChanged?.(shown);
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

function problemOfRun(directory: string, error: unknown): Problem {
  if (!(error instanceof RunReadError) || error.code !== 'run/missing')
    return { title: 'This run cannot be shown', text: errorMessage(error) };
  const text = `${directory} no longer exists. You can close this panel; it recovers if the folder comes back.`;
  return { title: 'This run was deleted', text };
}
