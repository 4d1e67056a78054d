import path from 'node:path';
import * as vscode from 'vscode';
import type { CandidateFileConfig, DatasetConfig } from '../config/schema';

/** Folders of one config that are watched. Those of any others are looked at when the config is. */
const MOST_WATCHED = 32;

/** Watches the folders of the files that a config names, whether these exist or not. */
export class DataWatch implements vscode.Disposable {
  #patterns = '';
  #watchers: vscode.Disposable[] = [];

  constructor(private readonly changed: () => void) {}

  /** Watches what a config reads by path. Queries are left out: what they read is not looked at. */
  watch(config: DatasetConfig, baseDirectory: string, candidates: CandidateFileConfig | null): void {
    const { items, users, split } = config;
    const parts = split.type === 'files' ? [split.validation, split.test].flat() : [];
    const paths = [...[config, items, users, candidates].flatMap((table) => table?.path ?? []), ...parts];
    const patterns = paths.map((file) => patternOf(file, baseDirectory));
    const key = JSON.stringify(patterns.map(({ baseUri, pattern }) => [baseUri.toString(), pattern]).sort());
    if (key === this.#patterns) return;
    this.dispose();
    this.#patterns = key;
    const distinct = new Map(patterns.map((one) => [`${one.baseUri.toString()} ${one.pattern}`, one]));
    this.#watchers = [...distinct.values()].slice(0, MOST_WATCHED).flatMap((pattern) => {
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      return [
        watcher,
        watcher.onDidCreate(this.changed),
        watcher.onDidChange(this.changed),
        watcher.onDidDelete(this.changed),
      ];
    });
  }

  dispose(): void {
    vscode.Disposable.from(...this.#watchers).dispose();
    this.#watchers = [];
    this.#patterns = '';
  }
}

/**
 * What lies in the folder of a file, or under that of a glob, and these folders themselves. Outside of the workspace nothing is
 * watched below the folder: of a glob that is half written, such as `/**`, that would be the whole disk.
 */
function patternOf(file: string, baseDirectory: string): vscode.RelativePattern {
  const parts = path.resolve(baseDirectory, file).split(path.sep);
  const glob = parts.findIndex((part) => /[*?[]/.test(part));
  const folder = parts.slice(0, glob < 0 ? -1 : glob).join(path.sep) || path.sep;
  const inside = glob < 0 ? '*' : '**';
  const workspaceFolder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder));
  if (!workspaceFolder) return new vscode.RelativePattern(vscode.Uri.file(folder), '*');
  const names = path.relative(workspaceFolder.uri.fsPath, folder).split(path.sep).filter(Boolean);
  // A name may hold what means something in a pattern.
  const plain = names.map((name) => name.replace(/[*?[\]{},!]/g, '?'));
  const above = plain.map((_, index) => plain.slice(0, index + 1).join('/'));
  const pattern = [...above, [...plain, inside].join('/')].join(',');
  return new vscode.RelativePattern(workspaceFolder, above.length === 0 ? inside : `{${pattern}}`);
}
