import * as vscode from 'vscode';
import { isUserCode } from './modelTypes';

/** `▶ Train | Debug Model` above the first line of a model file. */
export class ModelLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly #disposables: { dispose(): unknown }[];

  readonly onDidChangeCodeLenses = this.#changes.event;

  constructor() {
    this.#disposables = [
      this.#changes,
      vscode.languages.registerCodeLensProvider(
        [
          { scheme: 'file', language: 'typescript' },
          { scheme: 'file', language: 'javascript' },
        ],
        this,
      ),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changes.fire()),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!vscode.workspace.isTrusted || !isUserCode(document)) return [];
    if (!/\bdefineModel\b/.test(document.getText())) return [];
    const lens = (title: string, tooltip: string, command: string) =>
      new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), {
        title,
        tooltip,
        command,
        arguments: [document.uri],
      });
    return [
      lens('▶ Train', 'Train this model with a config that names it', 'recsight.trainModel'),
      lens('Debug Model', 'Train under the debugger, which stops at your breakpoints', 'recsight.debugModel'),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }
}
