import * as vscode from 'vscode';
import { MODELS, typeOf } from '../model/models';
import { pathExists } from './runFiles';

const TYPE = typeOf(MODELS[0]);

/** The smallest config that is worth starting from; everything else has a default that completion shows. */
const TEMPLATE = new vscode.SnippetString(
  `{
  "dataset": {
    "path": "\${1:interactions.csv}",
    "columns": { "user": "\${2:user_id}", "item": "\${3:item_id}", "timestamp": "\${4:timestamp}" }
  },
  "model": {
    "type": "${TYPE}"
  },
  "training": {
    "epochs": \${5:20}
  }
}
`,
);

/** Opens a new config, not yet on disk, in the workspace folder; where there are several, the user says in which. */
export async function createConfig(): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    await vscode.commands.executeCommand('vscode.openFolder');
    return;
  }
  const folder =
    folders.length === 1
      ? folders[0]
      : await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Choose the folder of the new config' });
  if (!folder) return;
  const document = await vscode.workspace.openTextDocument(await freeUri(folder.uri));
  const editor = await vscode.window.showTextDocument(document);
  if (document.getText() === '') await editor.insertSnippet(TEMPLATE, new vscode.Position(0, 0));
}

/** `sasrec.recsight.json`, or with a number where there is such a file already. */
async function freeUri(folder: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const uri = vscode.Uri.joinPath(folder, `${TYPE}${number === 1 ? '' : `-${number}`}.recsight.json`);
    if (!(await pathExists(uri))) return uri.with({ scheme: 'untitled' });
  }
}
