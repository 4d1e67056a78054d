import * as vscode from 'vscode';
import { z } from 'zod';
import type { RunEvent } from '../../protocol/events';
import type { LivePanelHost, LivePanelSnapshot, LivePanelView } from '../../protocol/livePanel';
import type { RunSummary } from '../../protocol/run';
import { followEvents } from '../../runs/followEvents';
import { RunDirectory } from '../../runs/runDirectory';
import { readRun } from '../../runs/runStore';
import { RunSeries } from '../../series/runSeries';
import { openConfig, openLog, saveFile } from '../runFiles';
import { view } from './inspectorArguments';
import { SAVE_ARGUMENTS, type ArgumentsOf } from './pageCalls';
import type { PanelContent, PanelContext, PanelFrame, PanelKind } from './panelKind';

/** Events are sent in batches, at most this often (ms). */
const BATCH_INTERVAL = 100;
/** More events than this are cheaper as the columns of a fresh snapshot. */
const MAX_BATCH = 5_000;

/** A run as it trains: its curves, what it is doing, and its result. Runs can be looked at in any window. */
export const livePanel: PanelKind<LivePanelView> = {
  id: 'live',
  command: { name: 'openRun', title: 'Open Run' },
  subjects: { kind: 'runs', min: 1, max: 1, isSuitable: () => true },
  title: (run) => run,
  createContent: (frame, context) => new LivePanel(frame, context),
};

/**
 * The extension's side of one live panel. It follows the run's event log for as long as the panel is there; the page
 * gets a snapshot when it asks, and new events while it can be seen.
 */
class LivePanel implements PanelContent {
  readonly functions: LivePanelHost;
  readonly argumentSchemas = {
    openView: z.tuple([z.union([view, z.literal('evaluation')])]),
    save: SAVE_ARGUMENTS,
  } satisfies ArgumentsOf<LivePanelHost>;
  readonly #directory: string;
  readonly #follower: { close(): void };
  #series = new RunSeries();
  /** Everything that was in the log has been read: until then the page is sent no part of it. */
  #isRead = false;
  #unsent: RunEvent[] = [];
  #batchTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly frame: PanelFrame<LivePanelView>,
    private readonly context: PanelContext,
  ) {
    const directory = frame.runs[0]!;
    const { configs, trainer, open, log } = context;
    this.#directory = directory;
    /** Who acts on a run means to see what comes of it. */
    const kept = async (answer: Promise<unknown>) => {
      frame.keepOpen();
      await answer;
    };
    this.functions = {
      hydrate: () => this.#hydrate(),
      history: () => Promise.resolve(this.#series.history()),
      settings: async () => configs.settingsOf(await readRun(directory)),
      stop: () => kept(trainer.stop(directory)),
      resume: () => kept(trainer.resume(directory)),
      evaluate: () => kept(trainer.evaluate(directory)),
      trainAgain: async () => {
        await vscode.commands.executeCommand('recsight.trainAgain', directory);
      },
      openConfig: () => openConfig(directory),
      openLog: () => openLog(directory),
      openView: async (view) => {
        // Results are read without code of the run.
        if (view === 'evaluation' || (await trainer.mayRun(directory, 'Inspecting a model')))
          open(view, frame.subject);
      },
      save: saveFile,
    };
    this.#follower = followEvents(new RunDirectory(directory), (events) => this.#take(events), {
      onRestart: () => this.#restart(),
      onCaughtUp: () => this.#caughtUp(),
      onError: (error) => log.warn(error.message),
    });
  }

  runChanged(run: RunSummary | null): void {
    if (run !== null) this.frame.tell((view) => view.runChanged.asEvent(run));
  }

  titleChanged(title: string): void {
    this.frame.tell((view) => view.titleChanged.asEvent(title));
  }

  dispose(): void {
    if (this.#batchTimer) clearTimeout(this.#batchTimer);
    this.#follower.close();
  }

  async #hydrate(): Promise<LivePanelSnapshot> {
    const run = await readRun(this.#directory);
    this.#dropBatch();
    this.frame.hydrate(run);
    return {
      run,
      title: this.context.runs.titleOf(run),
      history: this.#isRead ? this.#series.outline() : null,
      canTrain: vscode.workspace.isTrusted,
      notice: this.context.runs.notice,
    };
  }

  /** Folds new events of the log, and queues them for the page. */
  #take(events: RunEvent[]): void {
    this.#series.fold(events);
    if (!this.#isRead || !this.frame.isHydrated) return;
    this.#unsent = this.#unsent.concat(events);
    this.#batchTimer ??= setTimeout(() => this.#sendBatch(), BATCH_INTERVAL);
  }

  /** The first reading of the log is over. */
  #caughtUp(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    if (this.frame.isHydrated) this.frame.tell((view) => view.historyRead.asEvent(this.#series.outline()));
  }

  /** The log was replaced by another one: what the page has is of no use. */
  #restart(): void {
    this.#series = new RunSeries();
    this.#isRead = false;
    this.#dropBatch();
    void this.frame.load();
  }

  #sendBatch(): void {
    this.#batchTimer = null;
    const events = this.#unsent;
    this.#dropBatch();
    // A batch that does not join on makes the page ask for a snapshot.
    const batch = events.length > MAX_BATCH ? events.slice(-1) : events;
    this.frame.tell((view) => view.append.asEvent(batch));
  }

  #dropBatch(): void {
    if (this.#batchTimer) clearTimeout(this.#batchTimer);
    this.#batchTimer = null;
    this.#unsent = [];
  }
}
