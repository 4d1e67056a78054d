import * as vscode from 'vscode';
import { ConfigError } from '../config/configFile';
import { errorMessage, firstLine } from './errorMessage';
import { showError } from './messages';

/** A button of a message: its title and the command it runs. */
type Action = [title: string, command: string, ...args: unknown[]];

/** Writes an error into the log and tells the user, with the buttons that help. Never throws, never waits. */
export function reportError(error: unknown, log: vscode.LogOutputChannel): void {
  log.error(error instanceof Error ? error : String(error));
  const actions = actionsFor(error);
  const titles = actions.map(([title]) => title);
  void showError(firstLine(errorMessage(error)), ...titles, 'Open Log').then((choice) => {
    if (choice === 'Open Log') log.show();
    const chosen = actions.find(([title]) => title === choice);
    if (chosen) void vscode.commands.executeCommand(...(chosen.slice(1) as [string, ...unknown[]]));
  });
}

function actionsFor(error: unknown): Action[] {
  if (error instanceof ConfigError) return [['Show Problems', 'workbench.actions.view.problems']];
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'trust/needed') return [['Manage Workspace Trust', 'workbench.trust.manage']];
  if (code === 'workspace/no-folder') return [['Open Folder…', 'vscode.openFolder']];
  if (typeof code === 'string' && code.startsWith('node/')) {
    return [['Open Settings', 'workbench.action.openSettings', 'recsight.nodePath']];
  }
  return [];
}
