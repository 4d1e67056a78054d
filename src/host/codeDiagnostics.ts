import * as vscode from 'vscode';
import type { RunSummary } from '../protocol/run';
import { quoteCode } from '../series/messageText';
import type { CodeProblem } from '../userCode/declaration';
import { failedLine, filesOfRun } from './failedLine';
import { isUserCode } from './modelTypes';
import type { RunCatalog } from './runCatalog';

/** Typing pauses this long, in ms, before a file is read again. */
const DEBOUNCE = 250;

/**
 * Underlines in model and metric files what their declarations say wrong, as one types, and the line at which a run failed, until
 * the file changes or a run with it starts.
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
    const { problems } = /\bdefine(Model|Metric)\b/.test(text)
      ? readDeclaration(text, document.fileName)
      : { problems: [] };
    if (document.getText() === text) this.#declared.set(document.uri, problems.map(toDiagnostic));
  }

  /** Underlines the line at which a run failed. */
  async #showFailure(run: RunSummary): Promise<void> {
    const isOurs = (file: string) => vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file)) !== undefined;
    const failed = await failedLine(run, isOurs);
    if (failed === null) return;
    const { file, line, column, message } = failed;
    const problem = { line, column, endLine: line, endColumn: column, message };
    this.#failed.set(vscode.Uri.file(file), [toDiagnostic(problem)]);
  }

  async #forget({ directory }: RunSummary): Promise<void> {
    const uris: vscode.Uri[] = [];
    this.#failed.forEach((uri) => uris.push(uri));
    const files = await filesOfRun(
      directory,
      uris.map(({ fsPath }) => fsPath),
    );
    for (const file of files) this.#failed.delete(vscode.Uri.file(file));
  }
}

function toDiagnostic({ line, column, endLine, endColumn, message }: CodeProblem): vscode.Diagnostic {
  const range = new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
  const diagnostic = new vscode.Diagnostic(range, quoteCode(message), vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'RecSight';
  return diagnostic;
}
