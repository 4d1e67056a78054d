import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type {
  InspectionFocus,
  InspectionPanelHost,
  InspectionPanelSnapshot,
  InspectionPanelView,
  ProjectionPanelHost,
  RunChoice,
} from '../../protocol/inspectionPanel';
import type { ProjectionFormat } from '../../protocol/projection';
import { isRecord } from '../../protocol/isRecord';
import { canRecommend, hasLearned, type RunManifest, type RunSummary } from '../../protocol/run';
import { subjectOfRun } from '../../protocol/subject';
import { startInspector, type Inspector } from '../../process/inspector';
import { readRun } from '../../runs/runStore';
import { codeMayRun } from '../codeConsent';
import { showWarning } from '../messages';
import { PanelInspector } from '../panelInspector';
import { askWhereToSave, saveFile } from '../runFiles';
import { AskedRuns } from './askedRuns';
import { inspectorArguments, ownArguments } from './inspectorArguments';
import { runDirectory, type ArgumentSchemas, type ArgumentsOf } from './pageCalls';
import type { PanelContent, PanelContext, PanelFrame, PanelKind } from './panelKind';

/** How long the process of a hidden panel is kept when nothing is asked of it. */
const IDLE_MS = 10 * 60_000;

/** What needs a trusted workspace, and that the user agrees to the code of a run. */
const INSPECTING = 'Inspecting a model';

const EXTENSIONS: Record<ProjectionFormat, string> = { tensorboard: 'tsv', npy: 'npy', csv: 'csv' };

/** What a page asks of a run before all else, and again when the user tries again. */
const FIRST_CALL: keyof Inspector = 'describeRun';

/** What the panels that look into a trained model have in common. */
const inspection: Pick<PanelKind<InspectionPanelView>, 'subjects' | 'needsTrust' | 'createContent'> = {
  subjects: { kind: 'runs', min: 1, max: 1, isSuitable: ({ inspectable }) => inspectable },
  needsTrust: INSPECTING,
  createContent: (frame, context) => new InspectionPanel(frame, context, hasLearned),
};

/** A model's vectors as a map. */
export const projectionPanel: PanelKind<InspectionPanelView> = {
  ...inspection,
  id: 'projection',
  command: { name: 'showProjection', title: 'Show Embedding Projection' },
  title: (run) => `Projection: ${run}`,
};

/** What a model attends to when it recommends. */
export const attentionPanel: PanelKind<InspectionPanelView> = {
  ...inspection,
  id: 'attention',
  command: { name: 'showAttention', title: 'Show Attention' },
  title: (run) => `Attention: ${run}`,
};

/** What a model or a baseline recommends, and why. */
export const playgroundPanel: PanelKind<InspectionPanelView> = {
  id: 'playground',
  command: { name: 'openPlayground', title: 'Open Playground' },
  title: (run) => `Playground: ${run}`,
  subjects: { kind: 'runs', min: 1, max: 1, isSuitable: ({ recommending }) => recommending },
  needsTrust: INSPECTING,
  createContent: (frame, context) => new InspectionPanel(frame, context, canRecommend),
};

/** What the extension itself answers; the inspector answers the rest. */
type OwnFunctions = Pick<InspectionPanelHost, 'hydrate' | 'save' | 'openView'> &
  Pick<ProjectionPanelHost, 'exportTable'>;

/** The extension's side of such a panel: it passes on to an inspector what the page asks of the model. */
class InspectionPanel implements PanelContent {
  readonly functions: object;
  readonly argumentSchemas: ArgumentSchemas;
  readonly #directory: string;
  readonly #inspector: PanelInspector;
  readonly #asked: AskedRuns;
  readonly #listeners: vscode.Disposable;
  /** The panel's run, which need not lie in the workspace. */
  #run: RunSummary | null = null;
  /** As the page knows them. */
  #choices: RunChoice[] = [];
  /** What the page is to show when it asks what to show. */
  #focus: InspectionFocus | null = null;

  constructor(
    private readonly frame: PanelFrame<InspectionPanelView>,
    private readonly context: PanelContext,
    private readonly isChoice: (manifest: RunManifest) => boolean,
  ) {
    this.#directory = frame.runs[0]!;
    this.#inspector = new PanelInspector(() => this.#startInspector(), IDLE_MS, frame.isVisible);
    this.#asked = new AskedRuns((directory) => context.trainer.mayRun(directory, INSPECTING));
    if (frame.isVisible && vscode.workspace.isTrusted) void this.#warmUp();
    const isKnown = (directory: string) => this.#choices.some(({ run }) => run === directory);
    const known = runDirectory(isKnown);
    const passedOn = inspectorArguments(known);
    const own: OwnFunctions = {
      hydrate: () => this.#hydrate(),
      save: saveFile,
      openView: async (view, run, focus) => {
        if (await context.trainer.mayRun(run, INSPECTING)) context.open(view, subjectOfRun(run), focus);
      },
      exportTable: async (request, fileName) => {
        const target = await askWhereToSave(`${fileName}.${EXTENSIONS[request.format]}`);
        if (!target) return [];
        await this.#asked.require(request.source.run, false);
        const written = await this.#inspector.call('exportTable', [{ ...request, output: target.fsPath }]);
        return written as string[];
      },
    };
    const call = async (name: string, args: unknown[]) => {
      for (const run of runsOf(args).filter(isKnown)) await this.#asked.require(run, name === FIRST_CALL);
      return this.#inspector.call(name, args);
    };
    const ask = (name: string) => [name, (...args: unknown[]) => call(name, args)] as const;
    this.functions = { ...Object.fromEntries(Object.keys(passedOn).map(ask)), ...own };
    this.argumentSchemas = { ...passedOn, ...(ownArguments(known) satisfies ArgumentsOf<OwnFunctions>) };
    this.#listeners = vscode.Disposable.from(
      context.runs.onDidChange(() => this.#tellChoices()),
      context.runs.onDidReset(() => this.#tellChoices()),
    );
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
    this.#inspector.dispose();
  }

  /** Only where nobody has to be asked: the page asks when it is there. */
  async #warmUp(): Promise<void> {
    if (await codeMayRun(this.#directory)) this.#inspector.warmUp(this.#directory);
  }

  async #hydrate(): Promise<InspectionPanelSnapshot> {
    const run = await readRun(this.#directory);
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
    const options = await trainer.options(vscode.Uri.file(this.#directory));
    const inspector = startInspector(options, {
      progress: (task, progress) => this.frame.tell((view) => view.progress.asEvent(task, progress)),
      notice: (message) => {
        log.warn(message);
        void showWarning(message);
      },
    });
    log.info(`Started an inspector for ${this.#directory} with ${options.node.path}`);
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

  /** The runs to choose from, newest first. This panel's own is always one of them: at the end if it is outside the workspace. */
  #choicesNow(): RunChoice[] {
    const runs = this.context.runs.runs.filter(({ manifest }) => this.isChoice(manifest));
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

/** What may be directories of runs in the arguments of a call. */
function runsOf(args: readonly unknown[]): string[] {
  return args
    .map((argument) => (isRecord(argument) ? argument.run : argument))
    .filter((run) => typeof run === 'string');
}
