import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import { parseConfig, type ConfigProblem } from '../config/parseConfig';
import { quoteCode } from '../series/messageText';
import { isConfigDocument } from './configCatalogue';

/** Typing pauses this long, in ms, before a config is checked. */
const DEBOUNCE = 250;
const SELECTOR: vscode.DocumentSelector = { pattern: '**/*.recsight.{json,yaml,yml}' };

/** Underlines what is wrong in open configs, and offers to replace a misspelt name by the right one. */
export class ConfigDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('recsight');
  readonly #problems = new Map<string, ConfigProblem[]>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #disposables: { dispose(): unknown }[];

  constructor() {
    this.#disposables = [
      this.#collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.check(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#checkSoon(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      vscode.languages.registerCodeActionsProvider(SELECTOR, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    ];
    for (const document of vscode.workspace.textDocuments) this.check(document);
  }

  /** Checks a document now and returns what is wrong with it; nothing for a document that is no config. */
  check(document: vscode.TextDocument): ConfigProblem[] {
    const format = configFormat(document.uri.path);
    if (format === null || !isConfigDocument(document)) return [];
    this.#cancel(document);
    const { problems } = parseConfig(document.getText(), format);
    this.#problems.set(document.uri.toString(), problems);
    this.#collection.set(
      document.uri,
      problems.map((problem) => toDiagnostic(document, problem)),
    );
    return problems;
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const problems = this.#problems.get(document.uri.toString()) ?? [];
    return problems.flatMap((problem) => {
      const { suggestion } = problem;
      const problemRange = rangeOf(document, problem);
      if (suggestion === undefined || !problemRange.intersection(range)) return [];
      const action = new vscode.CodeAction(`Change to “${suggestion}”`, vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, problemRange, quoteLike(document.getText(problemRange), suggestion));
      action.diagnostics = context.diagnostics.filter((diagnostic) => diagnostic.range.isEqual(problemRange));
      action.isPreferred = true;
      return [action];
    });
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #checkSoon(document: vscode.TextDocument): void {
    if (configFormat(document.uri.path) === null) return;
    this.#cancel(document);
    const timer = setTimeout(() => this.check(document), DEBOUNCE);
    this.#timers.set(document.uri.toString(), timer);
  }

  #cancel(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  #forget(document: vscode.TextDocument): void {
    this.#cancel(document);
    this.#problems.delete(document.uri.toString());
    this.#collection.delete(document.uri);
  }
}

function toDiagnostic(document: vscode.TextDocument, problem: ConfigProblem): vscode.Diagnostic {
  const severity =
    problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
  const diagnostic = new vscode.Diagnostic(rangeOf(document, problem), quoteCode(problem.message), severity);
  diagnostic.source = 'RecSight';
  return diagnostic;
}

function rangeOf(document: vscode.TextDocument, problem: ConfigProblem): vscode.Range {
  return new vscode.Range(document.positionAt(problem.start), document.positionAt(problem.end));
}

/** Keeps the quotes of the text that is replaced. */
function quoteLike(replaced: string, text: string): string {
  const quote = /^["']/.exec(replaced)?.[0] ?? '';
  return `${quote}${text}${quote}`;
}
