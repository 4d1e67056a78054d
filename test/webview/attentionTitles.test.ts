import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { AttentionHost, settled, useAttention } from './attentionPage';
import type { ExampleModel } from './attentionExample';
import { ExampleCatalog } from './exampleCatalog';

/* What things are called: items with titles that are hard to show, and heads. */

const { open, openAtOnce } = useAttention();
const MODELS: ExampleModel[] = ['sasrec', 'sum', 'din', 'dien', 'twotower'];
const products = (model: ExampleModel): AttentionHost =>
  AttentionHost.of(model, { catalog: ExampleCatalog.products() });

interface DrawnText {
  text: string;
  /** Pixels that it stands out of its canvas. */
  outside: number;
}

/** Draws everything again, and tells each text that was drawn on a canvas. */
async function drawnTexts(page: Page): Promise<DrawnText[]> {
  await page.evaluate(`{
    const { fillText } = CanvasRenderingContext2D.prototype;
    globalThis.drawn = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      const { actualBoundingBoxLeft: left, actualBoundingBoxRight: right } = this.measureText(text);
      const [from, to] = [[x - left, y], [x + right, y]].map(([a, b]) =>
        new DOMPoint(a, b).matrixTransform(this.getTransform()));
      const { width, height } = this.canvas;
      const outside = [from, to].map((p) => Math.max(-p.x, p.x - width, -p.y, p.y - height));
      globalThis.drawn.push({ text, outside: Math.max(...outside) });
      fillText.call(this, text, x, y);
    };
    window.dispatchEvent(new Event('resize'));
    document.body.classList.toggle('drawn-again');
  }`);
  await settled(page);
  return page.evaluate('globalThis.drawn');
}

/** What tooltips tell while the pointer goes over a picture, row by row. */
async function tooltipsOver(page: Page, canvas: string, x: number): Promise<string[]> {
  await page.locator(canvas).first().scrollIntoViewIfNeeded();
  const box = (await page.locator(canvas).first().boundingBox())!;
  const found = new Set<string>();
  for (let y = 2; y < box.height; y += 5) {
    await page.mouse.move(box.x + (x < 0 ? box.width + x : x), box.y + y);
    found.add((await page.locator(canvas).first().getAttribute('title')) ?? '');
  }
  return [...found].filter((title) => title !== '');
}

describe('titles that are too long', () => {
  test.each(MODELS)('%s: the end stays in sight, and the tooltip is the whole', async (model) => {
    const host = products(model);
    const page = await open(host);
    const shown = await page.locator('.fitted-title').evaluateAll((all: unknown[]) =>
      (all as Fitted[]).map((element) => {
        const [whole, parts] = element.children;
        return {
          text: element.textContent,
          isCut: whole!.scrollWidth > whole!.clientWidth,
          end: parts!.dataset.end!,
          hasRoomForEnd: parts!.scrollWidth <= parts!.clientWidth,
          tooltip: element.closest('[title]')?.getAttribute('title') ?? '',
        };
      }),
    );
    interface Fitted {
      children: Fitted[];
      dataset: Record<string, string>;
      textContent: string;
      scrollWidth: number;
      clientWidth: number;
      closest: (selector: string) => { getAttribute: (name: string) => string } | null;
    }
    const cut = shown.filter(({ isCut }) => isCut);
    expect(cut.length).toBeGreaterThan(10);
    for (const { text, end, hasRoomForEnd, tooltip } of cut) {
      expect(end, text).not.toBe('');
      expect(hasRoomForEnd, text).toBe(true);
      expect(tooltip).toContain(text);
    }
  });

  test.each([
    ['sasrec', 'map'],
    ['sasrec', 'lines'],
    ['din', 'map'],
    ['din', 'curves'],
    ['dien', 'curves'],
    ['sum', 'curves'],
  ] as const)(
    '%s as %s: no text is drawn out of its picture, and what is cut says so',
    async (model, view) => {
      const host = products(model);
      const page = await open(host);
      await page.getByText(view, { exact: true }).click();
      // What is pointed at is bold, and wider.
      await page.locator('.history .line').nth(18).focus();
      const texts = await drawnTexts(page);
      expect(texts.length).toBeGreaterThan(6);
      expect(texts.filter(({ outside }) => outside > 1)).toEqual([]);
      const whole = new Set(host.first.catalog.titles);
      const titles = texts.filter(({ text }) => text.startsWith('Galaxy'));
      if (model !== 'sum') expect(titles.length).toBeGreaterThan(0);
      for (const { text } of titles) if (!whole.has(text)) expect(text).toMatch(/….*\S$/);
    },
  );

  test('what is cut in a picture is told whole by its tooltip', async () => {
    const host = products('dien');
    const page = await open(host);
    const titles = await tooltipsOver(page, '.companion recsight-picture canvas', -100);
    expect(titles.length).toBeGreaterThan(1);
    for (const title of titles) expect(host.first.catalog.titles).toContain(title);
  });

  test('files that are saved say where a title was cut', async () => {
    const host = products('sasrec');
    const page = await open(host);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByText('Save as SVG…').click();
    await expect.poll(() => host.saved.length).toBe(1);
    const svg = host.saved[0]!.content as string;
    expect(svg).toMatch(/<title>Galaxy [^<]*<\/title>Galaxy [^<]*…[^<]*<\/text>/);
  });
});

describe('heads over all users', () => {
  const read = async (host: AttentionHost): Promise<Page> => {
    const { page } = await openAtOnce(host);
    await page.getByText('All users', { exact: true }).click();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
    await page.getByText('8 users').waitFor();
    return page;
  };

  test.each([
    ['sasrec', ['Block 1', 'Block 2'], ['Block 1, head 1', 'Block 1, head 2'], 'head 3'],
    ['sum', ['Memory reads', 'Memory writes'], ['Memory reads, slot 1', 'Memory reads, slot 2'], 'slot 3'],
    ['din', ['Attention'], ['Attention'], 'group A'],
    [
      'dien',
      ['Attention', 'Update gate', 'Update gate of interests'],
      ['Attention', 'Update gate'],
      'group A',
    ],
  ] as const)(
    '%s: each chart has the name of its view, each line of its head',
    async (model, charts, rows, line) => {
      const page = await read(AttentionHost.of(model));
      expect(await page.locator('.multiples figcaption').allInnerTexts()).toEqual(charts);
      const names = await page.locator('table.heads').first().locator('tbody th').allInnerTexts();
      expect(names.slice(0, rows.length)).toEqual(rows);
      expect(new Set(names).size).toBe(names.length);
      const drawn = (await drawnTexts(page)).map(({ text }) => text);
      expect(drawn.some((text) => text.startsWith(line))).toBe(true);
    },
  );
});
