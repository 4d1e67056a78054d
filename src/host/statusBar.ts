import * as vscode from 'vscode';
import { isActive, type RunSummary } from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import { hover } from './messages';
import { commandLink, icon, joinMarkdown, escaped } from './safeText';
import { activeRuns, statusDetail, statusTexts } from './statusText';
import type { PanelGroup } from './panels/panelGroup';
import type { RunCatalog, RunChange } from './runCatalog';

/** Shows the newest active run. Hidden while nothing trains, except to tell of a failure that nobody has looked at. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('recsight.run', vscode.StatusBarAlignment.Left, 10);
  readonly #disposables: { dispose(): unknown }[];
  #failedRun: string | null = null;

  constructor(
    private readonly runs: RunCatalog,
    private readonly panels: PanelGroup,
  ) {
    this.#item.name = 'RecSight: Training';
    this.#disposables = [
      this.#item,
      runs.onDidReset(() => this.#update()),
      runs.onDidChange((change) => this.#runChanged(change)),
      panels.onDidOpen((shown) => {
        if (this.#failedRun === null || !shown.includes(this.#failedRun)) return;
        this.#failedRun = null;
        this.#update();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #runChanged({ directory, before, after }: RunChange): void {
    const hasEnded = before && isActive(before.status);
    const isBad = after?.status === 'failed' || after?.status === 'lost';
    if (hasEnded && isBad && !this.panels.isVisible(directory)) this.#failedRun = directory;
    else if (directory === this.#failedRun) this.#failedRun = null;
    this.#update();
  }

  #update(): void {
    const active = activeRuns(this.runs.runs);
    const run = active[0] ?? (this.#failedRun ? this.runs.get(this.#failedRun) : undefined);
    if (!run) {
      this.#item.hide();
      return;
    }
    const { text, spoken, failed } = statusTexts(run, active.length - 1);
    this.#item.text = text;
    this.#item.accessibilityInformation = { label: spoken };
    this.#item.backgroundColor = failed ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.#item.command = { command: 'recsight.openRun', title: 'Open Run', arguments: [run.directory] };
    this.#item.tooltip = tooltipOf(run, this.runs.titleOf(run), failed);
    this.#item.show();
  }
}

const COMMANDS = { stop: 'recsight.stopRun', open: 'recsight.openRun', log: 'recsight.openLog' };

function tooltipOf(run: RunSummary, title: string, failed: boolean): vscode.MarkdownString {
  const { directory, status } = run;
  const links = [
    failed
      ? commandLink(escaped`${icon('output')} Open Log`, COMMANDS.log, directory)
      : commandLink(escaped`${icon('debug-stop')} Stop`, COMMANDS.stop, directory),
    commandLink(escaped`${icon('graph-line')} Open`, COMMANDS.open, directory),
  ];
  const lines = [
    escaped`**${title}** — ${statusLabel(status)}`,
    escaped`${statusDetail(run)}`,
    joinMarkdown(links, '&nbsp;&nbsp;&nbsp;'),
  ];
  return hover(joinMarkdown(lines, '\n\n'), Object.values(COMMANDS));
}
