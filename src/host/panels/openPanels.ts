import * as vscode from 'vscode';
import { comparisonPanel, evaluationPanel } from './comparisonPanel';
import { attentionPanel, playgroundPanel, projectionPanel } from './inspectionPanels';
import { livePanel } from './livePanel';
import { PanelGroup } from './panelGroup';
import type { PanelContext, PanelKind } from './panelKind';

/** All kinds of panels. docs/architecture.md says how one is added. */
export const PANELS: readonly PanelKind[] = [
  livePanel,
  projectionPanel,
  attentionPanel,
  playgroundPanel,
  evaluationPanel,
  comparisonPanel,
];

/** The panels of the window, of all kinds; and the command Keep Open, with the context key that says whether it is offered. */
export class OpenPanels implements vscode.Disposable {
  readonly #groups: ReadonlyMap<string, PanelGroup>;
  readonly #disposables: vscode.Disposable;
  #previewIsActive = false;

  constructor(shared: Omit<PanelContext, 'open'>) {
    const context: PanelContext = { ...shared, open: (id, subject, at) => this.of(id).open(subject, { at }) };
    this.#groups = new Map(PANELS.map((kind) => [kind.id, new PanelGroup(kind, context)]));
    const groups = [...this.#groups.values()];
    this.#disposables = vscode.Disposable.from(
      ...groups,
      ...groups.map(({ onDidChangeState }) => onDidChangeState(() => this.#updateKeepOpen())),
      vscode.commands.registerCommand('recsight.keepOpen', () => {
        groups.find(({ previewIsActive }) => previewIsActive)?.keepOpen();
      }),
    );
  }

  /** The panels of one kind. @throws Error when there is no such kind */
  of(id: string): PanelGroup {
    const group = this.#groups.get(id);
    if (group === undefined) throw new Error(`There are no panels of kind ${id}.`);
    return group;
  }

  /** Directory of the run whose panel is in front and has the focus; undefined where it shows none, or several. */
  get activeRun(): string | undefined {
    const runs = [...this.#groups.values()].flatMap(({ activeRuns }) => activeRuns);
    return runs.length === 1 ? runs[0] : undefined;
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #updateKeepOpen(): void {
    const isActive = [...this.#groups.values()].some(({ previewIsActive }) => previewIsActive);
    if (isActive === this.#previewIsActive) return;
    this.#previewIsActive = isActive;
    void vscode.commands.executeCommand('setContext', 'recsight.previewIsActive', isActive);
  }
}
