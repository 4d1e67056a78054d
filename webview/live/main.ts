import '../ui/ui.css';
import '../ui/frame.css';
import { render } from 'lit';
import type { LivePanelHost, LivePanelView } from '../../src/protocol/livePanel';
import { LineChart } from '../plot/lineChart';
import { connectToHost } from '../ui/connection';
import { markDrawn } from '../ui/drawn';
import { PopupMenu } from '../ui/popupMenu';
import { registerToolkit } from '../ui/toolkit';
import type { LiveHandlers } from './handlers';
import { initialState, reduce, type LiveAction, type LiveState } from './state';
import { livePanel } from './view';

registerToolkit();
customElements.define('recsight-menu', PopupMenu);
customElements.define('recsight-line-chart', LineChart);

const app = document.getElementById('app')!;
const view: LivePanelView = {
  historyRead: (history) => dispatch({ kind: 'historyRead', history }),
  runChanged: (run) => {
    const isOtherConfig = run.manifest.configDigest !== state.run?.manifest.configDigest;
    dispatch({ kind: 'runChanged', run });
    if (isOtherConfig && state.runSettings !== null) void readSettings();
  },
  titleChanged: (title) => dispatch({ kind: 'titleChanged', title }),
  append: (events) => dispatch({ kind: 'eventsAppended', events }),
};
const { host, kept, keep } = connectToHost<LivePanelHost>(view);
let state = initialState(kept);
let drawing = false;
let hydrating = false;

const handlers: LiveHandlers = {
  onStop: () => void ask('stop'),
  onResume: () => void ask('resume'),
  onTrainAgain: () => void ask('trainAgain'),
  onEvaluate: () => void ask('evaluate'),
  onOpenConfig: () => void attempt(() => host.openConfig()),
  onOpenLog: () => void attempt(() => host.openLog()),
  onOpenView: (view) => void attempt(() => host.openView(view)),
  onSave: (fileName, content) => void attempt(() => host.save(fileName, content)),
  onRetry: () => void hydrate(),
  onDetails: () => void readSettings(),
  onZoom: (zoom) => dispatch({ kind: 'zoomed', zoom }),
  onSettings: (settings) => dispatch({ kind: 'settingsChanged', settings }),
  onDismissProblem: () => dispatch({ kind: 'problem', message: null }),
};

function dispatch(action: LiveAction): void {
  const { state: next, gap } = reduce(state, action);
  state = next;
  if (action.kind === 'settingsChanged' || action.kind === 'hydrated') keep(state.settings);
  draw();
  const history =
    action.kind === 'hydrated'
      ? action.snapshot.history
      : action.kind === 'historyRead'
        ? action.history
        : null;
  if (history?.complete === false) void readHistory();
  if (gap) void hydrate();
}

/** Draws once a frame at most: steps may come faster than anyone can see. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    render(livePanel(state, handlers), app);
    const lastStep = state.series.get('loss')?.step.at(-1);
    if (state.series.names.length > 0) markDrawn('recsight:charts', { lastStep, complete: !state.reading });
    if (lastStep !== undefined) markDrawn('recsight:first-step');
  });
}

/** Asks for the whole history: at the start, and again when events were lost on the way. */
async function hydrate(): Promise<void> {
  if (hydrating) return;
  hydrating = true;
  await attempt(async () => dispatch({ kind: 'hydrated', snapshot: await host.hydrate() }));
  hydrating = false;
}

/** Asks for all points once their outline is drawn: many take a moment on their way. */
async function readHistory(): Promise<void> {
  await nextFrame();
  await nextFrame();
  await attempt(async () => dispatch({ kind: 'historyRead', history: await host.history() }));
}

function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Asks only when somebody wants to see them: the configs of all runs of the name are read for it. */
async function readSettings(): Promise<void> {
  await attempt(async () => dispatch({ kind: 'settingsRead', settings: await host.settings() }));
}

async function ask(what: NonNullable<LiveState['pending']>): Promise<void> {
  dispatch({ kind: 'asked', pending: what });
  await attempt(() => host[what]());
  dispatch({ kind: 'answered' });
}

/** Shows why something failed, instead of leaving the user without an answer. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    dispatch({ kind: 'problem', message: error instanceof Error ? error.message : String(error) });
  }
}

render(livePanel(state, handlers), app);
void hydrate();
