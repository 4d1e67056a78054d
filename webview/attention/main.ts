import '../ui/ui.css';
import '../ui/panel.css';
import { render } from 'lit';
import type { AttentionPanelHost, InspectionPanelView } from '../../src/protocol/inspectionPanel';
import { HeatMap } from '../plot/heatMap';
import { HeatMapLegend } from '../plot/heatMapLegend';
import { HeatMapThumbnail } from '../plot/heatMapThumbnail';
import { Picture } from '../plot/picture';
import { connectToHost } from '../ui/connection';
import { markDrawn } from '../ui/drawn';
import { PopupMenu } from '../ui/popupMenu';
import { ResourceLoader } from '../ui/resourceLoader';
import { SearchBox } from '../ui/searchBox';
import { provideOpposite } from '../ui/theme';
import { registerToolkit } from '../ui/toolkit';
import { userStripKey } from '../ui/userStrip';
import { ROW_HEIGHT, scrollToShow } from '../ui/virtualList';
import { attentionPng, attentionSvg } from './attentionFigure';
import { attentionJson } from './attentionJson';
import type { AttentionHandlers, ExportFormat } from './handlers';
import { layoutFor } from './layout';
import { wantedResources } from './resources';
import { NOTHING } from './settings';
import { currentAttention, focusOf } from './shownAttention';
import {
  initialState,
  isLoading,
  reduce,
  runOf,
  type AttentionAction,
  type Problem,
  type Scene,
} from './state';
import { attentionPanel } from './view';

registerToolkit();
customElements.define('recsight-menu', PopupMenu);
customElements.define('recsight-search-box', SearchBox);
customElements.define('recsight-heat-map', HeatMap);
customElements.define('recsight-heat-thumbnail', HeatMapThumbnail);
customElements.define('recsight-heat-legend', HeatMapLegend);
customElements.define('recsight-picture', Picture);

/** Where items for a composed history are found. */
const ITEM_SEARCH = '.strip recsight-search-box';
/** Choices that a search offers. */
const CHOICES = 12;

const app = document.getElementById('app')!;
const view: InspectionPanelView = {
  runsChanged: (runs) => dispatch({ kind: 'runsChanged', runs }),
  focus: (focus) => dispatch({ kind: 'focusAsked', focus }),
  progress: (task, progress) => loader.progress(task, progress),
};
const { host, kept, keep } = connectToHost<AttentionPanelHost>(view);
let state = initialState(kept);
const loader = new ResourceLoader({
  host,
  wantedResources,
  reduce,
  dispatch,
  long: ['overview'],
  onProblem: (message) => dispatch({ kind: 'problem', problem: { message, of: 'other' } }),
});
/** The animation frame in which the state will be drawn; null when what is drawn is the state. */
let frame: number | null = null;
/** The newest scene whose list of the history was scrolled to its end, and that list. */
let scrolled: { scene: Scene | null; list: Element | null } = { scene: null, list: null };
/** Selector of what gets the focus once it is drawn. */
let wantedFocus: string | null = null;

const handlers: AttentionHandlers = {
  onSettings: (settings) => dispatch({ kind: 'settingsChanged', settings }),
  onEnd: (end) => {
    dispatch({ kind: 'settingsChanged', settings: { end } });
    dispatch({ kind: 'userChosen', user: state.settings.user });
  },
  onUser: (user) => dispatch({ kind: 'userChosen', user }),
  onRandomUser: () => {
    const users = runOf(state)?.numUsers ?? 0;
    if (users > 0) handlers.onUser(Math.floor(Math.random() * users));
  },
  onCompose: (items) => {
    dispatch({ kind: 'composedChanged', items });
    if (items?.length === 0) wantedFocus = ITEM_SEARCH;
  },
  onFindItem: () => app.querySelector<HTMLElement>(`${ITEM_SEARCH} input`)?.focus(),
  onExplain: (item) => {
    const { settings, scene } = state;
    const shown = scene?.explained.result.candidates ?? [];
    const at = shown.findIndex((other) => other.item === item.item);
    if (at >= 0) {
      handlers.onSettings({ candidate: at });
      return;
    }
    const chosen = settings.candidates.length > 0 ? settings.candidates : shown;
    const candidates = [...chosen, item].map(({ item: index, id, title }) => ({ item: index, id, title }));
    handlers.onSettings({ candidates, candidate: chosen.length });
  },
  onEdit: (edit) => {
    wantedFocus = lineSelector(state.line);
    dispatch({ kind: 'edited', edit });
  },
  onRestore: (position) => dispatch({ kind: 'restored', position }),
  onReset: () => dispatch({ kind: 'reset' }),
  onSwap: (position) => {
    dispatch({ kind: 'swapping', position });
    wantedFocus = position === null ? lineSelector(state.line) : '.history .line input';
  },
  onLine: goToLine,
  onFocus: (focus) => {
    const { row, column } = state.focus;
    if (focus.row !== row || focus.column !== column) dispatch({ kind: 'focused', focus });
  },
  onPin: (cell) => {
    const { pinned } = state.settings;
    const again = cell !== null && pinned.row === cell.row && pinned.column === cell.column;
    handlers.onSettings({ pinned: cell === null || again ? NOTHING : cell });
  },
  onPinLine: (line) => {
    const { pinned } = state.settings;
    const wanted = focusOf(currentAttention(state), line);
    const again = pinned.row === wanted.row && pinned.column === wanted.column;
    handlers.onSettings({ pinned: again ? NOTHING : wanted });
  },
  onScroll: (scroll) => {
    const before = state.scroll;
    if (before?.left !== scroll.left || before.top !== scroll.top) dispatch({ kind: 'scrolled', scroll });
  },
  onWindow: (window) => dispatch({ kind: 'windowChanged', window }),
  onProjection: (item) =>
    void attempt('other', async () => {
      if (state.runDirectory !== null) await host.openView('projection', state.runDirectory, { item });
    }),
  onOverview: () => dispatch({ kind: 'overviewAsked' }),
  onCancelOverview: () => loader.cancel('overview'),
  onExport: (format) => void attempt('other', () => save(format)),
  onRetry: () => {
    if (state.problem?.of === 'overview') dispatch({ kind: 'overviewAsked' });
    else dispatch({ kind: 'retried' });
    if (state.runDirectory === null) void hydrate();
  },
  onDismissProblem: () => dispatch({ kind: 'problem', problem: null }),
  findUsers: async (text) =>
    state.runDirectory === null ? [] : host.findUsers(state.runDirectory, text, CHOICES),
  findItems: async (text) =>
    state.runDirectory === null ? [] : host.findItems(state.runDirectory, text, CHOICES),
};

function dispatch(action: AttentionAction): void {
  const last = state;
  state = reduce(state, action);
  const { settings, resources, runDirectory, overviewAsked } = state;
  const isKept = settings === last.settings && runDirectory === last.runDirectory;
  // Nothing else decides what is wanted: a pointer that moves costs no look at it.
  if (!isKept || resources !== last.resources || overviewAsked !== last.overviewAsked) {
    state = loader.update(state);
  }
  if (!isKept) keep(state.settings);
  draw();
}

/** Draws once a frame at most. */
function draw(): void {
  frame ??= requestAnimationFrame(drawNow);
}

function drawNow(): void {
  if (frame !== null) cancelAnimationFrame(frame);
  frame = null;
  render(attentionPanel(state, handlers), app);
  showNewest();
  if (state.scene && !isLoading(state)) markDrawn('recsight:attention');
  if (wantedFocus === null) return;
  const wanted = app.querySelector<HTMLElement>(wantedFocus);
  wantedFocus = null;
  if (wanted !== document.activeElement) wanted?.focus();
}

/** A list that scrolls by itself begins at its end: the newest items are what one wants to see. */
function showNewest(): void {
  const list = app.querySelector('.history .lines-scroll');
  // A list that another width of the page has made begins there, too.
  const isOther = list !== scrolled.list;
  if (state.scene === scrolled.scene && !isOther) return;
  const lengthOf = (scene: Scene | null) => scene?.explained.result.history.length;
  const isNew = lengthOf(scrolled.scene) !== lengthOf(state.scene);
  scrolled = { scene: state.scene, list };
  if (list && (isNew || isOther)) list.scrollTop = list.scrollHeight;
}

async function hydrate(): Promise<void> {
  await attempt('hydrate', async () => dispatch({ kind: 'hydrated', snapshot: await host.hydrate() }));
}

function lineSelector(line: number): string {
  return `.history [data-line="${line}"]`;
}

/** Gives a line of the history the focus, and brings it into sight. */
function goToLine(line: number): void {
  dispatch({ kind: 'lineFocused', line });
  const { narrow, maxHeight } = layoutFor(state);
  const lines = currentAttention(state).lines.length;
  const height = Math.min(lines * ROW_HEIGHT, maxHeight);
  const top = state.scroll?.top ?? lines * ROW_HEIGHT - height;
  const shown = narrow ? top : scrollToShow(line, top, height, ROW_HEIGHT);
  if (shown !== top) dispatch({ kind: 'scrolled', scroll: { left: state.scroll?.left ?? 0, top: shown } });
  wantedFocus = lineSelector(line);
}

async function save(format: ExportFormat): Promise<void> {
  const { resources, settings, scene } = state;
  const run = runOf(state);
  if (!run || !scene) throw new Error('Nothing to save yet. Wait until the weights are shown.');
  const user = resources.history?.value?.user.id ?? '';
  const who = settings.composed ? 'composed' : `user-${fileNamePart(user)}`;
  const name = `attention-${fileNamePart(run.name)}-${who}.${format}`;
  if (format === 'json') await host.save(name, attentionJson(state));
  else if (format === 'svg') await host.save(name, attentionSvg(state));
  else await host.save(name, await attentionPng(state));
}

function fileNamePart(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60);
}

function keyPressed(event: KeyboardEvent): void {
  const { settings } = state;
  const run = runOf(state);
  if (settings.tab !== 'user' || settings.composed !== null || !run) return;
  userStripKey(event, { numUsers: run.numUsers, user: settings.user }, handlers);
}

/** Shows why something failed, instead of leaving the user without an answer. */
async function attempt(of: Problem['of'], action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    dispatch({ kind: 'problem', problem: { message, of } });
  }
}

function measure(): void {
  dispatch({ kind: 'resized', size: { width: window.innerWidth, height: window.innerHeight } });
}

provideOpposite(app);
window.addEventListener('resize', measure);
// Keys may come faster than frames, and each continues from where the one before it led.
window.addEventListener('keydown', () => frame !== null && drawNow(), { capture: true });
window.addEventListener('keydown', keyPressed);
measure();
void hydrate();
