import type * as vscode from 'vscode';
import { ConfigError } from '../config/configFile';
import { errorMessage, firstLine } from './errorMessage';
import { commandButton, showError, type Button } from './messages';

/** Writes an error into the log and tells the user, with the buttons that help. Never throws, never waits. */
export function reportError(error: unknown, log: vscode.LogOutputChannel): void {
  log.error(error instanceof Error ? error : String(error));
  const openLog = { title: 'Open Log', run: () => log.show() };
  void showError(firstLine(errorMessage(error)), ...remediesOf(error), openLog);
}

function remediesOf(error: unknown): Button[] {
  if (error instanceof ConfigError)
    return [commandButton('Show Problems', 'workbench.actions.view.problems')];
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'trust/needed') return [commandButton('Manage Workspace Trust', 'workbench.trust.manage')];
  if (code === 'workspace/no-folder') return [commandButton('Open Folder…', 'vscode.openFolder')];
  if (typeof code === 'string' && code.startsWith('node/')) {
    return [commandButton('Open Settings', 'workbench.action.openSettings', 'recsight.nodePath')];
  }
  return [];
}
