import * as vscode from 'vscode';
import { CONFIG_GLOB, configFormat } from '../config/configFile';
import { errorText } from '../protocol/errorText';

/** Copies that tools make are no experiments. */
const EXCLUDED = '**/{node_modules,.recsight,.git}/**';

/** The config files of the workspace, kept up to date. */
export class ConfigCatalog implements vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<void>();
  readonly #disposables: { dispose(): unknown }[] = [this.#changes];
  #uris: vscode.Uri[] = [];
  #search: Promise<void> = Promise.resolve();

  readonly onDidChange = this.#changes.event;

  constructor(private readonly log: vscode.LogOutputChannel) {
    const watcher = vscode.workspace.createFileSystemWatcher(CONFIG_GLOB, false, true, false);
    // One after the other, so that the newest answer is the last.
    const search = () => {
      this.#search = this.#search.then(() => this.#find());
    };
    this.#disposables.push(
      watcher,
      watcher.onDidCreate(search),
      watcher.onDidDelete(search),
      vscode.workspace.onDidChangeWorkspaceFolders(search),
    );
    search();
  }

  /** Resolves when the configs that are there at start are known. */
  get loaded(): Promise<void> {
    return this.#search;
  }

  /** Ordered by path. */
  get uris(): readonly vscode.Uri[] {
    return this.#uris;
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  async #find(): Promise<void> {
    try {
      const uris = await vscode.workspace.findFiles(CONFIG_GLOB, EXCLUDED);
      this.#uris = uris.sort((a, b) => a.path.localeCompare(b.path));
      this.#changes.fire();
    } catch (error) {
      this.log.error(`Could not look for config files: ${errorText(error)}`);
    }
  }
}

/** Whether a document is a config that can be trained: on disk, or new. The left side of a diff is a file of the past. */
export function isConfigDocument({ uri }: vscode.TextDocument): boolean {
  return (uri.scheme === 'file' || uri.scheme === 'untitled') && configFormat(uri.path) !== null;
}
