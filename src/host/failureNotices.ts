import * as vscode from 'vscode';
import { isActive } from '../protocol/run';
import { openLog } from './runFiles';
import { failureMessage } from './runText';
import type { RunCatalogue, RunChange } from './runCatalogue';

/** Tells when a run fails while this window is open. Success needs no message: the list and the panel show it. */
export class FailureNotices implements vscode.Disposable {
  readonly #listener: vscode.Disposable;

  constructor(runs: RunCatalogue) {
    this.#listener = runs.onDidChange((change) => {
      void tellFailure(change);
    });
  }

  dispose(): void {
    this.#listener.dispose();
  }
}

async function tellFailure({ directory, before, after }: RunChange): Promise<void> {
  if (!before || !after || !isActive(before.status)) return;
  // The command that tried to start the trainer tells this one.
  if (after.manifest.error?.code === 'trainer/start-failed') return;
  const message = failureMessage(after);
  if (message === null) return;
  const choice = await vscode.window.showErrorMessage(message, 'Open Run', 'Open Log');
  if (choice === 'Open Run') await vscode.commands.executeCommand('recsight.openRun', directory);
  if (choice === 'Open Log') await openLog(directory);
}
