import '../ui/ui.css';
import '../ui/panel.css';
import { render, type TemplateResult } from 'lit';
import type { ComparisonPanelHost, ComparisonPanelView } from '../../src/protocol/comparisonPanel';
import { LineChart } from '../plot/lineChart';
import { Picture } from '../plot/picture';
import { connectToHost } from '../ui/connection';
import { PopupMenu } from '../ui/popupMenu';
import { ResourceLoader } from '../ui/resourceLoader';
import { registerToolkit } from '../ui/toolkit';
import type { ComparisonHandlers } from './handlers';
import { wantedResources } from './resources';
import { initialState, reduce, type ComparisonAction, type ComparisonState } from './state';

registerToolkit();
customElements.define('recsight-menu', PopupMenu);
customElements.define('recsight-line-chart', LineChart);
customElements.define('recsight-picture', Picture);

/**
 * The page of test results that are compared: of several runs, or of one and its baselines.
 * @param view the whole page
 * @param withBaselines whether baselines are compared at first
 */
export function openResults(
  view: (state: ComparisonState, handlers: ComparisonHandlers) => TemplateResult,
  withBaselines: boolean,
): void {
  const app = document.getElementById('app')!;
  const listener: ComparisonPanelView = {
    runsChanged: () => dispatch({ kind: 'runsChanged' }),
    progress: (task, progress) => loader.progress(task, progress),
  };
  const { host, kept, keep } = connectToHost<ComparisonPanelHost>(listener);
  let state = initialState(kept, withBaselines);
  let drawing = false;
  const loader = new ResourceLoader({
    host,
    wantedResources,
    reduce,
    dispatch,
    long: ['comparison'],
    onProblem: (problem) => dispatch({ kind: 'problem', problem }),
  });

  const handlers: ComparisonHandlers = {
    onSettings: (settings) => dispatch({ kind: 'settingsChanged', settings }),
    onZoom: (zoom) => dispatch({ kind: 'zoomed', zoom }),
    onSave: (fileName, content) => void attempt(() => host.save(fileName, content)),
    onPicture: (picture, fileName) => void attempt(async () => host.save(fileName, await picture())),
    onEvaluate: () => void attempt(() => host.evaluate()),
    onCancel: () => loader.cancel('comparison'),
    onRetry: () => {
      dispatch({ kind: 'retried' });
      if (state.titles === null) void hydrate();
    },
    onDismissProblem: () => dispatch({ kind: 'problem', problem: null }),
  };

  function dispatch(action: ComparisonAction): void {
    const { settings } = state;
    state = loader.update(reduce(state, action));
    if (state.settings !== settings) keep(state.settings);
    draw();
  }

  /** Draws once a frame at most. */
  function draw(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      render(view(state, handlers), app);
    });
  }

  async function hydrate(): Promise<void> {
    await attempt(async () => dispatch({ kind: 'hydrated', titles: await host.hydrate() }));
  }

  /** Shows why something failed, instead of leaving the user without an answer. */
  async function attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      dispatch({ kind: 'problem', problem: error instanceof Error ? error.message : String(error) });
    }
  }

  draw();
  void hydrate();
}
