import * as vscode from 'vscode';

/** Panels of one kind, one of which may be a preview. */
interface Previews {
  readonly previewIsActive: boolean;
  readonly onDidChangeState: vscode.Event<void>;
  keepOpen(): void;
}

/** The command Keep Open of the panel in front, and the context key that says whether it is offered. */
export class KeepOpen implements vscode.Disposable {
  readonly #disposables: vscode.Disposable;
  #offered = false;

  constructor(private readonly kinds: readonly Previews[]) {
    this.#disposables = vscode.Disposable.from(
      ...kinds.map(({ onDidChangeState }) => onDidChangeState(() => this.#update())),
      vscode.commands.registerCommand('recsight.keepOpen', () => {
        this.kinds.find(({ previewIsActive }) => previewIsActive)?.keepOpen();
      }),
    );
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  #update(): void {
    const offered = this.kinds.some(({ previewIsActive }) => previewIsActive);
    if (offered === this.#offered) return;
    this.#offered = offered;
    void vscode.commands.executeCommand('setContext', 'recsight.previewIsActive', offered);
  }
}
