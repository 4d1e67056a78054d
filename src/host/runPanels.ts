import * as vscode from 'vscode';
import type { KeptRun } from '../protocol/keptRun';
import { panelTitle, RunPanel, type PanelContent, type PanelKind, type RunPanelContext } from './runPanel';
import { messageHtml } from './webviewHtml';

/** How VS Code names a tab with one of this extension's panels. */
const PANEL_TAB = /\brecsight\.\w+$/;

/** A second click within this time (ms) is that of a double click. */
const DOUBLE_CLICK_MS = 500;

/**
 * The panels of one kind in the window. As with files, one of them is a preview: the run that is opened next takes its place,
 * unless the user opens it by a double click, pins or moves its tab, changes something in it or chooses Keep Open. They come back after
 * a reload of the window.
 */
export class RunPanels<View extends object, Content extends PanelContent>
  implements vscode.WebviewPanelSerializer, vscode.Disposable
{
  readonly #panels = new Map<string, RunPanel<View, Content>>();
  readonly #opened = new vscode.EventEmitter<string>();
  readonly #states = new vscode.EventEmitter<void>();
  #lastOpened = { directory: '', at: 0 };
  /** The preview whose tab has been seen to open. */
  #tabbed: RunPanel<View, Content> | null = null;
  /** The preview of the window before, as long as its tab has not been looked at: only then does VS Code bring it back. */
  #awaited: string | undefined;
  readonly #disposables: { dispose(): unknown }[];

  /** A run's panel was opened or brought to the front; carries the run's directory. */
  readonly onDidOpen = this.#opened.event;
  /** Another panel is in front, or one has become more than a preview. */
  readonly onDidChangeState = this.#states.event;

  constructor(
    private readonly kind: PanelKind<View, Content>,
    private readonly context: RunPanelContext,
  ) {
    this.#awaited = context.memory.get<string>(this.#memoryKey);
    this.#disposables = [
      this.#opened,
      this.#states,
      vscode.window.tabGroups.onDidChangeTabs((change) => this.#tabsChanged(change)),
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

  /** The panel that is in front and has the focus is a preview. */
  get previewIsActive(): boolean {
    return this.#preview?.isActive ?? false;
  }

  /** Keeps the preview for the run that it shows. */
  keepOpen(): void {
    this.#preview?.keepOpen();
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
    const at = performance.now();
    if (panel) {
      const last = this.#lastOpened;
      if (last.directory === directory && at - last.at < DOUBLE_CLICK_MS) panel.keepOpen();
      panel.reveal(preserveFocus);
    } else {
      const replaced = this.#preview;
      const created = vscode.window.createWebviewPanel(
        this.kind.viewType,
        panelTitle(title, true),
        { viewColumn: replaced?.viewColumn ?? columnForNewPanel(), preserveFocus },
        { enableScripts: true },
      );
      // Only now: an editor group that is empty for a moment is closed.
      replaced?.close();
      panel = this.#adopt(directory, created, true);
    }
    this.#lastOpened = { directory, at };
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
      this.#adopt(directory, panel, this.#awaited === directory && !this.#preview);
    }
    return Promise.resolve();
  }

  dispose(): void {
    // The panels themselves stay, so that the window can bring them back.
    for (const panel of this.#panels.values()) panel.detach();
    this.#panels.clear();
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  get #preview(): RunPanel<View, Content> | undefined {
    return [...this.#panels.values()].find((panel) => panel.isPreview);
  }

  get #memoryKey(): string {
    return `preview of ${this.kind.viewType}`;
  }

  #adopt(directory: string, webviewPanel: vscode.WebviewPanel, preview: boolean): RunPanel<View, Content> {
    const stateChanged = () => {
      void this.context.memory.update(this.#memoryKey, this.#preview?.directory ?? this.#awaited);
      this.#states.fire();
    };
    const panel = new RunPanel(directory, webviewPanel, this.kind, this.context, preview, stateChanged);
    this.#panels.set(directory, panel);
    if (preview || directory === this.#awaited) this.#awaited = undefined;
    webviewPanel.onDidDispose(() => {
      this.#panels.delete(directory);
      this.#states.fire();
    });
    stateChanged();
    return panel;
  }

  /** Who pins a tab, or moves it to another group, wants it to stay. */
  #tabsChanged({ opened, changed }: vscode.TabChangeEvent): void {
    const preview = this.#preview;
    if (!preview) return;
    const isPreview = ({ input, label }: vscode.Tab) =>
      label === preview.title &&
      input instanceof vscode.TabInputWebview &&
      input.viewType.endsWith(this.kind.viewType);
    const isPinned = changed.some((tab) => tab.isPinned && isPreview(tab));
    // A tab that is moved is closed in one group and opened in another.
    const isOpened = opened.some(isPreview);
    if (isPinned || (isOpened && this.#tabbed === preview)) preview.keepOpen();
    else if (isOpened) this.#tabbed = preview;
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
