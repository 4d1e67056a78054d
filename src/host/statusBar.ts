import * as vscode from 'vscode';
import { isActive, type RunSummary } from '../protocol/run';
import { activeRuns, statusDetail, statusTexts } from './statusText';
import { escapeMarkdown } from './runTooltip';
import type { LivePanels } from './livePanel';
import type { RunCatalogue, RunChange } from './runCatalogue';

/** Shows the newest active run. Hidden while nothing trains, except to tell of a failure that nobody has looked at. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('recsight.run', vscode.StatusBarAlignment.Left, 10);
  readonly #disposables: { dispose(): unknown }[];
  #failedRun: string | null = null;

  constructor(
    private readonly runs: RunCatalogue,
    private readonly panels: LivePanels,
  ) {
    this.#item.name = 'RecSight: Training';
    this.#disposables = [
      this.#item,
      runs.onDidReset(() => this.#update()),
      runs.onDidChange((change) => this.#runChanged(change)),
      panels.onDidOpen((directory) => {
        if (directory !== this.#failedRun) return;
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
    this.#item.tooltip = tooltipOf(run, failed);
    this.#item.show();
  }
}

function tooltipOf(run: RunSummary, failed: boolean): vscode.MarkdownString {
  const links = [
    failed
      ? commandLink('output', 'Open Log', 'recsight.openLog', run.directory)
      : commandLink('debug-stop', 'Stop', 'recsight.stopRun', run.directory),
    commandLink('graph-line', 'Open', 'recsight.openRun', run.directory),
  ];
  const lines = [
    `**${escapeMarkdown(run.manifest.name)}** — ${run.status}`,
    escapeMarkdown(statusDetail(run)),
    links.join('&nbsp;&nbsp;&nbsp;'),
  ];
  const tooltip = new vscode.MarkdownString(lines.join('\n\n'), true);
  tooltip.isTrusted = { enabledCommands: ['recsight.stopRun', 'recsight.openRun', 'recsight.openLog'] };
  return tooltip;
}

function commandLink(icon: string, title: string, command: string, directory: string): string {
  return `[$(${icon}) ${title}](command:${command}?${encodeURIComponent(JSON.stringify([directory]))})`;
}
