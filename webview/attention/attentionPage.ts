import type { AttentionRequest, AttentionResult, RecordedView } from '../../src/protocol/attention';
import type { CheckpointSource, InspectedRun, TaskProgress } from '../../src/protocol/inspection';
import type { AttentionPanelHost, InspectionFocus, RunChoice } from '../../src/protocol/inspectionPanel';
import { scrollToShow } from '../plot/heatMapGeometry';
import type { Connection } from '../ui/connection';
import { markDrawn } from '../ui/drawn';
import { attentionJson } from './attentionJson';
import { attentionPng, attentionSvg } from './attentionFigure';
import type { AttentionHandlers, ExportFormat } from './handlers';
import { isTyping } from './historyView';
import { layoutFor, lineHeight } from './layout';
import { currentAttention, focusOf } from './shownAttention';
import {
  automaticCandidates,
  baseHistory,
  initialState,
  keptState,
  reduce,
  requestOf,
  shownCheckpoint,
  type AttentionAction,
  type AttentionState,
  type Explained,
  type Problem,
} from './state';
import { attentionPanel } from './view';

/** Where items for a composed history are found. */
const ITEM_SEARCH = '.strip recsight-search-box';
/** Choices that a search offers. */
const CHOICES = 12;

/** Asks the extension for what the state needs, and draws the state. */
export class AttentionPage {
  readonly #host: AttentionPanelHost;
  readonly #keep: Connection<AttentionPanelHost>['keep'];
  readonly #app: HTMLElement;
  readonly #render: (content: unknown, container: HTMLElement) => void;
  readonly #views = new Map<string, Promise<RecordedView[]>>();
  readonly #handlers: AttentionHandlers;
  #state: AttentionState;
  /** The animation frame in which the state will be drawn; null when what is drawn is the state. */
  #frame: number | null = null;
  /** Of the newest question: an answer to an older one is of no use any more. */
  #turn = 0;
  #overviewTask: string | null = null;
  #shownOnce: Explained | null = null;
  #scrolledList: Element | null = null;
  /** Selector of what gets the focus once it is drawn. */
  #wanted: string | null = null;

  constructor(
    { host, kept, keep }: Connection<AttentionPanelHost>,
    app: HTMLElement,
    render: (content: unknown, container: HTMLElement) => void,
  ) {
    this.#host = host;
    this.#keep = keep;
    this.#app = app;
    this.#render = render;
    this.#state = initialState(kept);
    this.#handlers = this.#makeHandlers();
  }

  start(): void {
    const measure = (): void =>
      this.#dispatch({ kind: 'resized', size: { width: window.innerWidth, height: window.innerHeight } });
    window.addEventListener('resize', measure);
    // Keys may come faster than frames, and each goes on from where the one before it led.
    window.addEventListener('keydown', () => this.#frame !== null && this.#drawNow(), { capture: true });
    window.addEventListener('keydown', (event) => this.#keyPressed(event));
    measure();
    void this.#hydrate();
  }

  runsChanged(runs: RunChoice[]): void {
    this.#dispatch({ kind: 'runsChanged', runs });
  }

  progress(task: string, progress: TaskProgress): void {
    if (task === this.#overviewTask) this.#dispatch({ kind: 'overviewProgress', progress });
  }

  /** Shows where another view sent the user. */
  show({ user, item }: InspectionFocus): void {
    if (user !== undefined) this.#dispatch({ kind: 'userChosen', user });
    if (item !== undefined) {
      const candidates = this.#state.settings.candidates.filter((other) => other.item !== item);
      // Its title comes with the answer.
      candidates.push({ item, id: String(item), title: `item ${item}` });
      this.#dispatch({
        kind: 'settingsChanged',
        settings: { tab: 'user', candidates, candidate: candidates.length - 1 },
      });
    }
    if (this.#state.run) void this.#explain();
  }

  #dispatch(action: AttentionAction): void {
    const before = this.#state.settings;
    this.#state = reduce(this.#state, action);
    if (this.#state.settings !== before) this.#keep(keptState(this.#state));
    this.#draw();
  }

  /** Draws once a frame at most. */
  #draw(): void {
    this.#frame ??= requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#render(attentionPanel(this.#state, this.#handlers), this.#app);
    this.#showNewest();
    if (this.#state.explained && !this.#state.loading) markDrawn('recsight:attention');
    if (this.#wanted === null) return;
    const wanted = this.#app.querySelector<HTMLElement>(this.#wanted);
    this.#wanted = null;
    if (wanted !== document.activeElement) wanted?.focus();
  }

  /** A list that scrolls by itself begins at its end: the newest items are what one wants to see. */
  #showNewest(): void {
    const list = this.#app.querySelector('.history .lines-scroll');
    // A list that another width of the page has made begins there, too.
    const isOther = list !== this.#scrolledList;
    this.#scrolledList = list;
    if (this.#state.explained === this.#shownOnce && !isOther) return;
    const isNew = this.#shownOnce?.result.history.length !== this.#state.explained?.result.history.length;
    this.#shownOnce = this.#state.explained;
    if (list && (isNew || isOther)) list.scrollTop = list.scrollHeight;
  }

  async #hydrate(): Promise<void> {
    await this.#attempt('hydrate', async () => {
      const snapshot = await this.#host.hydrate();
      const run = await this.#host.describeRun(snapshot.run);
      this.#dispatch({ kind: 'hydrated', snapshot, run });
      if (snapshot.focus) this.show(snapshot.focus);
      else await this.#explain();
    });
  }

  /** Asks for what is shown of the user: their history, the weights, and those of the run beside. */
  async #explain(): Promise<void> {
    const turn = ++this.#turn;
    const isOld = (): boolean => turn !== this.#turn;
    const { run, settings } = this.#state;
    const checkpoint = run && shownCheckpoint(run, settings.checkpoint);
    if (!run || checkpoint === null) {
      this.#dispatch({ kind: 'problem', problem: null });
      return;
    }
    this.#dispatch({ kind: 'loading' });
    await this.#attempt(
      'explain',
      async () => {
        const source = { run: run.run, checkpoint };
        const { composed, user, end } = settings;
        const asked = composed ? null : this.#host.userHistory(run.run, user, end);
        const [history, views] = await Promise.all([asked, this.#viewsOf(source)]);
        if (isOld()) return;
        this.#dispatch({ kind: 'viewsRead', views });
        if (history) this.#dispatch({ kind: 'historyRead', history });
        const items = baseHistory(this.#state);
        // What the model recommends to somebody who did nothing is no use to who is about to add items.
        if (settings.composed?.length === 0) {
          this.#dispatch({ kind: 'nothingToRead' });
          return;
        }
        const candidates = await this.#candidates(source);
        const explained = await this.#ask(source, candidates);
        const beside = await this.#askBeside(run, candidates);
        if (isOld()) return;
        this.#dispatch({ kind: 'comparedRunOpened', run: beside.run });
        this.#dispatch({
          kind: 'explained',
          items,
          edits: settings.edits,
          explained,
          compared: beside.explained,
          comparisonProblem: beside.problem,
        });
      },
      isOld,
    );
  }

  /** The user's candidates, or the best ones where the weights depend on them and he has chosen none. */
  async #candidates(source: CheckpointSource): Promise<number[]> {
    const request = requestOf(this.#state, []);
    if (request.candidates.length > 0) return request.candidates;
    const views = await this.#viewsOf(source);
    if (views.length > 0 && views.every(({ of }) => of === 'user')) return [];
    return automaticCandidates(await this.#host.attend(source, request));
  }

  async #ask(source: CheckpointSource, candidates: number[]): Promise<Explained> {
    const { settings } = this.#state;
    const attend = (request: AttentionRequest): Promise<AttentionResult> =>
      this.#host.attend(source, { ...request, candidates });
    const views = await this.#viewsOf(source);
    const original = await attend(requestOf(this.#state, []));
    if (settings.edits.length === 0) return { views, original, result: original };
    return { views, original, result: await attend(requestOf(this.#state, settings.edits)) };
  }

  /** The same of the run beside. What goes wrong there is told, and does not hide the panel's own run. */
  async #askBeside(
    run: InspectedRun,
    candidates: number[],
  ): Promise<{ run: InspectedRun | null; explained: Explained | null; problem: string | null }> {
    const { settings, history } = this.#state;
    const { comparison } = settings;
    if (comparison === null) return { run: null, explained: null, problem: null };
    let beside: InspectedRun | null = null;
    try {
      beside = await this.#host.describeRun(comparison.run);
      if (beside.run !== run.run && history && settings.composed === null) {
        const other = await this.#host.userHistory(beside.run, settings.user, settings.end);
        const same =
          other.user.id === history.user.id &&
          other.items.length === history.items.length &&
          other.items.every(
            ({ id, item }, at) => id === history.items[at]!.id && item === history.items[at]!.item,
          );
        if (!same) {
          throw new Error(
            `${beside.name} was trained on other data: its user ${other.user.id} has not the history of user ${history.user.id}. Choose a run of the same dataset.`,
          );
        }
      }
      const checkpoint = shownCheckpoint(beside, comparison.checkpoint);
      if (checkpoint === null) throw new Error(`${beside.name} has no checkpoint. Choose another run.`);
      const explained = await this.#ask({ run: beside.run, checkpoint }, candidates);
      return { run: beside, explained, problem: null };
    } catch (error) {
      return { run: beside, explained: null, problem: messageOf(error) };
    }
  }

  #viewsOf(source: CheckpointSource): Promise<RecordedView[]> {
    const key = JSON.stringify([source.run, source.checkpoint]);
    const known = this.#views.get(key);
    if (known) return known;
    const asked = this.#host.attentionViews(source);
    this.#views.set(key, asked);
    // What failed is asked again.
    asked.catch(() => this.#views.delete(key));
    return asked;
  }

  async #readUsers(): Promise<void> {
    const { run, settings } = this.#state;
    const checkpoint = run && shownCheckpoint(run, settings.checkpoint);
    if (!run || checkpoint === null) return;
    const task = crypto.randomUUID();
    this.#overviewTask = task;
    this.#dispatch({ kind: 'overviewStarted' });
    try {
      const source = { run: run.run, checkpoint };
      const report = await this.#host.overview(source, settings.maxUsers, settings.seed, task);
      if (task === this.#overviewTask) {
        this.#dispatch({ kind: 'overviewEnded', overview: { checkpoint, report } });
      }
    } catch (error) {
      if (task !== this.#overviewTask) return;
      this.#dispatch({ kind: 'overviewEnded', overview: null });
      if (codeOf(error) !== 'inspection/cancelled') {
        this.#dispatch({ kind: 'problem', problem: { message: messageOf(error), of: 'overview' } });
      }
    }
  }

  #makeHandlers(): AttentionHandlers {
    const set: AttentionHandlers['onSettings'] = (settings) =>
      this.#dispatch({ kind: 'settingsChanged', settings });
    const ask = (action: AttentionAction): void => {
      this.#dispatch(action);
      void this.#explain();
    };
    const askWith: AttentionHandlers['onSettings'] = (settings) => ask({ kind: 'settingsChanged', settings });
    return {
      onSettings: set,
      onCheckpoint: (checkpoint) => askWith({ checkpoint }),
      onComparison: (comparison) => askWith({ comparison }),
      onEnd: (end) => {
        this.#dispatch({ kind: 'settingsChanged', settings: { end } });
        ask({ kind: 'userChosen', user: this.#state.settings.user });
      },
      onUser: (user) => ask({ kind: 'userChosen', user }),
      onRandomUser: () => this.#chooseRandomUser(),
      onCompose: (items) => {
        ask({ kind: 'composedChanged', items });
        if (items?.length === 0) this.#wanted = ITEM_SEARCH;
      },
      onFindItem: () => this.#app.querySelector<HTMLElement>(`${ITEM_SEARCH} input`)?.focus(),
      onCandidates: (candidates) => askWith({ candidates, candidate: 0 }),
      onExplain: (item) => {
        const { settings, explained } = this.#state;
        const shown = explained?.result.candidates ?? [];
        const at = shown.findIndex((other) => other.item === item.item);
        if (at >= 0) {
          set({ candidate: at });
          return;
        }
        const automatic = settings.candidates.length === 0;
        const known = automatic
          ? shown.map(({ item: index, id, title }) => ({ item: index, id, title }))
          : settings.candidates;
        const { item: index, id, title } = item;
        askWith({ candidates: [...known, { item: index, id, title }], candidate: known.length });
      },
      onEdit: (edit) => {
        this.#wanted = `.history [data-line="${this.#state.line}"]`;
        ask({ kind: 'edited', edit });
      },
      onRestore: (position) => ask({ kind: 'restored', position }),
      onReset: () => ask({ kind: 'reset' }),
      onSwap: (position) => {
        this.#dispatch({ kind: 'swapping', position });
        this.#wanted =
          position === null ? `.history [data-line="${this.#state.line}"]` : '.history .line input';
      },
      onLine: (line) => this.#goToLine(line),
      onFocus: (focus) => {
        const { row, column } = this.#state.focus;
        if (focus.row !== row || focus.column !== column) this.#dispatch({ kind: 'focused', focus });
      },
      onPin: (cell) => {
        const { pinned } = this.#state.settings;
        const again = cell !== null && pinned.row === cell.row && pinned.column === cell.column;
        set({ pinned: cell === null || again ? { row: null, column: null } : cell });
      },
      onPinLine: (line) => {
        const { pinned } = this.#state.settings;
        const wanted = focusOf(currentAttention(this.#state), line);
        const again = pinned.row === wanted.row && pinned.column === wanted.column;
        set({ pinned: again ? { row: null, column: null } : wanted });
      },
      onScroll: (scroll) => {
        const before = this.#state.scroll;
        if (before?.left !== scroll.left || before.top !== scroll.top)
          this.#dispatch({ kind: 'scrolled', scroll });
      },
      onWindow: (window) => this.#dispatch({ kind: 'windowChanged', window }),
      onProjection: (item) =>
        void this.#attempt('other', async () => {
          if (this.#state.run) await this.#host.openView('projection', this.#state.run.run, { item });
        }),
      onOverview: () => void this.#readUsers(),
      onCancelOverview: () =>
        void this.#attempt('other', async () => {
          if (this.#overviewTask !== null) await this.#host.cancel(this.#overviewTask);
        }),
      onExport: (format) => void this.#attempt('other', () => this.#export(format)),
      onRetry: () => {
        const { problem, run } = this.#state;
        const of = problem?.of;
        this.#dispatch({ kind: 'problem', problem: null });
        // A run that had no checkpoint yet may have one now.
        if (of === 'hydrate' || run?.checkpoints.length === 0) void this.#hydrate();
        else if (of === 'overview') void this.#readUsers();
        else void this.#explain();
      },
      onDismissProblem: () => this.#dispatch({ kind: 'problem', problem: null }),
      findUsers: async (text) => {
        const { run } = this.#state;
        return run ? this.#host.findUsers(run.run, text, CHOICES) : [];
      },
      findItems: async (text) => {
        const { run } = this.#state;
        return run ? this.#host.findItems(run.run, text, CHOICES) : [];
      },
    };
  }

  #chooseRandomUser(): void {
    const users = this.#state.run?.numUsers ?? 0;
    if (users > 0) this.#handlers.onUser(Math.floor(Math.random() * users));
  }

  /** Gives a line of the history the focus, and brings it into sight. */
  #goToLine(line: number): void {
    this.#dispatch({ kind: 'lineFocused', line });
    const { narrow, maxHeight } = layoutFor(this.#state);
    const lines = currentAttention(this.#state).lines.length;
    const height = Math.min(lines * lineHeight, maxHeight);
    const top = this.#state.scroll?.top ?? lines * lineHeight - height;
    const shown = narrow ? top : scrollToShow(line, top, height, lineHeight);
    if (shown !== top) {
      this.#dispatch({ kind: 'scrolled', scroll: { left: this.#state.scroll?.left ?? 0, top: shown } });
    }
    this.#wanted = `.history [data-line="${line}"]`;
  }

  async #export(format: ExportFormat): Promise<void> {
    const { run, history, settings, explained } = this.#state;
    if (!run || !explained)
      throw new Error('There is nothing to save yet: wait until the weights are shown.');
    const who = settings.composed ? 'composed' : `user-${fileNamePart(history?.user.id ?? '')}`;
    const name = `attention-${fileNamePart(run.name)}-${who}.${format}`;
    if (format === 'json') await this.#host.save(name, attentionJson(this.#state));
    else if (format === 'svg') await this.#host.save(name, attentionSvg(this.#state));
    else await this.#host.save(name, await attentionPng(this.#state));
  }

  /** Alt with an arrow goes from user to user. */
  #keyPressed(event: KeyboardEvent): void {
    const { settings, run } = this.#state;
    if (!event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    if (settings.tab !== 'user' || settings.composed !== null || !run) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      this.#handlers.onUser(Math.max(0, Math.min(run.numUsers - 1, settings.user + step)));
    } else if (event.key === 'r') {
      this.#chooseRandomUser();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Shows why something failed, instead of leaving the user without an answer. */
  async #attempt(
    of: Problem['of'],
    action: () => Promise<void>,
    isOld: () => boolean = () => false,
  ): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (isOld()) return;
      const isEmpty = of === 'explain' && codeOf(error) === 'inspection/empty-history';
      if (isEmpty && this.#state.settings.edits.length === 0) {
        this.#dispatch({ kind: 'nothingToRead' });
        return;
      }
      const message = isEmpty
        ? 'Every item of the history is left out. Put one back, or choose Reset.'
        : messageOf(error);
      this.#dispatch({ kind: 'problem', problem: { message, of } });
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fileNamePart(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60);
}
