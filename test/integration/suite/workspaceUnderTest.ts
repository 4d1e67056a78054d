import * as vscode from 'vscode';
import { until } from '../../until';

/** The folder that the suite's window has open. */
export function workspaceFolder(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error('The suite needs a window with a folder.');
  return folder.uri.fsPath;
}

/** The extension, activated. */
export async function activatedExtension(): Promise<vscode.Extension<unknown>> {
  const extension = vscode.extensions.getExtension('recsight.recsight');
  if (!extension) throw new Error('The extension host does not know recsight.recsight.');
  await extension.activate();
  return extension;
}

/** Asks again until the answer is not null; what an extension shows comes a moment after its cause. */
export async function eventually<T>(what: string, ask: () => T | null | Promise<T | null>): Promise<T> {
  // Less than Mocha's own limit, which would not say for what.
  const { answer } = await until(
    what,
    async () => {
      const value = await ask();
      return value === null ? null : { answer: value };
    },
    50_000,
  );
  return answer;
}
