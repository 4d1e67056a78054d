import { describe, expect, onTestFinished, test } from 'vitest';
import type { InspectionPanelView } from '../../src/protocol/inspectionPanel';
import type { LivePanelView } from '../../src/protocol/livePanel';
import { AttentionHost } from './attentionPage';
import { exampleEvents, exampleRun } from './exampleRun';
import { TestHost } from './livePage';
import { ProjectionHost } from './projectionPage';
import { WebviewPages, type OpenWebview } from './webviewPages';

/*
 * What the pages say they have drawn is on the screen when they say so: the benchmark of the editor believes them.
 */

interface Said {
  name: string;
  /** Canvases that somebody has drawn on, and recommended items. */
  canvases: number;
  recommended: number;
}

/** Notes what is in the page at each mark. */
const NOTING = `{
  const { mark } = performance;
  const isDrawn = (canvas) =>
    canvas.width > 0 && canvas.height > 0 &&
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (kind, ...others) {
    return kind.startsWith('webgl') ? null : getContext.call(this, kind, ...others);
  };
  globalThis.said = [];
  performance.mark = function (name) {
    said.push({
      name,
      canvases: [...document.querySelectorAll('canvas')].filter(isDrawn).length,
      recommended: document.querySelectorAll('.recommendations tbody tr').length,
    });
    return mark.call(this, name);
  };
}`;

const INSPECTION_EVENTS: (keyof InspectionPanelView)[] = ['progress', 'runsChanged', 'focus'];

async function open<View extends object>(
  name: string,
  functions: object,
  events: (keyof View)[],
): Promise<OpenWebview<View, object>['page']> {
  const pages = await WebviewPages.start(name);
  onTestFinished(() => pages.stop());
  const { page } = await pages.open<View, object>(functions, events, { script: NOTING });
  return page;
}

function held(host: { held: Promise<void> }): () => void {
  let release = (): void => undefined;
  host.held = new Promise((resolve) => (release = resolve));
  return () => release();
}

describe('a page says what it has drawn', () => {
  test('its charts and the first step, when all four are there', async () => {
    const host = new TestHost(exampleRun('running', 3), exampleEvents(3));
    const answer = held(host);
    const page = await open<LivePanelView>('live', host.functions, ['append', 'runChanged']);
    await page.getByRole('status').waitFor();
    expect(await page.evaluate('said')).toEqual([]);
    answer();
    const said = () => page.evaluate<Said[]>('said');
    await expect
      .poll(async () => new Set((await said()).map(({ name }) => name)))
      .toEqual(new Set(['recsight:charts', 'recsight:first-step']));
    expect((await said())[0]!.canvases).toBe(4);
  });

  test('a map, with its points', async () => {
    const host = ProjectionHost.of(300);
    const page = await open<InspectionPanelView>('projection', host.functions, INSPECTION_EVENTS);
    await expect.poll(() => page.evaluate('said.length')).toBeGreaterThan(0);
    const [first] = await page.evaluate<Said[]>('said');
    expect(first!.name).toBe('recsight:projection');
    // The points, and what lies over them.
    expect(first!.canvases).toBe(2);
  });

  test('weights and recommendations', async () => {
    const host = AttentionHost.of('sasrec');
    const answer = held(host);
    const page = await open<InspectionPanelView>('attention', host.functions, INSPECTION_EVENTS);
    await page.getByRole('status').first().waitFor({ state: 'attached' });
    expect(await page.evaluate('said')).toEqual([]);
    answer();
    await expect.poll(() => page.evaluate('said.length')).toBeGreaterThan(0);
    const [first] = await page.evaluate<Said[]>('said');
    expect(first!.name).toBe('recsight:attention');
    expect(first!.canvases).toBeGreaterThan(0);
    expect(first!.recommended).toBeGreaterThanOrEqual(10);
  });

  test('the crosshair', async () => {
    const host = new TestHost(exampleRun('finished', 3), exampleEvents(3));
    const page = await open<LivePanelView>('live', host.functions, ['append', 'runChanged']);
    await page.getByRole('slider', { name: 'Training loss' }).hover();
    await expect
      .poll(() => page.evaluate<string[]>('said.map(({ name }) => name)'))
      .toContain('recsight:crosshair');
  });
});
