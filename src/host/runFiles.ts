import path from 'node:path';
import { Buffer } from 'node:buffer';
import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import { requireDeletable } from '../runs/requireDeletable';
import { RunDirectory } from '../runs/runDirectory';
import { confirm, showInformation, showWarning } from './messages';

/** Opens the config file that a run was started from or, where that is gone, the copy that the run keeps. */
export async function openConfig(directory: string): Promise<void> {
  const uri = await configFileOf(directory);
  if (uri) await vscode.window.showTextDocument(uri);
  else await offerConfigCopy(directory);
}

/** The config file that a run was started from, as it is today. Undefined when it is gone. Throws RunReadError. */
export async function configFileOf(directory: string): Promise<vscode.Uri | undefined> {
  const run = new RunDirectory(directory);
  const configPath = run.resolveConfigPath(await run.readManifest());
  const uri = vscode.Uri.file(configPath);
  return mayBeConfigOf(run, configPath) && (await pathExists(uri)) ? uri : undefined;
}

/**
 * Says that the config file of a run is gone, and offers the copy that the run keeps. It opens as a new file in the place of the
 * old one, so that it can be looked at, changed, saved and trained there.
 */
export async function offerConfigCopy(directory: string): Promise<void> {
  const run = new RunDirectory(directory);
  const configPath = run.resolveConfigPath(await run.readManifest());
  const message = `${configPath} is gone. The run keeps a copy of the config, with all defaults filled in.`;
  await showWarning(message, { title: 'Open the Run’s Copy', run: () => openConfigCopy(run, configPath) });
}

async function openConfigCopy(run: RunDirectory, configPath: string): Promise<void> {
  const content = `${JSON.stringify(await run.readConfig(), null, 2)}\n`;
  if (!mayBeConfigOf(run, configPath)) {
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ language: 'json', content }),
    );
    return;
  }
  const document = await vscode.workspace.openTextDocument(
    vscode.Uri.file(configPath).with({ scheme: 'untitled' }),
  );
  const editor = await vscode.window.showTextDocument(document);
  if (document.getText() === '') {
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), content));
  }
}

/**
 * Whether what a manifest names is looked for at all: it may say anything. On Windows the mere look at a file of another
 * machine sends that machine the user's credentials.
 */
function mayBeConfigOf(run: RunDirectory, configPath: string): boolean {
  const isRemote = (file: string) => /^[\\/]{2}/.test(file);
  return configFormat(configPath) !== null && (isRemote(run.path) || !isRemote(configPath));
}

/** Opens what the trainer process printed. */
export async function openLog(directory: string): Promise<void> {
  const uri = vscode.Uri.file(new RunDirectory(directory).logPath);
  if (await pathExists(uri)) {
    await vscode.window.showTextDocument(uri, { preview: true });
  } else {
    await showInformation('The trainer of this run has not written a log.');
  }
}

/** Asks where to put a file. Undefined when the user chose no place. */
export async function askWhereToSave(fileName: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = path.basename(fileName);
  return vscode.window.showSaveDialog(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {});
}

/** Asks where to put a file that a page made, and puts it there. */
export async function saveFile(fileName: string, content: string | ArrayBuffer): Promise<void> {
  const target = await askWhereToSave(fileName);
  if (!target) return;
  await vscode.workspace.fs.writeFile(
    target,
    typeof content === 'string' ? Buffer.from(content, 'utf8') : new Uint8Array(content),
  );
}

/**
 * Asks, then deletes a run: into the trash, or for good where there is none (as on a remote machine). Returns whether
 * the run is gone. Throws RunBusyError while a trainer works on it, and RunReadError for a folder that is no run.
 */
export async function deleteRun(directory: string, title: string): Promise<boolean> {
  await requireDeletable(directory);
  const uri = vscode.Uri.file(directory);
  const contents = 'its checkpoints, metrics and log';
  if (vscode.env.remoteName === undefined) {
    const detail = `Moves ${contents} to the trash.`;
    if (!(await confirm(`Delete the run ${title}?`, detail, 'Move to Trash'))) return false;
    // The question may have waited for long.
    await requireDeletable(directory);
    try {
      await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: true });
      return true;
    } catch {
      // There is no trash for this drive: ask for the worse.
    }
  }
  const question = `Permanently delete the run ${title}?`;
  const detail = `Deletes ${contents}. This cannot be undone.`;
  if (!(await confirm(question, detail, 'Delete Permanently'))) return false;
  await requireDeletable(directory);
  await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: false });
  return true;
}

/** Whether there is a file or folder. */
export async function pathExists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
