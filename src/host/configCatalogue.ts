import * as vscode from 'vscode';
import { CONFIG_GLOB, configFormat } from '../config/configFile';

/** Copies that tools make are no experiments. */
const EXCLUDED = '**/{node_modules,.recsight,.git}/**';

/** The config files of the workspace, kept up to date. */
export class ConfigCatalogue implements vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly #disposables: { dispose(): unknown }[] = [this.#changes];
  #uris: vscode.Uri[] = [];
  #searching = false;
  #searchAgain = false;

  readonly onDidChange = this.#changes.event;

  constructor(private readonly log: vscode.LogOutputChannel) {
    const watcher = vscode.workspace.createFileSystemWatcher(CONFIG_GLOB, false, true, false);
    const search = () => void this.#search();
    this.#disposables.push(
      watcher,
      watcher.onDidCreate(search),
      watcher.onDidDelete(search),
      vscode.workspace.onDidChangeWorkspaceFolders(search),
    );
    search();
  }

  /** Ordered by path. */
  get uris(): readonly vscode.Uri[] {
    return this.#uris;
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  async #search(): Promise<void> {
    if (this.#searching) {
      this.#searchAgain = true;
      return;
    }
    this.#searching = true;
    try {
      do {
        this.#searchAgain = false;
        const uris = await vscode.workspace.findFiles(CONFIG_GLOB, EXCLUDED);
        this.#uris = uris.sort((a, b) => a.path.localeCompare(b.path));
      } while (this.#searchAgain);
      this.#changes.fire();
    } catch (error) {
      this.log.error(`Could not look for config files: ${String(error)}`);
    } finally {
      this.#searching = false;
    }
  }
}

/** Whether a document is a config file on disk. */
export function isConfigDocument(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && configFormat(document.uri.fsPath) !== null;
}
