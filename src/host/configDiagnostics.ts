import path from 'node:path';
import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import { fieldOf, placeProblems, readCandidateFile, readDataset } from '../config/datasetText';
import { parseConfig } from '../config/parseConfig';
import type { DatasetConfig } from '../config/schema';
import type { DataProblem } from '../protocol/dataCheck';
import { quoteCode } from '../series/messageText';
import { mayNameCode, type CodeFiles } from './codeFiles';
import { isConfigDocument } from './configCatalog';
import { fixesOf, rangeOf, type ShownProblem } from './configFixes';
import type { DataChecks } from './dataChecks';
import { DataWatch } from './dataWatch';

/** Typing pauses this long, in ms, before a config is checked. */
const DEBOUNCE = 250;
/** Files that change all the time are looked at so often, in ms. */
const FILES_DEBOUNCE = 500;
/** Who wants to train waits no longer, in ms, for what the data look like. The trainer will tell. */
const PATIENCE = 1_500;
export const CONFIG_SELECTOR: vscode.DocumentSelector = { pattern: '**/*.recsight.{json,yaml,yml}' };

/** What is known of an open config. */
interface Checked {
  text: ShownProblem[];
  /** The data that were looked at last, and what is wrong with them. */
  dataset: DatasetConfig | null;
  data: DataProblem[];
  /** The dataset and the candidates, as JSON, that were found in order, as long as no file was heard to have changed since. */
  inOrder: string | null;
  watch: DataWatch;
  timer: NodeJS.Timeout | undefined;
  filesTimer: NodeJS.Timeout | undefined;
  /** Counts the looks at the data: only the last one counts. */
  looks: number;
}

/**
 * Underlines what is wrong in open configs and with the files and columns that they name, and offers what could stand there
 * instead.
 */
export class ConfigDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('recsight');
  readonly #checked = new Map<string, Checked>();
  readonly #disposables: { dispose(): unknown }[];

  constructor(
    private readonly dataChecks: DataChecks,
    private readonly code: CodeFiles,
  ) {
    const checkAll = () => vscode.workspace.textDocuments.forEach((document) => this.check(document));
    this.#disposables = [
      this.#collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.check(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#checkSoon(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      vscode.workspace.onDidGrantWorkspaceTrust(checkAll),
      code.onDidChange(() =>
        vscode.workspace.textDocuments.filter(mayNameCode).forEach((document) => this.#checkSoon(document)),
      ),
      // Not every disk tells of its changes.
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor) this.check(editor.document);
      }),
      vscode.languages.registerCodeActionsProvider(CONFIG_SELECTOR, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    ];
    checkAll();
  }

  /** Checks a document, unless it is no config. What is wrong with its data is shown as soon as that is known. */
  check(document: vscode.TextDocument): void {
    void this.#checkData(document);
  }

  /** Checks a document and its data, which are given up where they take too long. */
  async checkWithData(document: vscode.TextDocument): Promise<ShownProblem[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE)));
    await Promise.race([this.#checkData(document, true), late]);
    clearTimeout(timer);
    return this.#problemsOf(document);
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return this.#problemsOf(document).flatMap((problem) => {
      const problemRange = rangeOf(document, problem);
      if (!problemRange.intersection(range)) return [];
      return fixesOf(document, problem).map(({ title, edit }, index) => {
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
        action.edit = edit;
        action.diagnostics = context.diagnostics.filter((diagnostic) =>
          diagnostic.range.isEqual(problemRange),
        );
        action.isPreferred = index === 0;
        return action;
      });
    });
  }

  dispose(): void {
    for (const document of vscode.workspace.textDocuments) this.#forget(document);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /** @param trusting whether data that were found in order, and have not changed since, need no second look */
  async #checkData(document: vscode.TextDocument, trusting = false): Promise<void> {
    const format = configFormat(document.uri.path);
    // The left side of a diff is a file of the past: nobody can fix it.
    if (format === null || !isConfigDocument(document)) return;
    if (document.isClosed) return;
    const checked = this.#checkedOf(document);
    clearTimeout(checked.timer);
    clearTimeout(checked.filesTimer);
    checked.filesTimer = undefined;
    const text = document.getText();
    const code = mayNameCode(document) ? await this.code.read(document, format) : undefined;
    // A newer check is on its way, or there is nothing to check any more.
    if (document.getText() !== text || this.#checked.get(document.uri.toString()) !== checked) return;
    checked.text = parseConfig(text, format, [], code).problems;
    const dataset = readDataset(text, format);
    const candidates = readCandidateFile(text, format);
    // Until it is known what the new ones say, what is said of values that stay stays.
    const before = checked.dataset;
    checked.data = checked.data.filter(
      ({ path: at }) => JSON.stringify(valueAt(before, at)) === JSON.stringify(valueAt(dataset, at)),
    );
    checked.dataset = dataset;
    this.#show(document);
    const key = JSON.stringify([dataset, candidates]);
    if (trusting && checked.inOrder === key) return;
    const look = ++checked.looks;
    // One that is not saved yet reads what it will read once it is.
    const baseDirectory = path.dirname(document.uri.fsPath);
    if (dataset === null) return;
    // What a config names may be anywhere, also on another machine.
    if (vscode.workspace.isTrusted) checked.watch.watch(dataset, baseDirectory, candidates);
    const data = await this.dataChecks.check(dataset, baseDirectory, candidates);
    // It may have changed, or have been closed, meanwhile.
    if (look !== checked.looks || this.#checked.get(document.uri.toString()) !== checked) return;
    checked.data = data ?? [];
    checked.inOrder = data?.length === 0 ? key : null;
    this.#show(document);
  }

  #show(document: vscode.TextDocument): void {
    this.#collection.set(
      document.uri,
      this.#problemsOf(document).map((problem) => toDiagnostic(document, problem)),
    );
  }

  #problemsOf(document: vscode.TextDocument): ShownProblem[] {
    const checked = this.#checked.get(document.uri.toString());
    const format = configFormat(document.uri.path);
    if (!checked || format === null) return [];
    const placed = placeProblems(document.getText(), format, checked.data);
    const data = checked.data.map(({ path: at, choices }, index) => {
      const { isWritten, ...problem } = placed[index]!;
      return { ...problem, data: { path: at, choices, isWritten } };
    });
    return [...checked.text, ...data].sort((a, b) => a.start - b.start);
  }

  #checkSoon(document: vscode.TextDocument): void {
    const checked = this.#checked.get(document.uri.toString());
    if (!checked) return;
    clearTimeout(checked.timer);
    checked.timer = setTimeout(() => this.check(document), DEBOUNCE);
  }

  #checkedOf(document: vscode.TextDocument): Checked {
    const key = document.uri.toString();
    const known = this.#checked.get(key);
    if (known) return known;
    const filesChanged = () => {
      checked.inOrder = null;
      checked.filesTimer ??= setTimeout(() => this.check(document), FILES_DEBOUNCE);
    };
    const checked: Checked = {
      text: [],
      dataset: null,
      data: [],
      inOrder: null,
      watch: new DataWatch(filesChanged),
      timer: undefined,
      filesTimer: undefined,
      looks: 0,
    };
    this.#checked.set(key, checked);
    return checked;
  }

  #forget(document: vscode.TextDocument): void {
    const checked = this.#checked.get(document.uri.toString());
    if (!checked) return;
    clearTimeout(checked.timer);
    clearTimeout(checked.filesTimer);
    checked.watch.dispose();
    this.#checked.delete(document.uri.toString());
    this.#collection.delete(document.uri);
  }
}

/** What a dataset says at a path of the config. */
function valueAt(dataset: DatasetConfig | null, at: DataProblem['path']): unknown {
  return fieldOf({ dataset }, ...at.map(String));
}

function toDiagnostic(document: vscode.TextDocument, problem: ShownProblem): vscode.Diagnostic {
  const severity =
    problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
  const diagnostic = new vscode.Diagnostic(rangeOf(document, problem), quoteCode(problem.message), severity);
  diagnostic.source = 'RecSight';
  const { ownFile } = problem;
  if (ownFile !== undefined) {
    const file = vscode.Uri.file(path.resolve(path.dirname(document.uri.fsPath), ownFile.path));
    diagnostic.relatedInformation = ownFile.problems.map(({ line, column, message }) => {
      const place = new vscode.Location(file, new vscode.Position(line - 1, column - 1));
      return new vscode.DiagnosticRelatedInformation(place, quoteCode(message));
    });
  }
  return diagnostic;
}
