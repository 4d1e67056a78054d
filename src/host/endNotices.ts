import * as vscode from 'vscode';
import { isActive, type RunSummary } from '../protocol/run';
import { commandButton, showError, showInformation, type Button } from './messages';
import type { PanelGroup } from './panels/panelGroup';
import type { RunCatalog, RunChange } from './runCatalog';
import { endText, endsText, endedBadly, type EvaluationAlone } from './runEndText';
import type { TrainerService } from './trainerService';

/** Runs that end within this time (ms) of each other are told of in one message. */
const TOGETHER_MS = 1_000;

/**
 * Tells when a run ends while this window is open: once, quietly, and not when its panel is in view, which says so itself, nor
 * when the user has stopped it here.
 */
export class EndNotices implements vscode.Disposable {
  readonly #listener: vscode.Disposable;
  /** Directory → what was known of its test result, of ended runs that are only evaluated. */
  readonly #evaluated = new Map<string, EvaluationAlone>();
  /** Directories of runs that have ended and were not told of yet. */
  readonly #ended = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly runs: RunCatalog,
    private readonly panels: PanelGroup,
    private readonly trainer: TrainerService,
  ) {
    this.#listener = runs.onDidChange((change) => this.#runChanged(change));
  }

  dispose(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#listener.dispose();
  }

  #runChanged({ directory, before, after }: RunChange): void {
    if (!before || !after) return;
    const was = isActive(before.status);
    const is = isActive(after.status);
    if (is) this.#ended.delete(directory);
    if (!was && is) {
      if (after.status === 'evaluating')
        this.#evaluated.set(directory, { testBefore: before.manifest.test?.evaluatedAt ?? null });
      else this.#evaluated.delete(directory);
    }
    if (!was || is || !this.#isNews(after)) return;
    this.#ended.add(directory);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#tell();
    }, TOGETHER_MS);
  }

  #isNews(run: RunSummary): boolean {
    if (this.panels.isVisible(run.directory) || this.trainer.isStopping(run.directory)) return false;
    // The command that tried to start the trainer tells this one.
    if (run.manifest.error?.code === 'trainer/start-failed') return false;
    const scope = vscode.Uri.file(run.directory);
    const wanted = vscode.workspace.getConfiguration('recsight', scope).get('notifications.runEnded');
    return wanted === 'never' ? false : wanted !== 'failures' || endedBadly(run);
  }

  async #tell(): Promise<void> {
    const runs = [...this.#ended]
      .map((directory) => this.runs.get(directory))
      .filter((run) => run !== undefined && !this.panels.isVisible(run.directory)) as RunSummary[];
    this.#ended.clear();
    const [run] = runs;
    if (!run) return;
    const show = runs.some(endedBadly) ? showError : showInformation;
    if (runs.length > 1) {
      const text = endsText(runs.map((each) => ({ run: each, title: this.runs.titleOf(each) })));
      await show(text, commandButton('Show Runs', 'recsight.runs.focus'));
      return;
    }
    const text = endText(run, this.runs.titleOf(run), this.#evaluated.get(run.directory) ?? null);
    await show(text, commandButton('Show', 'recsight.openRun', run.directory), ...remedies(run));
  }
}

/** What failed for a reason that was told fails again, until that is mended. */
function remedies({ status, resumable, directory }: RunSummary): Button[] {
  if (status === 'failed') return [commandButton('Open Log', 'recsight.openLog', directory)];
  if (status !== 'lost') return [];
  return [
    resumable
      ? commandButton('Resume Run', 'recsight.resumeRun', directory)
      : commandButton('Train Again', 'recsight.trainAgain', directory),
  ];
}
