import * as vscode from 'vscode';
import type { KeptRun } from '../protocol/keptRun';
import { RunPanel, type PanelContent, type PanelKind, type RunPanelContext } from './runPanel';
import { plainText } from './safeText';
import { messageHtml } from './webviewHtml';

/** How VS Code names a tab with one of this extension's panels. */
const PANEL_TAB = /\brecsight\.\w+$/;

/** The panels of one kind in the window: one for each run. They come back after a reload of the window. */
export class RunPanels<View extends object, Content extends PanelContent>
  implements vscode.WebviewPanelSerializer, vscode.Disposable
{
  readonly #panels = new Map<string, RunPanel<View, Content>>();
  readonly #opened = new vscode.EventEmitter<string>();
  readonly #disposables: { dispose(): unknown }[];

  /** A run's panel was opened or brought to the front; carries the run's directory. */
  readonly onDidOpen = this.#opened.event;

  constructor(
    private readonly kind: PanelKind<View, Content>,
    private readonly context: RunPanelContext,
  ) {
    this.#disposables = [
      this.#opened,
      vscode.window.registerWebviewPanelSerializer(kind.viewType, this),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const panel of this.#panels.values()) void panel.load();
      }),
      context.runs.onDidChange(({ directory, before, after }) => {
        this.#panels.get(directory)?.runChanged(after);
        // Runs of one name are told apart by what they do not share, so that one more or less may change the titles of others.
        if (before?.manifest.name !== after?.manifest.name)
          for (const panel of this.#panels.values()) panel.updateTitle();
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
   * Shows the panel of a run and returns what is in it. It opens where other panels of runs are, else beside the editor the
   * user is in, so that a config and its run can be seen together.
   */
  open(directory: string, title: string, preserveFocus: boolean): Content {
    let panel = this.#panels.get(directory);
    if (panel) {
      panel.reveal(preserveFocus);
    } else {
      const created = vscode.window.createWebviewPanel(
        this.kind.viewType,
        plainText(title),
        { viewColumn: columnForNewPanel(), preserveFocus },
        { enableScripts: true },
      );
      panel = this.#adopt(directory, created);
    }
    this.#opened.fire(directory);
    return panel.content;
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

  #adopt(directory: string, webviewPanel: vscode.WebviewPanel): RunPanel<View, Content> {
    const panel = new RunPanel(directory, webviewPanel, this.kind, this.context);
    this.#panels.set(directory, panel);
    webviewPanel.onDidDispose(() => this.#panels.delete(directory));
    return panel;
  }
}

function columnForNewPanel(): vscode.ViewColumn {
  const withPanel = vscode.window.tabGroups.all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputWebview && PANEL_TAB.test(input.viewType)),
  );
  if (withPanel) return withPanel.viewColumn;
  return vscode.window.activeTextEditor ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
}

function runDirectoryIn(state: unknown): string | null {
  const { runDirectory }: { [Name in keyof KeptRun]?: unknown } =
    typeof state === 'object' && state !== null ? state : {};
  return typeof runDirectory === 'string' && runDirectory !== '' ? runDirectory : null;
}
