import { writeLongRun } from './longRun';
import type { EditorUnderTest } from './editorUnderTest';
import { runsDirectoryOf } from '../../../src/runs/runDirectory';

/** One thing that people wait for in the editor. All are in ms. */
export interface Measure {
  name: string;
  what: string;
  /** What it shall take at most; null where nothing was agreed. */
  wanted: number | null;
  /** What has to be in the workspace, beside the samples. */
  needs: 'sample run' | 'long run' | null;
  /** A new window for each sample: nothing of the extension's has been used in it. */
  cold?: true;
  /** Once before the samples. */
  before?: (editor: EditorUnderTest) => Promise<void>;
  sample: (editor: EditorUnderTest) => Promise<number>;
}

/** The sample whose config trains, and whose run is looked into. */
export const SAMPLE_RUN = 'sasrec';
const LONG_RUN = 'two-hundred-thousand-steps';
const LONG_RUN_STEPS = 200_000;
const LONG_RUN_STEPS_TEXT = LONG_RUN_STEPS.toLocaleString('en-US');

export async function writeTheLongRun(folder: string): Promise<void> {
  await writeLongRun(runsDirectoryOf(folder), LONG_RUN, LONG_RUN_STEPS);
}

const VIEW_MS = 1500;
const FIRST_STEP_MS = 1500;
const FIRST_PAINT_MS = 1000;
const INTERACTION_MS = 50;

async function openView(editor: EditorUnderTest, view: 'projection' | 'attention'): Promise<number> {
  const label = view === 'projection' ? 'Show Embedding Projection' : 'Show Attention';
  const button = await editor.rowButton(SAMPLE_RUN, label);
  const ms = await editor.time('click', `recsight:${view}`, () => button.click());
  await editor.closeEditors();
  return ms;
}

async function train(editor: EditorUnderTest): Promise<number> {
  const button = await editor.openConfig(SAMPLE_RUN);
  const ms = await editor.time('click', 'recsight:first-step', () => button.click());
  await editor.closeEditors();
  await editor.dropNewestRun();
  return ms;
}

/** Opens the long run, until some of its charts are drawn or, `whole`, all of their steps. */
async function openLongRun(editor: EditorUnderTest, whole: boolean): Promise<number> {
  const row = await editor.row(LONG_RUN);
  const isAll = (detail: unknown): boolean => {
    const { lastStep, complete } = detail as { lastStep?: number; complete: boolean };
    return complete && lastStep === LONG_RUN_STEPS;
  };
  return editor.time('click', 'recsight:charts', () => row.click(), whole ? isAll : undefined);
}

async function showLongRun(editor: EditorUnderTest): Promise<void> {
  await openLongRun(editor, true);
  await editor.listenInPanel();
}

async function openAndCloseLongRun(editor: EditorUnderTest, whole: boolean): Promise<number> {
  const ms = await openLongRun(editor, whole);
  await editor.closeEditors();
  return ms;
}

/** An interaction with a chart of the long run; it is called for each sample with another number. */
function interaction(
  name: string,
  what: string,
  act: (editor: EditorUnderTest, turn: number) => Promise<number>,
): Measure {
  let turn = 0;
  return {
    name: `long-run-${name}`,
    needs: 'long run',
    what: `${LONG_RUN_STEPS_TEXT} steps: ${what}`,
    wanted: INTERACTION_MS,
    before: showLongRun,
    sample: (editor) => act(editor, turn++),
  };
}

/** What is measured. A new measure is one more entry. */
export const MEASURES: readonly Measure[] = [
  {
    name: 'projection-cold',
    needs: 'sample run',
    what: 'from a click to a drawn projection, in a new window',
    wanted: VIEW_MS,
    cold: true,
    sample: (editor) => openView(editor, 'projection'),
  },
  {
    name: 'projection',
    needs: 'sample run',
    what: 'from a click to a drawn projection, again',
    wanted: VIEW_MS,
    sample: (editor) => openView(editor, 'projection'),
  },
  {
    name: 'attention-cold',
    needs: 'sample run',
    what: 'from a click to explained attention, in a new window',
    wanted: VIEW_MS,
    cold: true,
    sample: (editor) => openView(editor, 'attention'),
  },
  {
    name: 'attention',
    needs: 'sample run',
    what: 'from a click to explained attention, again',
    wanted: VIEW_MS,
    sample: (editor) => openView(editor, 'attention'),
  },
  {
    name: 'train-cold',
    needs: null,
    what: 'from Train to the first step on the panel, in a new window and with data that nobody has read yet',
    wanted: FIRST_STEP_MS,
    cold: true,
    sample: async (editor) => {
      await editor.dropPreparedData();
      return train(editor);
    },
  },
  {
    name: 'train',
    needs: null,
    what: 'from Train to the first step on the panel, again',
    wanted: FIRST_STEP_MS,
    sample: train,
  },
  {
    name: 'long-run-cold',
    needs: 'long run',
    what: `from a click to all charts of ${LONG_RUN_STEPS_TEXT} steps, in a new window`,
    wanted: FIRST_PAINT_MS,
    cold: true,
    sample: (editor) => openAndCloseLongRun(editor, true),
  },
  {
    name: 'long-run',
    needs: 'long run',
    what: `from a click to all charts of ${LONG_RUN_STEPS_TEXT} steps, again`,
    wanted: FIRST_PAINT_MS,
    sample: (editor) => openAndCloseLongRun(editor, true),
  },
  {
    name: 'long-run-first-paint',
    needs: 'long run',
    what: `from a click to the first charts of ${LONG_RUN_STEPS_TEXT} steps, which need not show all of them`,
    wanted: FIRST_PAINT_MS,
    sample: (editor) => openAndCloseLongRun(editor, false),
  },
  interaction('smoothing', 'a step of the smoothing slider', async (editor, turn) => {
    await editor.panel('label.slider input').focus();
    return editor.time('keydown', 'recsight:charts', () =>
      editor.press(turn % 2 === 0 ? 'ArrowRight' : 'ArrowLeft'),
    );
  }),
  interaction('axis', 'another x axis', (editor, turn) => {
    const axis = ['epoch', 'time', 'step'][turn % 3]!;
    const choice = editor.panel(`fieldset.segmented label:has(input[value="${axis}"])`);
    return editor.time('click', 'recsight:charts', () => choice.click());
  }),
  interaction('zoom', 'zooming by a key', async (editor, turn) => {
    await editor.panel('recsight-line-chart .plot').nth(1).focus();
    return editor.time('keydown', 'recsight:charts', () => editor.press(turn % 2 === 0 ? '+' : '0'));
  }),
  interaction('hover', 'the crosshair', (editor, turn) => {
    const plot = editor.panel('recsight-line-chart .u-over').nth(1);
    const position = { x: 40 + ((turn * 37) % 200), y: 40 };
    return editor.time('pointermove', 'recsight:crosshair', () => plot.hover({ position }));
  }),
];
