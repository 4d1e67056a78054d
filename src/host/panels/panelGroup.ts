import * as vscode from 'vscode';
import type { InspectionFocus } from '../../protocol/inspectionPanel';
import { subjectIn, subjectKey, type Subject } from '../../protocol/subject';
import { requireTrust } from '../trainerService';
import { Panel, panelTitle } from './panel';
import { admits, type PanelContext, type PanelKind } from './panelKind';
import { subjectTitle } from './subjectTitle';
import { messageHtml } from './webviewHtml';

/** How VS Code names a tab with one of this extension's panels. */
const PANEL_TAB = /\brecsight\.\w+$/;

/** A second click within this time (ms) is that of a double click. */
const DOUBLE_CLICK_MS = 500;

/**
 * The panels of one kind in the window, one for each subject. As with files, one of them is a preview: the subject that is opened
 * next takes its place, unless the user opens it by a double click, pins or moves its tab, changes something in it or chooses Keep
 * Open. They come back after a reload of the window.
 */
export class PanelGroup implements vscode.WebviewPanelSerializer, vscode.Disposable {
  /** By the key of what they show. */
  readonly #panels = new Map<string, Panel>();
  readonly #viewType: string;
  readonly #opened = new vscode.EventEmitter<readonly string[]>();
  readonly #states = new vscode.EventEmitter<void>();
  #lastOpened = { key: '', at: 0 };
  /** The preview whose tab has been seen to open. */
  #tabbed: Panel | null = null;
  /** Key of the preview of the window before, as long as its tab has not been looked at: only then does VS Code bring it back. */
  #awaited: string | undefined;
  readonly #disposables: { dispose(): unknown }[];

  /** A panel was opened or brought to the front; carries the directories of its runs. */
  readonly onDidOpen = this.#opened.event;
  /** Another panel is in front, or one has become more than a preview. */
  readonly onDidChangeState = this.#states.event;

  constructor(
    private readonly kind: PanelKind,
    private readonly context: PanelContext,
  ) {
    this.#viewType = `recsight.${kind.id}`;
    this.#awaited = context.memory.get<string>(this.#memoryKey);
    this.#disposables = [
      this.#opened,
      this.#states,
      vscode.window.tabGroups.onDidChangeTabs((change) => this.#tabsChanged(change)),
      vscode.window.registerWebviewPanelSerializer(this.#viewType, this),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const panel of this.#panels.values()) void panel.load();
      }),
      context.runs.onDidChange(({ directory, before, after }) => {
        for (const panel of this.#panels.values())
          if (panel.runs.includes(directory)) panel.runChanged(after);
        // Runs of one name are told apart by what they do not share, so that one more or less may change the titles of others.
        if (before?.manifest.name !== after?.manifest.name)
          for (const panel of this.#panels.values()) panel.updateTitle();
      }),
    ];
  }

  /** Directories of the runs of the panel that is in front and has the focus. */
  get activeRuns(): readonly string[] {
    return [...this.#panels.values()].find(({ isActive }) => isActive)?.runs ?? [];
  }

  /** The panel that is in front and has the focus is a preview. */
  get previewIsActive(): boolean {
    return this.#preview?.isActive ?? false;
  }

  /** Keeps the preview for what it shows. */
  keepOpen(): void {
    this.#preview?.keepOpen();
  }

  /** Whether the user has a panel with this run in view. */
  isVisible(run: string): boolean {
    return [...this.#panels.values()].some(({ isVisible, runs }) => isVisible && runs.includes(run));
  }

  /**
   * Shows the panel of a subject. It opens where other panels are, else beside the editor the user is in, so that a config and
   * its run can be seen together.
   *
   * @param options `at` is what to show of it first
   * @throws TrainerServiceError in a workspace that is not trusted, where that is needed
   */
  open(
    subject: Subject,
    { preserveFocus = false, at }: { preserveFocus?: boolean; at?: InspectionFocus | undefined } = {},
  ): void {
    if (this.kind.needsTrust !== undefined) requireTrust(this.kind.needsTrust);
    const key = subjectKey(subject);
    let panel = this.#panels.get(key);
    const now = performance.now();
    if (panel) {
      const last = this.#lastOpened;
      if (last.key === key && now - last.at < DOUBLE_CLICK_MS) panel.keepOpen();
      panel.reveal(preserveFocus);
    } else {
      const replaced = this.#preview;
      const created = vscode.window.createWebviewPanel(
        this.#viewType,
        panelTitle(this.kind.title(subjectTitle(subject, this.context.runs)), true),
        { viewColumn: replaced?.viewColumn ?? columnForNewPanel(), preserveFocus },
        { enableScripts: true },
      );
      // Only now: an editor group that is empty for a moment is closed.
      replaced?.close();
      panel = this.#adopt(subject, created, true);
    }
    this.#lastOpened = { key, at: now };
    this.#opened.fire(panel.runs);
    if (at) panel.content.focus?.(at);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const subject = subjectIn(state);
    if (subject === null || !admits(this.kind.subjects, subject)) {
      // The window was closed before the page could note what it shows.
      panel.webview.options = { localResourceRoots: [] };
      const text = 'This panel does not know which run it showed. Reopen the run from the RecSight view.';
      panel.webview.html = messageHtml('No run', text, panel.webview.cspSource, []);
      return Promise.resolve();
    }
    const key = subjectKey(subject);
    if (this.#panels.has(key)) panel.dispose();
    else this.#adopt(subject, panel, this.#awaited === key && !this.#preview);
    return Promise.resolve();
  }

  dispose(): void {
    // The panels themselves stay, so that the window can bring them back.
    for (const panel of this.#panels.values()) panel.detach();
    this.#panels.clear();
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  get #preview(): Panel | undefined {
    return [...this.#panels.values()].find((panel) => panel.isPreview);
  }

  get #memoryKey(): string {
    return `preview of ${this.#viewType}`;
  }

  #adopt(subject: Subject, webviewPanel: vscode.WebviewPanel, preview: boolean): Panel {
    const key = subjectKey(subject);
    const stateChanged = () => {
      const shown = this.#preview;
      void this.context.memory.update(this.#memoryKey, shown ? subjectKey(shown.subject) : this.#awaited);
      this.#states.fire();
    };
    const panel = new Panel(subject, webviewPanel, this.kind, this.context, preview, stateChanged);
    this.#panels.set(key, panel);
    if (preview || key === this.#awaited) this.#awaited = undefined;
    webviewPanel.onDidDispose(() => {
      this.#panels.delete(key);
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
      input.viewType.endsWith(this.#viewType);
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
