import { stat } from 'node:fs/promises';
import path from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { systemReason } from '../protocol/errorText';
import { isActive, type RunStatus } from '../protocol/run';
import { MANIFEST_FILE } from './runDirectory';
import { meansMissing, systemErrorCode } from './runErrors';
import { listRunDirectories, readRun } from './runStore';

/** How often what is looked at, in ms. */
export interface WatchIntervals {
  /** Whether the watched folder is there: it may come, go, and come back. Without file watching, everything. */
  folder: number;
  /** Everything, although files are watched: some drives and containers report nothing. */
  scan: number;
  /** The status of active runs, and of those that could not be read: a killed trainer changes no file. */
  liveness: number;
}

/** After a change is told, chokidar drops those of the next 50 ms; this long after the last one it is looked again, in ms. */
const SETTLE_MS = 100;
const INTERVALS: WatchIntervals = { folder: 1000, scan: 3000, liveness: 3000 };

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
export function watchRuns(
  runsDirectory: string,
  listener: RunsListener,
  intervals: Partial<WatchIntervals> = {},
): { close(): Promise<void> } {
  const watching = new RunsWatch(path.resolve(runsDirectory), listener, { ...INTERVALS, ...intervals });
  watching.start();
  return watching;
}

interface Told {
  /** What the manifest looked like from outside. */
  look: string;
  status: RunStatus | 'unreadable';
}

class RunsWatch {
  /** Run directory → what was told last. */
  private readonly known = new Map<string, Told>();
  /** Run directory → the looks at it that are under way. One after the other, or an older one would be told last. */
  private readonly looks = new Map<string, Promise<void>>();
  private watcher: FSWatcher | null = null;
  /** Identity of the folder that is watched; null while there is none. */
  private folder: string | null = null;
  private isPolling = false;
  private isClosed = false;
  /** The scan that runs, and whether something happened meanwhile that it may have missed. */
  private scanning: Promise<void> | null = null;
  private mustScanAgain = false;
  private lastScan = -Infinity;
  private lastLivenessCheck = performance.now();
  private timer: NodeJS.Timeout | null = null;
  /** Run directory → the timer of its second look. */
  private readonly settling = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly runsDirectory: string,
    private readonly listener: RunsListener,
    private readonly intervals: WatchIntervals,
  ) {}

  start(): void {
    const tick = async () => {
      await this.check();
      if (!this.isClosed) {
        this.timer = setTimeout(() => void tick(), this.intervals.folder);
      }
    };
    void tick();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.settling.forEach((timer) => {
      clearTimeout(timer);
    });
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
    if (isOtherFolder || this.isPolling || performance.now() - this.lastScan >= this.intervals.scan) {
      await this.scan();
    }
    if (performance.now() - this.lastLivenessCheck >= this.intervals.liveness) {
      this.lastLivenessCheck = performance.now();
      await this.checkUnsettledRuns();
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
        this.refreshOnceSettled(directory);
      }
    });
    // What changed before the watches were there is not told by them.
    watcher.on('ready', () => void this.scan());
    watcher.on('error', (error) => {
      if (watcher === this.watcher) {
        this.fallBackToPolling(error);
      }
    });
    this.watcher = watcher;
  }

  private refreshOnceSettled(directory: string): void {
    clearTimeout(this.settling.get(directory));
    const look = () => {
      this.settling.delete(directory);
      void this.refresh(directory);
    };
    if (!this.isClosed) {
      this.settling.set(directory, setTimeout(look, SETTLE_MS));
    }
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
        ? 'the system has no file watches left (on Linux, raise fs.inotify.max_user_watches)'
        : systemReason(error);
    this.listener.notice(`Runs are checked every second instead of watched: ${reason}.`);
    void this.scan();
  }

  /** Compares everything with what was told last. */
  private scan(): Promise<void> {
    this.mustScanAgain = this.scanning !== null;
    this.scanning ??= this.scanAll().finally(() => (this.scanning = null));
    return this.scanning;
  }

  private async scanAll(): Promise<void> {
    do {
      this.mustScanAgain = false;
      this.lastScan = performance.now();
      try {
        const directories = await listRunDirectories(this.runsDirectory);
        const present = new Set(directories);
        for (const directory of directories.concat(
          [...this.known.keys()].filter((run) => !present.has(run)),
        )) {
          await this.refresh(directory);
        }
      } catch {
        // Unreadable for now; the next scan tries again.
      }
    } while (this.scanIsIncomplete());
  }

  /** Tells when a run is new, changed or gone; when it looks as before, `anew` reads its status nevertheless. */
  private refresh(directory: string, { anew = false } = {}): Promise<void> {
    const look = (this.looks.get(directory) ?? Promise.resolve())
      .then(() => this.lookAt(directory, anew))
      .finally(() => {
        if (this.looks.get(directory) === look) {
          this.looks.delete(directory);
        }
      });
    this.looks.set(directory, look);
    return look;
  }

  private async lookAt(directory: string, anew: boolean): Promise<void> {
    const found = await identify(directory);
    const manifest = found === null ? null : await identify(path.join(directory, MANIFEST_FILE));
    // Without its manifest it may be a run that went away between the two looks.
    const folder = manifest === null ? await identify(directory) : found;
    const look = folder === null ? null : `${folder} ${manifest ?? ''}`;
    const before = this.known.get(directory);
    if (this.isClosed || (look === (before?.look ?? null) && !anew)) {
      return;
    }
    if (look === null) {
      if (this.known.delete(directory)) {
        this.listener.removed(directory);
      }
      return;
    }
    // Before it is told: what the listener then reads is this or newer, so that a trainer which dies in between is
    // told by the next check. Read afterwards, its death would pass for what the listener has seen.
    const status = await readRun(directory).then(
      (run) => run.status,
      () => 'unreadable' as const,
    );
    if (this.isFinished()) {
      return;
    }
    this.known.set(directory, { look, status });
    if (look !== before?.look || status !== before.status) {
      this.listener.changed(directory);
    }
  }

  /** Those that need a trainer, which may die, and those that could not be read: that may pass. */
  private async checkUnsettledRuns(): Promise<void> {
    for (const [directory, { status }] of [...this.known]) {
      if (status === 'unreadable' || isActive(status)) {
        await this.refresh(directory, { anew: true });
      }
    }
  }

  // Methods, because the compiler does not know that the values change during an await.
  private isFinished(): boolean {
    return this.isClosed;
  }

  private scanIsIncomplete(): boolean {
    return this.mustScanAgain && !this.isClosed;
  }
}

/** Text that changes when a file is replaced or a folder made anew; null when it does not exist. */
async function identify(entry: string): Promise<string | null> {
  try {
    const info = await stat(entry);
    return info.isDirectory() ? `${info.ino}` : `${info.ino}:${info.mtimeMs}:${info.size}`;
  } catch (error) {
    // One that cannot be looked at for now is not gone.
    return meansMissing(error) ? null : (systemErrorCode(error) ?? 'unreadable');
  }
}
