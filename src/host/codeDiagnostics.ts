import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../protocol/run';
import { keptFilePath } from '../runs/keptCode';
import { RunDirectory } from '../runs/runDirectory';
import { quoteCode } from '../series/messageText';
import type { CodeProblem } from '../userCode/declaration';
import { isUserCode } from './modelTypes';
import type { RunCatalog } from './runCatalog';

/** Typing pauses this long, in ms, before a file is read again. */
const DEBOUNCE = 250;

/**
 * Underlines in model and metric files what their declarations say wrong, as one types, and the line at which a run failed, until
 * the file changes.
 */
export class CodeDiagnostics implements vscode.Disposable {
  readonly #declared = vscode.languages.createDiagnosticCollection('recsight-code');
  readonly #failed = vscode.languages.createDiagnosticCollection('recsight-failures');
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #disposables: { dispose(): unknown }[];

  constructor(runs: RunCatalog) {
    this.#disposables = [
      this.#declared,
      this.#failed,
      vscode.workspace.onDidOpenTextDocument((document) => void this.#check(document)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        this.#failed.delete(document.uri);
        this.#checkSoon(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#declared.delete(uri)),
      runs.onDidChange(({ before, after }) => {
        if (after?.status === 'failed' && before?.status !== 'failed') void this.#showFailure(after);
        // A run that has gone further says that the error is gone.
        else if (after?.status === 'running' && before?.status !== 'running') void this.#forget(after);
      }),
    ];
    for (const document of vscode.workspace.textDocuments) void this.#check(document);
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #checkSoon(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        void this.#check(document);
      }, DEBOUNCE),
    );
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    if (document.isClosed || !isUserCode(document)) {
      this.#declared.delete(document.uri);
      return;
    }
    // A file beside a model, which imports types from recsight/v1, declares nothing.
    const text = document.getText();
    const { readDeclaration } = await import('../userCode/readDeclaration');
    const { problems } = /\bdefine(Model|Metric)\b/.test(text) ? readDeclaration(text) : { problems: [] };
    if (document.getText() === text) this.#declared.set(document.uri, problems.map(toDiagnostic));
  }

  /** A failed run says `models/x.ts:3:5: …`. Its line is told where the file is still what failed. */
  async #showFailure({ directory, manifest }: RunSummary): Promise<void> {
    const place = /^(.+?\.m?[jt]s):(\d+):(\d+): ([\s\S]+)$/.exec(manifest.error?.message ?? '');
    if (place === null) return;
    const [, name, line, column, message] = place;
    const run = new RunDirectory(directory);
    const [uri, kept] = [await this.#uriOf(run, name!), keptFilePath(run.path, name!)];
    if (uri === null) return;
    const texts = await Promise.all([uri.fsPath, kept].map((file) => readFile(file, 'utf8').catch(() => '')));
    if (texts[0] !== texts[1]) return;
    const start = { line: Number(line), column: Number(column) };
    const problem = { ...start, endLine: start.line, endColumn: start.column, message: message! };
    this.#failed.set(uri, [toDiagnostic(problem)]);
  }

  async #forget({ directory }: RunSummary): Promise<void> {
    const run = new RunDirectory(directory);
    const uris: vscode.Uri[] = [];
    this.#failed.forEach((uri) => uris.push(uri));
    for (const uri of uris) {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (!folder) continue;
      const name = path.relative(folder.uri.fsPath, uri.fsPath).split(path.sep).join('/');
      if (
        await readFile(keptFilePath(run.path, name)).then(
          () => true,
          () => false,
        )
      )
        this.#failed.delete(uri);
    }
  }

  /** The file of the workspace that a run has kept under this name. */
  async #uriOf(run: RunDirectory, name: string): Promise<vscode.Uri | null> {
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(run.path));
    const config = run.resolveConfigPath(await run.readManifest());
    const base = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(config)) ?? folder;
    return base ? vscode.Uri.joinPath(base.uri, ...name.split('/')) : null;
  }
}

function toDiagnostic({ line, column, endLine, endColumn, message }: CodeProblem): vscode.Diagnostic {
  const range = new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
  const diagnostic = new vscode.Diagnostic(range, quoteCode(message), vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'RecSight';
  return diagnostic;
}
