import path from 'node:path';
import * as vscode from 'vscode';
import { SETTINGS_FOLDER } from '../runs/runDirectory';
import { writeTypes } from '../userCode/workspaceTypes';
import { firstLine } from './errorMessage';

/** Text that every model file and metric file has in one of its first lines. */
const IMPORT = /from\s+['"]recsight\/v1['"]/;

/** Whether a document is a model file or a metric file, as far as its text says. */
export function isUserCode(document: vscode.TextDocument): boolean {
  const { languageId, uri } = document;
  return uri.scheme === 'file' && /^(type|java)script$/.test(languageId) && IMPORT.test(document.getText());
}

/** Gives the types of `recsight/v1` to a workspace in which a model file is opened, such as after a clone or an update. */
export class ModelTypes {
  /** Folders of model files that have been given them since the window was opened. */
  readonly #given = new Set<string>();
  readonly #subscription: vscode.Disposable;

  constructor(
    private readonly assets: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#subscription = vscode.workspace.onDidOpenTextDocument((document) => this.#give(document));
    for (const document of vscode.workspace.textDocuments) this.#give(document);
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  /** Nothing is written into a workspace that the user has not come to trust. */
  #give(document: vscode.TextDocument): void {
    if (!vscode.workspace.isTrusted || !isUserCode(document)) return;
    const folder = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath;
    const codeFolder = path.dirname(document.uri.fsPath);
    if (folder === undefined || this.#given.has(codeFolder) || isCopy(path.relative(folder, codeFolder)))
      return;
    this.#given.add(codeFolder);
    writeTypes(folder, codeFolder, this.assets).then(
      (written) => {
        const names = written.map((file) => path.relative(folder, file));
        if (names.length > 0) this.log.info(`Wrote ${names.join(', ')} for the types of recsight/v1.`);
      },
      (error: unknown) =>
        this.log.warn(`The types of recsight/v1 could not be written: ${firstLine(String(error))}`),
    );
  }
}

/** Whether a folder is one of a run's, or of an installed package: what is there is not for the user to write. */
function isCopy(folder: string): boolean {
  return folder.split(path.sep).some((part) => part === SETTINGS_FOLDER || part === 'node_modules');
}
