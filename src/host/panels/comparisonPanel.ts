import * as vscode from 'vscode';
import { z } from 'zod';
import { startInspector } from '../../process/inspector';
import type { ComparedRun, Comparison, ComparisonRequest } from '../../protocol/comparison';
import type { ComparisonPanelHost, ComparisonPanelView } from '../../protocol/comparisonPanel';
import { DEFAULT_SEED } from '../../protocol/defaultSeed';
import type { RunSummary } from '../../protocol/run';
import { readRun } from '../../runs/runStore';
import { PanelInspector } from '../panelInspector';
import { saveFile } from '../runFiles';
import { SAVE_ARGUMENTS, text, type ArgumentsOf } from './pageCalls';
import type { PanelContent, PanelContext, PanelFrame, PanelKind } from './panelKind';

/** How long the process of a hidden panel is kept when nothing is asked of it. */
const IDLE_MS = 10 * 60_000;
/** Users who gained most, and as many who lost most, that are listed. */
const USERS = 10;

/** Test results of a run, beside its baselines. */
export const evaluationPanel: PanelKind<ComparisonPanelView> = {
  id: 'evaluation',
  command: { name: 'showEvaluation', title: 'Show Evaluation' },
  subjects: { kind: 'runs', min: 1, max: 1, isSuitable: ({ comparable }) => comparable },
  needsTrust: 'Reading test results',
  title: (run) => `Evaluation: ${run}`,
  createContent: (frame, context) => new ResultPanel(frame, context, 0),
};

/** Test results of several runs beside each other. */
export const comparisonPanel: PanelKind<ComparisonPanelView> = {
  id: 'comparison',
  command: { name: 'compareRuns', title: 'Compare Runs' },
  subjects: { kind: 'runs', min: 2, max: 10, isSuitable: ({ comparable }) => comparable },
  needsTrust: 'Comparing runs',
  title: (runs) => `Compare: ${runs}`,
  createContent: (frame, context) => new ResultPanel(frame, context, USERS),
};

/** The extension's side of such a panel: it passes on to an inspector what the page asks of the panel's runs. */
class ResultPanel implements PanelContent {
  readonly functions: ComparisonPanelHost;
  readonly argumentSchemas = {
    compare: z.tuple([
      z.object({
        metrics: z.array(text).max(1000).nullable(),
        slices: z.array(text).max(100).nullable(),
        baselines: z.boolean(),
      }),
      text,
    ]),
    cancel: z.tuple([text]),
    save: SAVE_ARGUMENTS,
  } satisfies ArgumentsOf<ComparisonPanelHost>;
  readonly #inspector: PanelInspector;
  /** When each run was tested, as the page knows it. */
  readonly #tested = new Map<string, number | undefined>();

  constructor(
    private readonly frame: PanelFrame<ComparisonPanelView>,
    private readonly context: PanelContext,
    /** Who gained most, and as many who lost most. */
    users: number,
  ) {
    const runs = [...frame.runs];
    this.#inspector = new PanelInspector(() => this.#startInspector(), IDLE_MS, frame.isVisible);
    this.functions = {
      hydrate: () => this.#hydrate(),
      describeRuns: async () => (await this.#inspector.call('describeRuns', [runs])) as ComparedRun[],
      compare: async (shown, task) => {
        const request: ComparisonRequest = { ...shown, runs, users, seed: DEFAULT_SEED };
        return (await this.#inspector.call('compareRuns', [request, task])) as Comparison;
      },
      cancel: async (task) => {
        await this.#inspector.call('cancel', [task]);
      },
      evaluate: async () => {
        await this.context.trainer.evaluate(runs[0]!);
      },
      save: saveFile,
    };
  }

  runChanged(run: RunSummary | null): void {
    if (run === null) {
      this.#inspector.close();
      return;
    }
    const tested = run.manifest.test?.evaluatedAt;
    if (this.#tested.get(run.directory) === tested) return;
    this.#tested.set(run.directory, tested);
    this.frame.tell((view) => view.runsChanged.asEvent());
  }

  visibilityChanged(visible: boolean): void {
    this.#inspector.visibilityChanged(visible);
  }

  dispose(): void {
    this.#inspector.dispose();
  }

  async #hydrate(): Promise<string[]> {
    const runs = await Promise.all(this.frame.runs.map(readRun));
    await this.context.runs.loaded;
    for (const { directory, manifest } of runs) this.#tested.set(directory, manifest.test?.evaluatedAt);
    this.frame.hydrate(...runs);
    return runs.map((run) => this.context.runs.titleOf(run));
  }

  async #startInspector() {
    const { trainer, log } = this.context;
    const options = await trainer.options(vscode.Uri.file(this.frame.runs[0]!));
    const inspector = startInspector(options, {
      progress: (task, progress) => this.frame.tell((view) => view.progress.asEvent(task, progress)),
      notice: (message) => log.warn(message),
    });
    log.info(`Started an inspector of results with ${options.node.path}`);
    void inspector.ended.then((how) => log.info(how));
    return inspector;
  }
}
