import { stat } from 'node:fs/promises';
import path from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { isActive, type RunStatus } from '../protocol/run';
import { MANIFEST_FILE } from './runDirectory';
import { systemErrorCode } from './runErrors';
import { listRunDirectories, readRun } from './runStore';

/** How often it is checked that the watched folder is there, in ms. It may come, go, and come back. */
const FOLDER_CHECK_MS = 1000;
/** How often everything is looked at without file watching. */
const POLL_MS = 1000;
/** How often everything is looked at although files are watched: some drives and containers report nothing. */
const SAFETY_SCAN_MS = 3_000;
/** How often active runs are read anew: a killed trainer changes no file. */
const LIVENESS_CHECK_MS = 3000;

export interface RunsListener {
  /** A run is there, is new, or has changed; also when only its derived status changed. It may be unreadable. */
  changed(directory: string): void;
  removed(directory: string): void;
  /** One sentence about how runs are followed, for the user. */
  notice(message: string): void;
}

/**
 * Follows the runs below `runsDirectory`, which need not exist. Every run that is there at the start is told as
 * changed, so a caller that lists the runs afterwards, or only listens, misses none. Where the system has no file
 * watches left, it looks every second instead and says so.
 */
export function watchRuns(runsDirectory: string, listener: RunsListener): { close(): Promise<void> } {
  const watching = new RunsWatch(path.resolve(runsDirectory), listener);
  watching.start();
  return watching;
}

class RunsWatch {
  /** Run directory → what its manifest looked like from outside when it was last told. */
  private readonly known = new Map<string, string>();
  /** Run directory → the status last seen, for runs that need a trainer. */
  private readonly active = new Map<string, RunStatus>();
  private watcher: FSWatcher | null = null;
  /** Identity of the folder that is watched; null while there is none. */
  private folder: string | null = null;
  private isPolling = false;
  private isClosed = false;
  private isScanning = false;
  private lastScan = 0;
  private lastLivenessCheck = Date.now();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly runsDirectory: string,
    private readonly listener: RunsListener,
  ) {}

  start(): void {
    const tick = async () => {
      await this.check();
      if (!this.isClosed) {
        this.timer = setTimeout(() => void tick(), Math.min(FOLDER_CHECK_MS, POLL_MS));
      }
    };
    void tick();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    await this.watcher?.close();
  }

  private async check(): Promise<void> {
    const folder = await identify(this.runsDirectory);
    if (this.isClosed) {
      return;
    }
    const isOtherFolder = folder !== this.folder;
    if (isOtherFolder) {
      this.folder = folder;
      this.restartWatcher();
    }
    if (isOtherFolder || Date.now() - this.lastScan >= (this.isPolling ? POLL_MS : SAFETY_SCAN_MS)) {
      await this.scan();
    }
    if (Date.now() - this.lastLivenessCheck >= LIVENESS_CHECK_MS) {
      this.lastLivenessCheck = Date.now();
      await this.checkActiveRuns();
    }
  }

  private restartWatcher(): void {
    void this.watcher?.close();
    this.watcher = null;
    if (this.folder === null || this.isPolling) {
      return;
    }
    const watcher = watch(this.runsDirectory, {
      depth: 1,
      ignoreInitial: true,
      ignored: (entry) => !this.isWatched(entry),
    });
    watcher.on('all', (event, entry) => {
      if (event === 'unlinkDir' && entry === this.runsDirectory) {
        // It may come back with the same identity before the next check.
        this.folder = null;
        return;
      }
      const directory = path.basename(entry) === MANIFEST_FILE ? path.dirname(entry) : entry;
      if (path.dirname(directory) === this.runsDirectory && watcher === this.watcher) {
        void this.refresh(directory);
      }
    });
    watcher.on('error', (error) => {
      if (watcher === this.watcher) {
        this.fallBackToPolling(error);
      }
    });
    this.watcher = watcher;
  }

  /** The folder itself, the runs' folders, and their manifests: two watches for each run. */
  private isWatched(entry: string): boolean {
    const parts = path.relative(this.runsDirectory, entry).split(path.sep);
    return (
      parts[0]?.startsWith('.') !== true &&
      (parts.length === 1 || (parts.length === 2 && parts[1] === MANIFEST_FILE))
    );
  }

  private fallBackToPolling(error: unknown): void {
    const code = systemErrorCode(error);
    const watcher = this.watcher;
    this.watcher = null;
    void watcher?.close();
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      // The folder went away; the next check finds out whether it came back.
      this.folder = null;
      return;
    }
    this.isPolling = true;
    const reason =
      code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE'
        ? `the system has no file watches left (${code}; on Linux see fs.inotify.max_user_watches)`
        : (code ?? String(error));
    this.listener.notice(`Runs are checked every second instead of watched: ${reason}.`);
    void this.scan();
  }

  /** Compares everything with what was told last. */
  private async scan(): Promise<void> {
    if (this.isScanning) {
      return;
    }
    this.isScanning = true;
    this.lastScan = Date.now();
    try {
      const directories = await listRunDirectories(this.runsDirectory);
      const present = new Set(directories);
      for (const directory of directories.concat([...this.known.keys()].filter((run) => !present.has(run)))) {
        await this.refresh(directory);
      }
    } catch {
      // Unreadable for now; the next scan tries again.
    } finally {
      this.isScanning = false;
    }
  }

  /** Looks at one run and tells when it is new, changed or gone. */
  private async refresh(directory: string): Promise<void> {
    const folder = await identify(directory);
    const look =
      folder === null ? null : `${folder} ${(await identify(path.join(directory, MANIFEST_FILE))) ?? ''}`;
    const before = this.known.get(directory);
    if (this.isClosed || look === (before ?? null)) {
      return;
    }
    if (look === null) {
      this.known.delete(directory);
      this.active.delete(directory);
      this.listener.removed(directory);
      return;
    }
    this.known.set(directory, look);
    this.listener.changed(directory);
    await this.noteStatus(directory);
  }

  private async checkActiveRuns(): Promise<void> {
    for (const [directory, before] of [...this.active]) {
      const after = await this.noteStatus(directory);
      if (after !== null && after !== before && this.known.has(directory) && !this.isFinished()) {
        this.listener.changed(directory);
      }
    }
  }

  private async noteStatus(directory: string): Promise<RunStatus | null> {
    const status = await readRun(directory).then(
      (run) => run.status,
      () => null,
    );
    if (status !== null && isActive(status)) {
      this.active.set(directory, status);
    } else {
      this.active.delete(directory);
    }
    return status;
  }

  // A method, because the compiler does not know that the value changes during an await.
  private isFinished(): boolean {
    return this.isClosed;
  }
}

/** Text that changes when a file is replaced or a folder made anew; null when it does not exist. */
async function identify(entry: string): Promise<string | null> {
  try {
    const info = await stat(entry);
    return info.isDirectory() ? `${info.ino}` : `${info.ino}:${info.mtimeMs}:${info.size}`;
  } catch {
    return null;
  }
}
