import * as vscode from 'vscode';
import { isActive, type RunSummary } from '../protocol/run';
import { mayNameCode } from './codeFiles';
import { isConfigDocument } from './configCatalog';
import { lastRunText } from './configLensText';
import type { RunCatalog } from './runCatalog';
import { isOfConfig } from './runText';
import { plainText } from './safeText';

/** The age in a lens is in minutes; a running trainer's numbers change often, and redrawing lenses is not free. */
const MINUTE = 60_000;
const SETTLE = 1_000;

/** `▶ Train | Validate | NDCG@10 0.1142 · 2 h ago` above the first line of a config. */
export class ConfigLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly #disposables: { dispose(): unknown }[];
  readonly #ageTimer: NodeJS.Timeout;
  #settleTimer: NodeJS.Timeout | null = null;

  readonly onDidChangeCodeLenses = this.#changes.event;

  constructor(private readonly runs: RunCatalog) {
    const pattern = '**/*.recsight.{json,yaml,yml}';
    // A new config has a place already, though nothing is there yet.
    const selector = [
      { scheme: 'file', pattern },
      { scheme: 'untitled', pattern },
    ];
    const changed = () => this.#changedSoon();
    this.#disposables = [
      this.#changes,
      vscode.languages.registerCodeLensProvider(selector, this),
      runs.onDidChange(changed),
      runs.onDidReset(changed),
      vscode.workspace.onDidGrantWorkspaceTrust(changed),
    ];
    this.#ageTimer = setInterval(() => {
      if (vscode.window.visibleTextEditors.some(({ document }) => isConfigDocument(document)))
        this.#changes.fire();
    }, MINUTE);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const firstLine = new vscode.Range(0, 0, 0, 0);
    const uri = document.uri;
    const commands: vscode.Command[] = [
      {
        title: 'Validate',
        tooltip: 'Check this config',
        command: 'recsight.validateConfig',
        arguments: [uri],
      },
    ];
    if (vscode.workspace.isTrusted) {
      commands.unshift({
        title: '▶ Train',
        tooltip: 'Train the model that this config describes',
        command: 'recsight.train',
        arguments: [uri],
      });
    }
    if (vscode.workspace.isTrusted && mayNameCode(document)) {
      commands.push({
        title: 'Debug Model',
        tooltip: 'Train under the debugger, which stops at the breakpoints of the model file',
        command: 'recsight.debugModel',
        arguments: [uri],
      });
    }
    const run = newestRunOf(uri.fsPath, this.runs.runs);
    if (run) {
      commands.push({
        title: lensTitle(run, Date.now()),
        tooltip:
          'Open the last run of this config. The metric is from its best epoch, on the validation split.',
        command: 'recsight.openRun',
        arguments: [run.directory],
      });
    }
    return commands.map((command) => new vscode.CodeLens(firstLine, command));
  }

  dispose(): void {
    clearInterval(this.#ageTimer);
    if (this.#settleTimer) clearTimeout(this.#settleTimer);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #changedSoon(): void {
    this.#settleTimer ??= setTimeout(() => {
      this.#settleTimer = null;
      this.#changes.fire();
    }, SETTLE);
  }
}

function lensTitle(run: RunSummary, now: number): string {
  const text = plainText(lastRunText(run, now));
  // The space after the icon is one that a lens does not swallow.
  return isActive(run.status) ? `$(sync~spin)\u00a0${text}` : text;
}

/** @param runs newest first */
export function newestRunOf(configPath: string, runs: readonly RunSummary[]): RunSummary | undefined {
  return runs.find((run) => isOfConfig(run, configPath));
}
