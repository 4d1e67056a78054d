import path from 'node:path';
import * as vscode from 'vscode';
import { looseValue } from '../config/datasetText';
import { ownFilesOf, readOwnCode } from '../config/ownFiles';
import type { ConfigFormat } from '../config/parseConfig';
import type { OwnCode } from '../userCode/declaration';
import { isOutside, readCodeFile } from '../userCode/readCodeFile';

const CODE_GLOB = '**/*.{ts,mts,js,mjs}';
/** Copies that tools make are nobody's models. */
const EXCLUDED = '**/{node_modules,.recsight,.git,dist,out}/**';
/** Files that are looked into for completion. */
const MOST_FILES = 500;

const NONE: OwnCode = new Map();

/** A model file or a metric file of the workspace. */
export interface CodeFile {
  uri: vscode.Uri;
  kind: 'model' | 'metric';
  title: string;
}

/**
 * What the model and metric files declare that configs name: as they are in the editor, saved or not, else on disk. They are read,
 * not run, so this needs no trusted workspace.
 */
export class CodeFiles implements vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  /** What was read last for a config: the same object as long as the files are the same. */
  readonly #known = new Map<string, { key: string; code: OwnCode }>();
  readonly #disposables: { dispose(): unknown }[] = [this.#changes];
  #isWatching = false;

  /** A file that may be a model file or a metric file has changed. */
  readonly onDidChange = this.#changes.event;

  /** The files that a config names, which most do not. */
  async read(document: vscode.TextDocument, format: ConfigFormat): Promise<OwnCode> {
    const names = mayNameCode(document) ? ownFilesOf(looseValue(document.getText(), format)) : [];
    if (names.length === 0) return NONE;
    this.#watch();
    const code = await readOwnCode(path.dirname(document.uri.fsPath), names, (file) =>
      textOf(file, document.uri),
    );
    const key = JSON.stringify([...code]);
    const known = this.#known.get(document.uri.toString());
    if (known?.key === key) return known.code;
    this.#known.set(document.uri.toString(), { key, code });
    return code;
  }

  /** The model or metric files of the workspace. */
  async find(kind: CodeFile['kind'], token: vscode.CancellationToken): Promise<CodeFile[]> {
    const { readDeclaration } = await import('../userCode/readDeclaration');
    const uris = await vscode.workspace.findFiles(CODE_GLOB, EXCLUDED, MOST_FILES, token);
    const files = await Promise.all(
      uris.map(async (uri): Promise<CodeFile[]> => {
        const text = await textOf(uri.fsPath, uri).catch(() => '');
        if (!text.includes('recsight/v1')) return [];
        const { declaration } = readDeclaration(text, uri.path);
        return declaration?.kind === kind ? [{ uri, kind, title: declaration.title }] : [];
      }),
    );
    return files.flat().sort((a, b) => (a.uri.path < b.uri.path ? -1 : 1));
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /** From the first config on that names code. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const watcher = vscode.workspace.createFileSystemWatcher(CODE_GLOB);
    const changed = (uri: vscode.Uri) => this.#changes.fire(uri);
    this.#disposables.push(
      watcher,
      watcher.onDidChange(changed),
      watcher.onDidCreate(changed),
      watcher.onDidDelete(changed),
      vscode.workspace.onDidChangeTextDocument(({ document: { languageId, uri } }) => {
        if (/^(type|java)script$/.test(languageId)) changed(uri);
      }),
    );
  }
}

/** Whether a config may name files of code, which it seldom does: without reading it as a config. */
export function mayNameCode(document: vscode.TextDocument): boolean {
  return /\.m?[jt]s(["'\s,}\]]|$)/.test(document.getText());
}

/** @throws Error for a file outside of the workspace folder, which is nobody's model file, whatever a config says */
async function textOf(file: string, config: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file);
  if (open) return open.getText();
  const folder = vscode.workspace.getWorkspaceFolder(config);
  if (folder && (await isOutside(folder.uri.fsPath, file)))
    throw new Error(`it is outside of the workspace folder ${folder.uri.fsPath}`);
  return readCodeFile(file);
}
