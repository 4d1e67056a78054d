import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { RunReadError } from '../runs/runErrors';
import { listRuns, readRun } from '../runs/runStore';
import { watchRuns } from '../runs/watchRuns';
import { runsDirectoriesOf } from '../runs/workspaceRuns';
import type { RunSummary } from '../protocol/run';
import { errorMessage } from './errorMessage';
import { runTitles } from './runTitles';

/** One run has appeared (`before` is null), changed, or gone (`after` is null). */
export interface RunChange {
  directory: string;
  before: RunSummary | null;
  after: RunSummary | null;
}

/** How many places are watched. Any others are read when the list is refreshed. */
const MOST_WATCHED = 16;

/** One place that keeps runs of a workspace folder. */
interface FolderRuns {
  folder: vscode.WorkspaceFolder;
  watcher: { close(): Promise<void> } | null;
}

interface PendingRead {
  /** Somebody has asked again meanwhile. */
  again: boolean;
  run: Promise<RunSummary | null>;
}

/**
 * The runs of all workspace folders, as their directories say, kept up to date. Everything that the window shows
 * about runs comes from here.
 */
export class RunCatalog implements vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<RunChange>();
  readonly #resets = new vscode.EventEmitter<void>();
  readonly #runs = new Map<string, RunSummary>();
  /** Runs directory → what is known of it, those where new runs go before those that lie deeper. */
  readonly #folders = new Map<string, FolderRuns>();
  readonly #folderListener: vscode.Disposable;
  readonly #reading = new Map<string, PendingRead>();
  #otherPlaces: string[] = [];
  #notice: string | null = null;
  #numUnreadable = 0;
  #loaded: Promise<void>;
  #disposed = false;

  /** A run changed. */
  readonly onDidChange = this.#changes.event;
  /** The whole list was read anew, or the notice changed. */
  readonly onDidReset = this.#resets.event;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.#folderListener = vscode.workspace.onDidChangeWorkspaceFolders(() => void this.refresh());
    this.#loaded = this.#load();
  }

  /** Resolves when the runs that are on disk at start are known. */
  get loaded(): Promise<void> {
    return this.#loaded;
  }

  /** Newest first. */
  get runs(): RunSummary[] {
    return [...this.#runs.values()].sort((a, b) => b.manifest.createdAt - a.manifest.createdAt);
  }

  /** Directory → title of each run; no two are equal. */
  titles(now: number): Map<string, string> {
    return runTitles([...this.#runs.values()], now);
  }

  /** The title of a run, which no other run in this window has. It need not lie in the workspace. */
  titleOf(run: RunSummary): string {
    const { name } = run.manifest;
    const others = [...this.#runs.values()].filter(
      ({ directory, manifest }) => manifest.name === name && directory !== run.directory,
    );
    return runTitles([run, ...others], Date.now()).get(run.directory)!;
  }

  /** How runs are followed when it is not by watching files; null when all is well. */
  get notice(): string | null {
    return this.#notice;
  }

  /** Run directories that could not be read; the log says why. */
  get numUnreadable(): number {
    return this.#numUnreadable;
  }

  get(directory: string): RunSummary | undefined {
    return this.#runs.get(directory);
  }

  /** Reads all runs anew. */
  async refresh(): Promise<void> {
    this.#loaded = this.#load();
    await this.#loaded;
  }

  /**
   * Reads one run anew, at once; null when it cannot be read. Its directory need not lie in the workspace.
   * Writers are quick: calls made while a read goes on share one more read after it.
   */
  refreshRun(directory: string): Promise<RunSummary | null> {
    const reading = this.#reading.get(directory);
    if (reading) {
      reading.again = true;
      return reading.run;
    }
    const state: PendingRead = { again: true, run: Promise.resolve(null) };
    this.#reading.set(directory, state);
    state.run = this.#readUntilSettled(directory, state);
    return state.run;
  }

  /** The workspace folder that holds this run, or that the run's workspace holds. */
  folderOf(directory: string): vscode.WorkspaceFolder | undefined {
    return this.#folders.get(path.dirname(directory))?.folder;
  }

  /** The folders whose `.recsight` keeps runs although new ones go elsewhere. */
  get otherPlaces(): string[] {
    return [...this.#otherPlaces];
  }

  /** Lists the runs of one more place, which a run has just been started in. */
  follow(runsDirectory: string, folder: vscode.WorkspaceFolder): void {
    if (!this.#folders.has(runsDirectory)) this.#folders.set(runsDirectory, { folder, watcher: null });
    this.#startWatchers();
  }

  dispose(): void {
    this.#disposed = true;
    this.#folderListener.dispose();
    for (const { watcher } of this.#folders.values()) void watcher?.close();
    this.#folders.clear();
    this.#changes.dispose();
    this.#resets.dispose();
  }

  async #load(): Promise<void> {
    await this.#followFolders();
    const lists = await Promise.all(
      [...this.#folders.keys()].map(async (runsDirectory) => {
        try {
          return await listRuns(runsDirectory);
        } catch (error) {
          this.log.error(errorMessage(error));
          return { runs: [], unreadable: [] };
        }
      }),
    );
    if (this.#disposed) return;
    const listed = new Map(lists.flatMap((list) => list.runs).map((run) => [run.directory, run]));
    // What a watcher told while the list was read is newer than the list.
    for (const [directory, run] of listed) {
      const known = this.#runs.get(directory);
      if (known && known.manifest.updatedAt > run.manifest.updatedAt) continue;
      if (known) this.#update(directory, run);
      else this.#runs.set(directory, run);
    }
    // A run that is not in the list has gone, or has only just been made.
    for (const directory of this.#runs.keys()) if (!listed.has(directory)) void this.refreshRun(directory);
    const unreadable = lists.flatMap((list) => list.unreadable);
    this.#numUnreadable = unreadable.length;
    for (const { directory, message } of unreadable) this.log.warn(`Skipped ${directory}: ${message}`);
    this.#resets.fire();
    this.#startWatchers();
  }

  /** Adds the places of new workspace folders, and new places, and drops those that have gone. */
  async #followFolders(): Promise<void> {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const found = await Promise.all(folders.map(({ uri }) => runsDirectoriesOf(uri.fsPath)));
    if (this.#disposed) return;
    const others = found.flatMap(([, ...deeper]) => deeper);
    this.#otherPlaces = others.map((runsDirectory) => path.resolve(runsDirectory, '..', '..'));
    const wanted = new Map<string, vscode.WorkspaceFolder>();
    for (const runsDirectory of [...found.map(([own]) => own), ...others]) {
      const folder =
        vscode.workspace.getWorkspaceFolder(vscode.Uri.file(runsDirectory)) ??
        folders[found.findIndex((places) => places.includes(runsDirectory))]!;
      wanted.set(runsDirectory, folder);
    }
    for (const [runsDirectory, { watcher }] of this.#folders) {
      if (wanted.has(runsDirectory)) continue;
      this.#folders.delete(runsDirectory);
      void watcher?.close();
    }
    for (const [runsDirectory, folder] of wanted)
      if (!this.#folders.has(runsDirectory)) this.#folders.set(runsDirectory, { folder, watcher: null });
  }

  /** Watchers tell every run they find; started after the list was read, they tell only what is new. */
  #startWatchers(): void {
    if (this.#folders.size > MOST_WATCHED)
      this.log.warn(
        `There are ${this.#folders.size} run folders. The last ${this.#folders.size - MOST_WATCHED} are read only on refresh.`,
      );
    for (const [runsDirectory, folder] of [...this.#folders].slice(0, MOST_WATCHED)) {
      folder.watcher ??= watchRuns(runsDirectory, {
        changed: (directory) => void this.refreshRun(directory),
        removed: (directory) => this.#update(directory, null),
        notice: (message) => {
          this.log.warn(message);
          this.#notice = message;
          this.#resets.fire();
        },
      });
    }
  }

  async #readUntilSettled(directory: string, state: PendingRead): Promise<RunSummary | null> {
    let run: RunSummary | null = null;
    while (state.again) {
      state.again = false;
      run = await this.#read(directory);
    }
    this.#reading.delete(directory);
    return run;
  }

  async #read(directory: string): Promise<RunSummary | null> {
    try {
      const run = await readRun(directory);
      this.#update(directory, run);
      return run;
    } catch (error) {
      this.log.debug(`Could not read ${directory}: ${errorMessage(error)}`);
      // A damaged manifest may be whole again a moment later; a missing one means that the run has been deleted.
      if (error instanceof RunReadError && error.code === 'run/missing') this.#update(directory, null);
      return null;
    }
  }

  #update(directory: string, after: RunSummary | null): void {
    if (this.#disposed || !this.folderOf(directory)) return;
    const before = this.#runs.get(directory) ?? null;
    if (isDeepStrictEqual(before, after)) return;
    if (after) this.#runs.set(directory, after);
    else this.#runs.delete(directory);
    this.#changes.fire({ directory, before, after });
  }
}
