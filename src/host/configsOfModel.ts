import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import { ownFilesIn } from '../config/ownFiles';
import type { ConfigCatalog } from './configCatalog';
import { commandButton, showInformation } from './messages';
import { pickConfig } from './pickers';
import type { RunCatalog } from './runCatalog';

/**
 * The config to train a model file with: the only one that names it, or the user's choice. Where none does, they are told what to
 * write.
 */
export async function configOfModel(
  { configs, runs }: { configs: ConfigCatalog; runs: RunCatalog },
  model: vscode.Uri,
  title: string,
): Promise<vscode.Uri | undefined> {
  await configs.loaded;
  const naming = await Promise.all(
    configs.uris.map(async (uri) => ((await names(uri, model)) ? [uri] : [])),
  ).then((found) => found.flat());
  const [only] = naming;
  if (naming.length > 1) return pickConfig(naming, runs.runs, title);
  if (only) return only;
  const file = vscode.workspace.asRelativePath(model, false);
  void showInformation(
    `No config names \`${file}\` yet. Set \`model.type\` of a config to its path from the config: \`./${file}\` for a config in the workspace folder.`,
    commandButton('New Config', 'recsight.newConfig'),
  );
  return undefined;
}

async function names(config: vscode.Uri, model: vscode.Uri): Promise<boolean> {
  const format = configFormat(config.path);
  if (format === null) return false;
  const text = await readFile(config.fsPath, 'utf8').catch(() => '');
  const folder = path.dirname(config.fsPath);
  return ownFilesIn(text, format).some((name) => path.resolve(folder, name) === model.fsPath);
}
