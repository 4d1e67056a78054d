import * as vscode from 'vscode';
import { isActive } from '../protocol/run';
import { showError } from './messages';
import { failureMessage } from './runText';
import type { LivePanels } from './livePanel';
import type { RunCatalogue, RunChange } from './runCatalogue';

/**
 * Tells when a run fails while this window is open, unless its panel is in view and says so itself. Success needs no
 * message: the list and the panel show it.
 */
export class FailureNotices implements vscode.Disposable {
  readonly #listener: vscode.Disposable;

  constructor(
    private readonly runs: RunCatalogue,
    private readonly panels: LivePanels,
  ) {
    this.#listener = runs.onDidChange((change) => {
      void this.#tell(change);
    });
  }

  dispose(): void {
    this.#listener.dispose();
  }

  async #tell({ directory, before, after }: RunChange): Promise<void> {
    if (!before || !after || !isActive(before.status) || this.panels.isVisible(directory)) return;
    // The command that tried to start the trainer tells this one.
    if (after.manifest.error?.code === 'trainer/start-failed') return;
    const message = failureMessage(after, this.runs.titleOf(after));
    if (message === null) return;
    const restart = after.resumable ? 'Resume Run' : 'Train Again';
    // What failed for a reason that was told fails again, until that is mended.
    const remedy = after.status === 'lost' ? restart : 'Open Log';
    const choice = await showError(message, 'Open Run', remedy);
    const commands = {
      'Open Run': 'recsight.openRun',
      'Open Log': 'recsight.openLog',
      'Resume Run': 'recsight.resumeRun',
      'Train Again': 'recsight.trainAgain',
    };
    if (choice) await vscode.commands.executeCommand(commands[choice], directory);
  }
}
