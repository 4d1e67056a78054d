import '../ui/ui.css';
import '../ui/panel.css';
import { render } from 'lit';
import type { ItemLabel } from '../../src/protocol/inspection';
import type {
  InspectionPanelView,
  InspectionView,
  PlaygroundPanelHost,
} from '../../src/protocol/inspectionPanel';
import { connectToHost } from '../ui/connection';
import { ResourceLoader } from '../ui/resourceLoader';
import { SearchBox } from '../ui/searchBox';
import { provideOpposite } from '../ui/theme';
import { registerToolkit } from '../ui/toolkit';
import { userStripKey } from '../ui/userStrip';
import { recommendationCsv } from './csv';
import type { PlaygroundHandlers } from './handlers';
import { wantedResources, type Answer } from './resources';
import {
  answerOf,
  initialState,
  otherAnswerOf,
  reduce,
  runOf,
  sideName,
  type PlaygroundAction,
  type Problem,
} from './state';
import { playgroundPanel } from './view';

registerToolkit();
customElements.define('recsight-search-box', SearchBox);

/** Where items for a composed history are found. */
const ITEM_SEARCH = '.strip recsight-search-box input';
/** Choices that a search offers. */
const CHOICES = 12;

const app = document.getElementById('app')!;
const view: InspectionPanelView = {
  runsChanged: (runs) => dispatch({ kind: 'runsChanged', runs }),
  focus: (focus) => dispatch({ kind: 'focusAsked', focus }),
  progress: (task, progress) => loader.progress(task, progress),
};
const { host, kept, keep } = connectToHost<PlaygroundPanelHost>(view);
let state = initialState(kept);
const loader = new ResourceLoader({
  host,
  wantedResources,
  reduce,
  dispatch,
  long: [],
  onProblem: (message) => dispatch({ kind: 'problem', problem: { message, of: 'other' } }),
});
/** The animation frame in which the state will be drawn; null when what is drawn is the state. */
let frame: number | null = null;
/** The newest answer whose history was scrolled to its end. */
let scrolled: Answer | null = null;
/** Selector of what gets the focus once it is drawn. */
let wantedFocus: string | null = null;

const handlers: PlaygroundHandlers = {
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
  onFindItem: () => app.querySelector<HTMLElement>(ITEM_SEARCH)?.focus(),
  onLine: (line) => {
    dispatch({ kind: 'lineFocused', line });
    wantedFocus = `.history [data-line="${line}"]`;
  },
  onSelect: (item, side) => {
    dispatch({ kind: 'settingsChanged', settings: { selected: item.id } });
    wantedFocus = `.recommendations [data-side="${side}"][data-item="${CSS.escape(item.id)}"]`;
  },
  onProjection: (item) => open('projection', item),
  onAttention: (item) => open('attention', item),
  onExport: () => void attempt('other', save),
  onRetry: () => {
    dispatch({ kind: 'retried' });
    if (state.runDirectory === null) void hydrate();
  },
  onDismissProblem: () => dispatch({ kind: 'problem', problem: null }),
  findUsers: async (text) =>
    state.runDirectory === null ? [] : host.findUsers(state.runDirectory, text, CHOICES),
  findItems: async (text) =>
    state.runDirectory === null ? [] : host.findItems(state.runDirectory, text, CHOICES),
};

function dispatch(action: PlaygroundAction): void {
  const last = state;
  state = reduce(state, action);
  const { settings, resources, runDirectory } = state;
  const isKept = settings === last.settings && runDirectory === last.runDirectory;
  if (!isKept || resources !== last.resources) state = loader.update(state);
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
  render(playgroundPanel(state, handlers), app);
  showNewest();
  if (wantedFocus === null) return;
  const wanted = app.querySelector<HTMLElement>(wantedFocus);
  wantedFocus = null;
  if (wanted !== document.activeElement) wanted?.focus();
}

/** A list that scrolls begins at its end: the newest items are what one wants to see. */
function showNewest(): void {
  const answer = answerOf(state);
  const list = app.querySelector('.history .lines-scroll');
  if (list === null || answer === null) return;
  const isNew = JSON.stringify(scrolled?.request.history) !== JSON.stringify(answer.request.history);
  scrolled = answer;
  if (isNew) list.scrollTop = list.scrollHeight;
}

async function hydrate(): Promise<void> {
  await attempt('hydrate', async () => dispatch({ kind: 'hydrated', snapshot: await host.hydrate() }));
}

function open(panel: InspectionView, { item }: ItemLabel): void {
  const { runDirectory, settings } = state;
  if (runDirectory === null) return;
  const focus = panel === 'attention' ? { item, user: settings.user } : { item };
  void attempt('other', () => host.openView(panel, runDirectory, focus));
}

async function save(): Promise<void> {
  const [answer, other] = [answerOf(state), otherAnswerOf(state)];
  const run = runOf(state);
  const otherRun = state.resources.otherRun?.value;
  if (answer === null || run === null)
    throw new Error('Nothing to save yet. Wait until something is recommended.');
  const sides = [{ name: sideName(state, run, answer), answer }];
  if (other && otherRun) sides.push({ name: sideName(state, otherRun, other), answer: other });
  const who = answer.request.user === null ? 'composed' : `user-${fileNamePart(answer.request.user)}`;
  await host.save(`recommendations-${fileNamePart(run.name)}-${who}.csv`, recommendationCsv(sides));
}

function fileNamePart(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60);
}

function keyPressed(event: KeyboardEvent): void {
  const { user, composed } = state.settings;
  const run = runOf(state);
  if (composed === null && run) userStripKey(event, { numUsers: run.numUsers, user }, handlers);
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

provideOpposite(app);
// Keys may come faster than frames, and each continues from where the one before it led.
window.addEventListener('keydown', () => frame !== null && drawNow(), { capture: true });
window.addEventListener('keydown', keyPressed);
void hydrate();
