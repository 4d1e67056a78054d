import path from 'node:path';
import * as vscode from 'vscode';
import { problemOfModelName, writeNewModel } from '../userCode/newModel';
import { showInformation } from './messages';

/**
 * Asks for a name, and writes a model and a config that trains it into the workspace folder; where there are several, the user
 * says in which.
 * @param assets folder of what a new model is made of
 */
export async function createModel(assets: string): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    await vscode.commands.executeCommand('vscode.openFolder');
    return;
  }
  const folder =
    folders.length === 1
      ? folders[0]
      : await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Choose the folder of the new model' });
  if (!folder) return;
  const name = await vscode.window.showInputBox({
    title: 'New Model',
    prompt: 'Name of the model file, which is written to models/<name>.ts',
    placeHolder: 'gatedMean',
    validateInput: (text) => problemOfModelName(text),
  });
  if (name === undefined) return;
  const { model, config, dataOf, written } = await writeNewModel(folder.uri.fsPath, name, assets);
  if (config !== null) await vscode.window.showTextDocument(vscode.Uri.file(config), { preview: false });
  await vscode.window.showTextDocument(vscode.Uri.file(model), { preview: false });

  const files = written.map((file) => `\`${path.relative(folder.uri.fsPath, file)}\``);
  const data = dataOf === null ? '' : ` The data and the training of the config are those of \`${dataOf}\`.`;
  void showInformation(
    `RecSight wrote ${files.join(', ')}.${config === null ? ` Set \`model.type\` to \`./models/${name}.ts\` in a config to train it.` : data}`,
  );
}
