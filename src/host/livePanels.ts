import * as vscode from 'vscode';
import { LivePanel, type LivePanelContext } from './livePanel';
import { messageHtml } from './webviewHtml';

export const LIVE_VIEW_TYPE = 'recsight.live';

/** The live panels of the window: one for each run. They come back after a reload of the window. */
export class LivePanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #panels = new Map<string, LivePanel>();
  readonly #opened = new vscode.EventEmitter<string>();
  readonly #disposables: { dispose(): unknown }[];

  /** A run's panel was opened or brought to the front; carries the run's directory. */
  readonly onDidOpen = this.#opened.event;

  constructor(private readonly context: LivePanelContext) {
    this.#disposables = [
      this.#opened,
      vscode.window.registerWebviewPanelSerializer(LIVE_VIEW_TYPE, this),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const panel of this.#panels.values()) void panel.load();
      }),
      context.runs.onDidChange(({ directory, after }) => {
        const panel = this.#panels.get(directory);
        if (after) panel?.runChanged(after);
        else panel?.close();
      }),
    ];
  }

  /** Directory of the run whose panel is in front and has the focus. */
  get activeRun(): string | undefined {
    return [...this.#panels].find(([, panel]) => panel.isActive)?.[0];
  }

  /** Whether the user has the panel of this run in view. */
  isVisible(directory: string): boolean {
    return this.#panels.get(directory)?.isVisible ?? false;
  }

  /**
   * Shows the panel of a run. It opens where other live panels are, else beside the editor the user is in, so that a
   * config and its run can be seen together.
   */
  open(directory: string, title: string, preserveFocus: boolean): void {
    const existing = this.#panels.get(directory);
    if (existing) {
      existing.reveal(preserveFocus);
    } else {
      const panel = vscode.window.createWebviewPanel(
        LIVE_VIEW_TYPE,
        title,
        { viewColumn: this.#columnForNewPanel(), preserveFocus },
        { enableScripts: true },
      );
      this.#adopt(directory, panel);
    }
    this.#opened.fire(directory);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const directory = runDirectoryIn(state);
    if (directory === null) {
      // The window was closed before the page could note which run it shows.
      panel.webview.options = { localResourceRoots: [] };
      const text = 'This panel did not note which run it showed. Open the run again from the RecSight view.';
      panel.webview.html = messageHtml('No run', text, panel.webview.cspSource, []);
    } else if (this.#panels.has(directory)) {
      panel.dispose();
    } else {
      this.#adopt(directory, panel);
    }
    return Promise.resolve();
  }

  dispose(): void {
    // The panels themselves stay, so that the window can bring them back.
    for (const panel of this.#panels.values()) panel.detach();
    this.#panels.clear();
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #adopt(directory: string, panel: vscode.WebviewPanel): void {
    this.#panels.set(directory, new LivePanel(directory, panel, this.context));
    panel.onDidDispose(() => this.#panels.delete(directory));
  }

  #columnForNewPanel(): vscode.ViewColumn {
    const withPanel = vscode.window.tabGroups.all.find(({ tabs }) =>
      tabs.some(
        ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(LIVE_VIEW_TYPE),
      ),
    );
    if (withPanel) return withPanel.viewColumn;
    return vscode.window.activeTextEditor ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
  }
}

function runDirectoryIn(state: unknown): string | null {
  if (typeof state !== 'object' || state === null || !('runDirectory' in state)) return null;
  return typeof state.runDirectory === 'string' && state.runDirectory !== '' ? state.runDirectory : null;
}
