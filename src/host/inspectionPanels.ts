import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type {
  InspectionFocus,
  InspectionPanelHost,
  InspectionPanelSnapshot,
  InspectionPanelView,
  InspectionView,
  ProjectionPanelHost,
  RunChoice,
} from '../protocol/inspectionPanel';
import type { ProjectionFormat } from '../protocol/projection';
import { hasLearned, type RunSummary } from '../protocol/run';
import { startInspector } from '../process/inspector';
import { readRun } from '../runs/runStore';
import { showWarning } from './messages';
import { PageCalls } from './pageCalls';
import { PanelInspector } from './panelInspector';
import { askWhereToSave, saveFile } from './runFiles';
import {
  ownFunction,
  type PageFunction,
  type PanelContent,
  type PanelFrame,
  type RunPanelContext,
} from './runPanel';
import { RunPanels } from './runPanels';
import { requireTrust, trustNeeded, type TrainerService } from './trainerService';

/** How long the process of a hidden panel is kept when nothing is asked of it. */
const IDLE_MS = 10 * 60_000;

const VIEW_TITLES: Record<InspectionView, string> = { projection: 'Projection', attention: 'Attention' };
const EXTENSIONS: Record<ProjectionFormat, string> = { tensorboard: 'tsv', npy: 'npy', csv: 'csv' };
const LOOKING = 'Looking into a model';

export interface InspectionPanelContext extends RunPanelContext {
  trainer: TrainerService;
}

/** The panels that look into trained models: one for each view and run. */
export class InspectionPanels implements vscode.Disposable {
  readonly #panels: Record<InspectionView, RunPanels<InspectionPanelView, InspectionPanel>>;

  constructor(private readonly context: InspectionPanelContext) {
    const panelsOf = (view: InspectionView) =>
      new RunPanels(
        {
          viewType: `recsight.${view}`,
          page: view,
          title: (run: RunSummary) => titleOf(view, context.runs.titleOf(run)),
          obstacle: () =>
            vscode.workspace.isTrusted
              ? null
              : { title: 'This workspace is not trusted', text: trustNeeded(LOOKING) },
          createContent: (frame: PanelFrame<InspectionPanelView>) =>
            new InspectionPanel(frame, context, (other, directory, focus) =>
              this.open(other, directory, focus),
            ),
        },
        context,
      );
    this.#panels = { projection: panelsOf('projection'), attention: panelsOf('attention') };
  }

  /** The panels of each view. */
  get panels(): RunPanels<InspectionPanelView, InspectionPanel>[] {
    return Object.values(this.#panels);
  }

  /** Directory of the run whose panel is in front and has the focus. */
  get activeRun(): string | undefined {
    return this.#panels.projection.activeRun ?? this.#panels.attention.activeRun;
  }

  /**
   * Shows a view of a run, at something.
   * @throws TrainerServiceError in a workspace that is not trusted
   */
  open(view: InspectionView, directory: string, focus: InspectionFocus | null = null): void {
    requireTrust(LOOKING);
    const run = this.context.runs.get(directory);
    const title = run ? this.context.runs.titleOf(run) : path.basename(directory);
    const content = this.#panels[view].open(directory, titleOf(view, title), false);
    if (focus) content.focus(focus);
  }

  dispose(): void {
    for (const panels of Object.values(this.#panels)) panels.dispose();
  }
}

function titleOf(view: InspectionView, runTitle: string): string {
  return `${VIEW_TITLES[view]}: ${runTitle}`;
}

/** What the extension itself answers; the inspector answers the rest. */
type OwnFunctions = Pick<InspectionPanelHost, 'hydrate' | 'save' | 'openView'> &
  Pick<ProjectionPanelHost, 'exportTable'>;

/** The extension's side of a projection or attention panel: it passes on to an inspector what the page asks of the model. */
class InspectionPanel implements PanelContent {
  readonly #functions: OwnFunctions;
  readonly #inspector: PanelInspector;
  readonly #calls = new PageCalls((directory) => this.#choices.some(({ run }) => run === directory));
  readonly #listeners: vscode.Disposable;
  /** The panel's run, which need not lie in the workspace. */
  #run: RunSummary | null = null;
  /** As the page knows them. */
  #choices: RunChoice[] = [];
  /** What the page is to show when it asks what to show. */
  #focus: InspectionFocus | null = null;

  constructor(
    private readonly frame: PanelFrame<InspectionPanelView>,
    private readonly context: InspectionPanelContext,
    openView: (view: InspectionView, run: string, focus: InspectionFocus) => void,
  ) {
    this.#inspector = new PanelInspector(() => this.#startInspector(), IDLE_MS, frame.isVisible);
    if (frame.isVisible && vscode.workspace.isTrusted) this.#inspector.warmUp(frame.directory);
    this.#functions = {
      hydrate: () => this.#hydrate(),
      save: saveFile,
      openView: (view, run, focus) => {
        openView(view, run, focus);
        return Promise.resolve();
      },
      exportTable: async (request, fileName) => {
        const target = await askWhereToSave(`${fileName}.${EXTENSIONS[request.format]}`);
        if (!target) return [];
        const written = await this.#inspector.call('exportTable', [{ ...request, output: target.fsPath }]);
        return written as string[];
      },
    };
    this.#listeners = vscode.Disposable.from(
      context.runs.onDidChange(() => this.#tellChoices()),
      context.runs.onDidReset(() => this.#tellChoices()),
    );
  }

  functionFor(name: string): PageFunction | undefined {
    const answer =
      ownFunction(this.#functions, name) ??
      (this.#calls.isOfInspector(name)
        ? (...args: unknown[]) => this.#inspector.call(name, args)
        : undefined);
    return answer && this.#calls.checked(name, answer);
  }

  /** Has the page show something, now or as soon as it is there. */
  focus(focus: InspectionFocus): void {
    this.#focus = focus;
    if (!this.frame.isHydrated) return;
    this.frame.tell((view) => view.focus.asEvent(focus));
    this.#focus = null;
  }

  runChanged(run: RunSummary | null): void {
    if (run === null) this.#inspector.close();
  }

  visibilityChanged(visible: boolean): void {
    this.#inspector.visibilityChanged(visible);
  }

  dispose(): void {
    this.#listeners.dispose();
    this.#inspector.close();
  }

  async #hydrate(): Promise<InspectionPanelSnapshot> {
    const run = await readRun(this.frame.directory);
    await this.context.runs.loaded;
    this.#run = run;
    this.#choices = this.#choicesNow();
    this.frame.hydrate(run);
    const focus = this.#focus;
    this.#focus = null;
    return { run: run.directory, runs: this.#choices, focus };
  }

  async #startInspector() {
    const { trainer, log } = this.context;
    const options = await trainer.options(vscode.Uri.file(this.frame.directory));
    const inspector = startInspector(options, {
      progress: (task, progress) => this.frame.tell((view) => view.progress.asEvent(task, progress)),
      notice: (message) => {
        log.warn(message);
        void showWarning(message);
      },
    });
    log.info(`Started an inspector for ${this.frame.directory} with ${options.node.path}`);
    void inspector.ended.then((how) => log.info(how));
    return inspector;
  }

  #tellChoices(): void {
    if (!this.frame.isHydrated) return;
    const choices = this.#choicesNow();
    if (isDeepStrictEqual(choices, this.#choices)) return;
    this.#choices = choices;
    this.frame.tell((view) => view.runsChanged.asEvent(choices));
  }

  /** The runs to choose from, newest first; this panel's own is always one of them. */
  #choicesNow(): RunChoice[] {
    const runs = this.context.runs.runs.filter(({ manifest }) => hasLearned(manifest));
    const own = this.#run;
    if (own && !runs.some(({ directory }) => directory === own.directory)) runs.push(own);
    const titles = this.context.runs.titles(Date.now());
    return runs.map((run) => ({
      run: run.directory,
      title: titles.get(run.directory) ?? this.context.runs.titleOf(run),
      model: run.manifest.model,
      createdAt: run.manifest.createdAt,
    }));
  }
}
