import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { shortestFloat32 } from '../../src/protocol/shortestFloat32';
import { ExampleInspector } from './attentionExample';
import { AttentionHost, choose, settled, useAttention } from './attentionPage';
import { changeTheme, SUBJECT, THEMES, type ThemeName } from './webviewPages';

const { open, openAtOnce } = useAttention();

const line = (page: Page, index: number) => page.locator(`.history [data-line="${index}"]`);
const map = (page: Page, index = 0) => page.locator('recsight-heat-map').nth(index);
const view = (page: Page, index = 0) => map(page, index).locator('.heat-map-view');
const tooltip = (page: Page) => page.locator('.heat-map-tooltip').first();
const idle = (page: Page) =>
  expect
    .poll(() =>
      page
        .getByRole('status')
        .textContent()
        .then((text) => text?.trim()),
    )
    .toBe('');

/** Of a figure as the page writes it. */
const numberOf = (text: string): number => Number(text.replaceAll('−', '-'));

interface Geometry {
  rows: number;
  columns: number;
  cellWidth: number;
  cellHeight: number;
}
const geometryOf = (page: Page, index = 0): Promise<Geometry> =>
  map(page, index).evaluate((element: unknown) => (element as { geometry: Geometry }).geometry);

/** Points at a cell of the first map, which must be in sight. */
async function pointAt(page: Page, row: number, column: number): Promise<void> {
  const { cellWidth, cellHeight } = await geometryOf(page);
  const frame = (await view(page).boundingBox())!;
  const { left, top } = await view(page).evaluate((element: unknown) => {
    const { scrollLeft, scrollTop } = element as { scrollLeft: number; scrollTop: number };
    return { left: scrollLeft, top: scrollTop };
  });
  await page.mouse.move(
    frame.x + (column + 0.5) * cellWidth - left,
    frame.y + (row + 0.5) * cellHeight - top,
  );
  await settled(page);
}

interface Canvas {
  getContext: (kind: '2d') => { getImageData: (...box: number[]) => { data: Uint8ClampedArray } };
}

/** What is drawn in a rectangle of the first map, `[pixels, 4]`. */
const pixelsIn = (page: Page, box: readonly number[]): Promise<number[]> =>
  map(page)
    .locator('.heat-map-space canvas')
    .evaluate(
      (canvas: unknown, at) => [...(canvas as Canvas).getContext('2d').getImageData(...at).data],
      box.map(Math.floor),
    );

/** The color of the middle of a cell of the first map, as drawn: red, green, blue and opacity. */
const pixelOf = async (page: Page, row: number, column: number): Promise<number[]> => {
  const { cellWidth, cellHeight } = await geometryOf(page);
  return pixelsIn(page, [(column + 0.5) * cellWidth, (row + 0.5) * cellHeight, 1, 1]);
};

/** Weights of a block as the host answered last: the mean over its heads, or one head. */
function weightOf(
  host: AttentionHost,
  block: number,
  row: number,
  column: number,
  heads = [0, 1, 2, 3],
): number {
  const { shape, values } = host.answered!.weights[block]!;
  const length = shape[1]!;
  const at = (head: number): number => values[(head * length + row) * length + column]!;
  return heads.reduce((sum, head) => sum + at(head), 0) / heads.length;
}

describe('self-attention', () => {
  test('the hovered cell says the weight that the host gave, and links its row, column and titles', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await pointAt(page, 15, 9);
    const expected = weightOf(host, 1, 15, 9);
    expect(await tooltip(page).innerText()).toBe(
      `${host.answered!.history[15]!.title} attends to ${host.answered!.history[9]!.title}: ${expected.toFixed(3)}`,
    );
    expect(await page.locator('.history .line.focus').getAttribute('data-line')).toBe('15');
    // And from the titles to the map.
    await line(page, 12).hover();
    await settled(page);
    expect(await page.locator('.decision .line.focus').count()).toBe(1);
    const { cellWidth, cellHeight } = await geometryOf(page);
    const edge = await pixelsIn(page, [5.5 * cellWidth, 12 * cellHeight - 1, 1, 1]);
    expect(edge).toEqual([0, 120, 212, 255]); // --vscode-focusBorder of Dark Modern
  });

  test('the newest row is what decided: its weights are the host’s and sum to 1', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    const shown = (await page.locator('.decision .weight').allInnerTexts()).map(numberOf);
    expect(shown).toHaveLength(19);
    shown.forEach((weight, column) => expect(weight).toBeCloseTo(weightOf(host, 1, 18, column), 3));
    expect(shown.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 1);
    await page.getByText('table', { exact: true }).click();
    const cells = await page.locator('table.weights tbody tr').first().locator('td').allInnerTexts();
    expect(cells).toHaveLength(5);
    [0, 1, 2, 3].forEach((head) =>
      expect(numberOf(cells[1 + head]!)).toBeCloseTo(weightOf(host, 1, 18, 0, [head]), 3),
    );
  });

  test('the future is hatched and not colored as zero; what is past is filled', async () => {
    const page = await open(AttentionHost.of('sasrec'));
    const { cellWidth, cellHeight } = await geometryOf(page);
    /** The share of a cell's pixels that are painted at all. */
    const inside = async (row: number, column: number): Promise<number> => {
      const box = [column * cellWidth + 2, row * cellHeight + 2, cellWidth - 4, cellHeight - 4];
      const opacities = (await pixelsIn(page, box)).filter((_, index) => index % 4 === 3);
      return opacities.filter((opacity) => opacity > 0).length / opacities.length;
    };
    expect(await inside(12, 4)).toBe(1);
    const hatched = await inside(4, 12);
    expect(hatched).toBeGreaterThan(0.1);
    expect(hatched).toBeLessThan(0.9);
    await pointAt(page, 4, 12);
    expect(await tooltip(page).innerText()).toContain('which came later');
  });

  test('heads one by one, several as their mean, and other layers', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    const thumbnail = (name: string) => page.locator(`.thumbnail[aria-label^="${name}"]`);
    await thumbnail('Block 1, head 2').click();
    await page.locator('h2', { hasText: 'Block 1 · head 2' }).waitFor();
    await pointAt(page, 10, 10);
    expect(await tooltip(page).innerText()).toContain(`: ${weightOf(host, 0, 10, 10, [1]).toFixed(3)}`);
    await thumbnail('Block 1, head 4').click({ modifiers: ['Shift'] });
    await page.locator('h2', { hasText: 'Block 1 · mean of heads 2, 4' }).waitFor();
    await pointAt(page, 10, 9);
    expect(await tooltip(page).innerText()).toContain(`: ${weightOf(host, 0, 10, 9, [1, 3]).toFixed(3)}`);
    expect(await page.locator('.thumbnail[aria-pressed=true]').count()).toBe(2);
    await thumbnail('Block 1, mean').click();
    await page.locator('h2', { hasText: 'Block 1 · mean of 4 heads' }).waitFor();
  });

  test('the keyboard moves through the cells, and they are spoken', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await view(page).focus();
    await page.keyboard.press('ArrowLeft');
    const spoken = map(page).locator('[aria-live]');
    const title = (index: number): string => host.answered!.history[index]!.title;
    await expect
      .poll(() => spoken.innerText())
      .toBe(`${title(18)} attends to ${title(18)}: ${weightOf(host, 1, 18, 18).toFixed(3)}`);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(() => spoken.innerText()).toContain(`${title(17)} attends to ${title(8)}: `);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.history .line.pinned').getAttribute('data-line')).toBe('17');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.history .line.pinned').count()).toBe(0);
  });

  test('lines join up to 30 positions, and no more', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await page.getByText('lines', { exact: true }).click();
    await page.locator('.joins recsight-picture canvas').waitFor();
    expect(await page.locator('.joins recsight-picture').getAttribute('aria-label')).toContain(
      '19 positions',
    );
    // The colors of the map mean nothing there; its scale does, and nothing does in a table.
    const legend = page.locator('recsight-heat-legend');
    const scale = page.getByText('0–1', { exact: true });
    expect([await legend.count(), await scale.count()]).toEqual([0, 1]);
    await page.getByText('table', { exact: true }).click();
    await page.locator('table.weights').waitFor();
    expect([await legend.count(), await scale.count()]).toEqual([0, 0]);
    await page.getByText('lines', { exact: true }).click();
    await page.getByLabel('Next User (Alt+Right)').click();
    await page.getByText('Lines are available for up to 30 positions.').waitFor();
    expect(await page.getByText('lines', { exact: true }).count()).toBe(0);
  });
});

describe('long histories', () => {
  test('only what is in sight is drawn; list, map and bars scroll together; a pin stays', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await page.getByLabel('Next User (Alt+Right)').click();
    await line(page, 198).waitFor();
    await settled(page);
    expect(await page.locator('.history .line').count()).toBeLessThan(40);
    const size = await map(page).locator('.heat-map-space canvas').boundingBox();
    expect(size!.height).toBeLessThan(900);
    const geometry = await geometryOf(page);
    expect(geometry).toMatchObject({ rows: 199, columns: 199, cellWidth: 10 });
    await line(page, 190).click();
    await page.mouse.move(0, 0);
    await view(page).hover();
    await page.mouse.wheel(0, -2000);
    await line(page, 100).waitFor();
    const aligned = async (index: number): Promise<number> => {
      const [row, frame] = [await line(page, index).boundingBox(), await view(page).boundingBox()];
      const top = await view(page).evaluate(
        (element: unknown) => (element as { scrollTop: number }).scrollTop,
      );
      return row!.y - (frame!.y + index * geometry.cellHeight - top);
    };
    expect(Math.abs(await aligned(100))).toBeLessThan(1);
    await line(page, 100).focus();
    for (let step = 0; step < 9; step++) await page.keyboard.press('PageDown');
    await line(page, 190).waitFor();
    expect(await line(page, 190).getAttribute('class')).toContain('pinned');
  }, 120_000);

  test('the whole map in the corner goes where it is clicked', async () => {
    const page = await open(AttentionHost.of('sasrec'));
    await page.getByLabel('Next User (Alt+Right)').click();
    await line(page, 198).waitFor();
    await settled(page);
    await page.locator('.overview').click({ position: { x: 4, y: 4 } });
    await line(page, 0).waitFor();
    await expect
      .poll(() => view(page).evaluate((element: unknown) => (element as { scrollLeft: number }).scrollLeft))
      .toBe(0);
  });
});

describe('what if', () => {
  test('an item left out: scores, ranks and attention change at once, against what was before', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    const before = host.answered!;
    await line(page, 18).focus();
    await page.keyboard.press('Delete');
    await page.getByText('1 left out').waitFor();
    await page.locator('.history .line.dropped').waitFor();
    await idle(page);
    const after = host.answered!;
    expect(after.history).toHaveLength(18);
    const first = after.recommendations[0]!;
    const known = before.recommendations.find(({ item }) => item === first.item);
    const row = page.locator('.recommendations tbody tr').first();
    expect(await row.innerText()).toContain(first.title);
    if (known) {
      const change = first.score - known.score;
      expect(await row.locator('td').last().innerText()).toBe(
        `${change > 0 ? '▲ +' : '▼ −'}${Math.abs(change).toFixed(4)}`,
      );
    }
    expect(after.target!.rank).not.toBe(before.target!.rank);
    expect(await page.locator('.decision .line').nth(18).locator('.weight').innerText()).toBe('–');
    expect(await page.locator('.decision .delta').count()).toBeGreaterThan(5);
    expect(await page.locator('.recommendations thead th').allTextContents()).toEqual([
      'rank#',
      'moved',
      'item',
      'score',
      'change',
    ]);
    await page.getByText('change', { exact: true }).first().click();
    await page.locator('.tools', { hasText: 'change by your edits' }).waitFor();
    expect(await page.locator('.tools').innerText()).not.toContain('sums to 1');
    await pointAt(page, 17, 17);
    expect(await tooltip(page).innerText()).toContain('from your change');
    await page.getByText('Reset', { exact: true }).click();
    await expect.poll(() => page.locator('.changes').count()).toBe(0);
    await idle(page);
    expect(await page.locator('.recommendations .delta').count()).toBe(0);
  });

  test('another item in the place of one, by keyboard, and back', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await line(page, 16).focus();
    await page.keyboard.press('s');
    await page.locator('.history input').waitFor();
    await page.keyboard.type('Totoro');
    await page.locator('.history [role=option]').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.history .line.swapped').waitFor();
    expect(await page.locator('.history .line.swapped .title').textContent()).toContain('My Neighbor Totoro');
    await expect.poll(() => host.answered!.history[16]!.title).toBe('My Neighbor Totoro');
    await line(page, 16).focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => page.locator('.history .line.swapped').count()).toBe(0);
  });

  test('everything left out is refused with what to do', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    for (let user = 0; user < 2; user++) await page.getByLabel('Next User (Alt+Right)').click();
    await line(page, 4).waitFor();
    await idle(page);
    for (let index = 0; index < 5; index++) {
      await line(page, index).focus();
      await page.keyboard.press('Delete');
      if (index < 4) await expect.poll(() => page.locator('.history .line.dropped').count()).toBe(index + 1);
    }
    await page.getByText('All items of the history are left out. Restore one, or choose Reset.').waitFor();
  });
});

describe('histories', () => {
  test('by id, next and previous, and how far', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await page.getByRole('combobox', { name: 'Find a user by id' }).fill('104');
    await page.getByRole('option', { name: 'u104' }).first().click();
    await page.locator('.strip b', { hasText: 'u104' }).waitFor();
    await expect.poll(() => host.asked.at(-1)!.request.subject.user).toBe(4);
    expect(host.asked.at(-1)!.request.subject.history).toHaveLength(11);
    await page.getByText('all', { exact: true }).click();
    await expect.poll(() => host.asked.at(-1)!.request.subject.history.length).toBe(12);
    expect(host.asked.at(-1)!.request.target).toBeNull();
    await page.locator('h1').click();
    await page.keyboard.press('Alt+ArrowLeft');
    await page.locator('.strip b', { hasText: 'u103' }).waitFor();
  });

  test('one that is put together: added, moved by keys and by dragging, taken out', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await page.getByText('Compose', { exact: true }).click();
    await page.locator('.composed .line').nth(18).waitFor();
    expect(host.asked.at(-1)!.request.subject.user).toBeGreaterThanOrEqual(-1);
    await page.getByRole('combobox', { name: 'Add an item to the history' }).fill('Dumbo');
    await page.getByRole('option', { name: 'Dumbo' }).first().click();
    await expect.poll(() => host.asked.at(-1)!.request.subject.history.length).toBe(20);
    expect(host.asked.at(-1)!.request.subject.user).toBe(-1);
    const added = host.asked.at(-1)!.request.subject.history.at(-1)!;
    await line(page, 19).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => host.asked.at(-1)!.request.subject.history[18]).toBe(added);
    await line(page, 18).dragTo(line(page, 2));
    await expect.poll(() => host.asked.at(-1)!.request.subject.history[2]).toBe(added);
    await line(page, 2).focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => host.asked.at(-1)!.request.subject.history.length).toBe(19);
    await page.getByText('Back to Users', { exact: true }).click();
    await page.locator('.strip b', { hasText: 'u100' }).waitFor();
  });

  test('candidates are added and ranked; an item leads to the projection', async () => {
    const host = AttentionHost.of('din');
    const page = await open(host);
    expect(await page.locator('.candidates li').count()).toBe(6);
    expect(await page.locator('.candidates').innerText()).toContain('top 5 and the next item');
    const next = page.locator('.candidates li').filter({ has: page.getByLabel('The user’s next item') });
    expect(await next.innerText()).toBe(host.answered!.target!.title);
    await page.getByRole('combobox', { name: 'Add a candidate' }).fill('Akira');
    await page.getByRole('option', { name: 'Akira' }).first().click();
    await expect.poll(() => page.locator('.candidates li').count()).toBe(7);
    expect(await page.locator('.candidates li.chosen').innerText()).toBe('Akira');
    await expect.poll(() => geometryOf(page).then(({ columns }) => columns)).toBe(7);
    await line(page, 3).focus();
    await page.keyboard.press('o');
    await expect
      .poll(() => host.opened)
      .toEqual([
        { view: 'projection', run: host.first.run.run, focus: { item: host.answered!.history[3]!.item } },
      ]);
  });
});

describe('every kind of model', () => {
  test('DIN: history by candidates, with the host’s weights', async () => {
    const host = AttentionHost.of('din');
    const page = await open(host);
    expect(await geometryOf(page)).toMatchObject({ rows: 19, columns: 6 });
    await pointAt(page, 5, 2);
    const weight = host.answered!.weights[0]!.values[2 * 19 + 5]!;
    expect(await tooltip(page).innerText()).toContain(`: ${weight.toFixed(3)}`);
    expect(await page.locator('.tools').innerText()).toContain('need not sum to 1');
  });

  test('DIEN: its gates through time as curves', async () => {
    const page = await open(AttentionHost.of('dien'));
    const labels = await page
      .locator('.companion')
      .evaluateAll((all: unknown[]) =>
        all.map((element) =>
          (element as { getAttribute: (name: string) => string }).getAttribute('aria-label'),
        ),
      );
    expect(labels).toEqual(['Update gate', 'Update gate of interests']);
    expect(await page.locator('.companion recsight-picture canvas').count()).toBe(2);
    await page.getByText('curves', { exact: true }).click();
    await page.locator('.map .curves').waitFor();
  });

  test('SUM: slots by steps, writes, and what a candidate attends to', async () => {
    const host = AttentionHost.of('sum');
    const page = await open(host);
    expect(await geometryOf(page)).toMatchObject({ rows: 19, columns: 5 });
    const query = page.locator('.companion', { hasText: 'Candidate’s query' });
    await query.locator('recsight-heat-map').waitFor();
    // The names stand beside their rows.
    const name = (await query.locator('li').first().boundingBox())!;
    expect(name.y).toBe((await query.locator('.heat-map-view').boundingBox())!.y);
    await page.locator('.thumbnail[aria-label="Memory writes"]').click();
    await pointAt(page, 7, 3);
    const weight = host.answered!.weights[1]!.values[7 * 5 + 3]!;
    expect(await tooltip(page).innerText()).toContain(`Slot 4: ${weight.toFixed(3)}`);
    expect(await page.locator('.decision .pane-head').innerText()).toContain('attends most');
  });

  test('two towers: no attention, said so, and contributions with signs', async () => {
    const host = AttentionHost.of('twotower');
    const page = await open(host);
    await page.getByText('twotower has no attention').waitFor();
    const figures = await page.locator('.diverging td:last-child').allInnerTexts();
    const expected = host.answered!.contributions[0]!;
    expect(figures).toHaveLength(expected.length);
    expect(figures.every((text) => /^[+−]/.test(text))).toBe(true);
    const sides = await page
      .locator('.diverging .side')
      .evaluateAll((all: unknown[]) =>
        all.map((element) => (element as { className: string }).className.includes('less')),
      );
    expect(sides).toEqual(expected.map(({ change }) => change < 0));
    await page.getByText('All users', { exact: true }).click();
    await page.locator('.empty', { hasText: 'has no attention' }).waitFor();
  });

  test('two towers: no heads to compare over users, whatever the history', async () => {
    const page = await open(AttentionHost.of('twotower'));
    await page.getByText('twotower has no attention').waitFor();
    await page.locator('vscode-button', { hasText: 'New History' }).click();
    await page.locator('.empty', { hasText: 'New history' }).waitFor();
    await page.getByText('All users', { exact: true }).click();
    await page.locator('.empty', { hasText: 'twotower has no attention' }).waitFor();
    expect(await page.locator('vscode-button', { hasText: 'Analyze Users' }).count()).toBe(0);
  });
});

describe('beside each other', () => {
  test('two runs share a scale and tell where each differs', async () => {
    const second = new ExampleInspector({ model: 'sasrec', name: 'sasrec-wide', seed: 5 });
    const host = new AttentionHost(new ExampleInspector({ model: 'sasrec' }), second);
    const page = await open(host);
    await choose(page, 'Compare with', 'sasrec-wide');
    await page.locator('.attention.compared').waitFor();
    expect(await page.locator('.maps .map').count()).toBe(2);
    expect(await page.locator('recsight-heat-legend').count()).toBe(1);
    expect(await page.locator('.recommendations').count()).toBe(2);
    const names = ['sasrec-movies · best', 'sasrec-wide · best'];
    expect((await page.locator('.decision .bar-name').allTextContents()).map((text) => text.trim())).toEqual(
      names,
    );
    expect((await page.locator('.thumbnails-of').textContent())!.trim()).toBe(names[0]);
    expect(await page.locator('.recommendations thead th').last().textContent()).toBe('vs. other run');
    await line(page, 4).hover();
    await settled(page);
    await choose(page, 'Checkpoint to compare with', 'epoch 2');
    await expect
      .poll(() =>
        host.asked.some(({ source }) => source.run === second.run.run && source.checkpoint === 'epoch-2'),
      )
      .toBe(true);
  });

  test('two runs in one column: the weights of both, and whose they are', async () => {
    const second = new ExampleInspector({ model: 'sasrec', name: 'sasrec-wide', seed: 5 });
    const host = new AttentionHost(new ExampleInspector({ model: 'sasrec' }), second);
    const page = await open(host, { width: 480 });
    await choose(page, 'Compare with', 'sasrec-wide');
    await page.locator('.attention.compared').waitFor();
    expect((await page.locator('.history .bar-name').allTextContents()).map((text) => text.trim())).toEqual([
      'sasrec-movies · best',
      'sasrec-wide · best',
    ]);
    const answer = async (run: string): Promise<number> => {
      const asked = host.asked.findLast(({ source }) => source.run === run)!;
      const { shape, values } = (await host.functions.attend(asked.source, asked.request)).weights[1]!;
      const newest = shape[1]! * shape[2]! - 1;
      return [0, 1, 2, 3].reduce((sum, head) => sum + values[head * shape[1]! * shape[2]! + newest]!, 0) / 4;
    };
    const shown = (await line(page, 18).locator('.weight').allInnerTexts()).map(numberOf);
    expect(shown).toHaveLength(2);
    expect(shown[0]).toBeCloseTo(await answer(host.first.run.run), 3);
    expect(shown[1]).toBeCloseTo(await answer(second.run.run), 3);
  });

  test('two epochs of one run', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await choose(page, 'Compare with', 'another epoch');
    await page.locator('.attention.compared').waitFor();
    expect((await page.locator('.map h3').allTextContents()).map((text) => text.trim())).toEqual([
      'sasrec-movies · best',
      'sasrec-movies · epoch-2',
    ]);
  });
});

describe('all users', () => {
  test('what the heads do, with the number of users and the seed', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await page.getByText('All users', { exact: true }).click();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
    await page.getByText('8 users, sampled with seed 42').waitFor();
    expect(await page.locator('.multiples recsight-picture').count()).toBe(2);
    expect(await page.locator('table.heads').first().locator('tbody tr').count()).toBe(8);
    const header = page.locator('.groups th[scope=col]');
    expect(await header.nth(1).innerText()).toMatch(/1 to 19 items\s*4 users/);
    expect(await page.locator('vscode-dropdown[aria-label="Compare with"]').count()).toBe(0);
  });

  test('numbers stay those of the checkpoint that they were read from', async () => {
    const page = await open(AttentionHost.of('sasrec'));
    await page.getByText('All users', { exact: true }).click();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
    await page.getByText('checkpoint best', { exact: false }).waitFor();
    await choose(page, 'Checkpoint', 'epoch 2');
    await page.getByText('These numbers are from checkpoint best.').waitFor();
    expect(await page.getByText('8 users, sampled').innerText()).toMatch(/checkpoint best$/);
    await page.locator('vscode-button', { hasText: 'Analyze Again' }).click();
    await expect.poll(() => page.getByText('8 users, sampled').innerText()).toMatch(/checkpoint epoch-2$/);
    expect(await page.getByText('These numbers are from').count()).toBe(0);
  });

  test('the slots of a memory are called slots', async () => {
    const page = await open(AttentionHost.of('sum'));
    await page.getByText('All users', { exact: true }).click();
    await page.getByRole('heading', { name: 'Slots across all users' }).waitFor();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
    await page.getByRole('heading', { name: 'Slots', exact: true }).waitFor();
    const corners = await page.locator('table.heads thead th:first-child').allTextContents();
    expect(corners).toEqual(['slot', 'slot']);
  });

  test('progress is told, and it can be canceled', async () => {
    const host = AttentionHost.of('sasrec');
    let goOn = (): void => undefined;
    host.first.overviewHeld = new Promise((resolve) => (goOn = resolve));
    const page = await open(host);
    await page.getByText('All users', { exact: true }).click();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).click();
    await page.getByText('0 of 8').waitFor();
    await page.locator('vscode-button', { hasText: 'Cancel' }).click();
    await expect.poll(() => host.first.canceled.length).toBe(1);
    goOn();
    await page.locator('vscode-button', { hasText: 'Analyze Users' }).waitFor();
    expect(await page.locator('[role=alert]').count()).toBe(0);
  });
});

describe('files', () => {
  async function exported(page: Page, host: AttentionHost, entry: string): Promise<string | ArrayBuffer> {
    const before = host.saved.length;
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByText(entry).click();
    await expect.poll(() => host.saved.length).toBe(before + 1);
    return host.saved.at(-1)!.content;
  }

  test('JSON holds the weights exactly and short, with items, run and checkpoint', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    const text = (await exported(page, host, 'Save as JSON…')) as string;
    const file = JSON.parse(text) as {
      subject: { user: { id: string } };
      model: {
        run: string;
        checkpoint: string;
        epoch: number;
        history: { title: string }[];
        views: { weights: number[][][] }[];
      };
    };
    expect(host.saved[0]!.fileName).toBe('attention-sasrec-movies-user-u100.json');
    expect(file.model).toMatchObject({ run: host.first.run.id, checkpoint: 'best', epoch: 7 });
    expect(file.model.history.map(({ title }) => title)).toEqual(
      host.answered!.history.map(({ title }) => title),
    );
    const { weights } = file.model.views[1]!;
    const flat = weights.flat(2);
    expect(Float32Array.from(flat)).toEqual(host.answered!.weights[1]!.values);
    expect(flat).toEqual(flat.map(shortestFloat32));
    for (const row of weights[3]!) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  test('SVG is a drawing of shapes and text; PNG is a picture', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    const svg = (await exported(page, host, 'Save as SVG…')) as string;
    const parsed = await page.evaluate((text) => {
      const parser = new (
        globalThis as unknown as { DOMParser: new () => { parseFromString: (...of: string[]) => ParsedXml } }
      ).DOMParser();
      const xml = parser.parseFromString(text, 'image/svg+xml');
      return [
        xml.querySelectorAll('parsererror').length,
        xml.querySelectorAll('image').length,
        xml.querySelectorAll('rect').length,
        xml.querySelectorAll('polygon[fill^="url"]').length,
        ...Array.from(xml.querySelectorAll('text'), ({ textContent }) => textContent),
      ];
      interface ParsedXml {
        querySelectorAll: (of: string) => ArrayLike<{ textContent: string }>;
      }
    }, svg);
    expect(parsed.slice(0, 2)).toEqual([0, 0]);
    // The cells of the lower half with its diagonal, and more.
    expect(parsed[2]).toBeGreaterThan((19 * 20) / 2);
    expect(parsed[3]).toBe(1);
    expect(parsed).toContain('Attention of sasrec-movies for user u100');
    expect(parsed).toContain(host.answered!.recommendations[0]!.title);
    const png = new Uint8Array((await exported(page, host, 'Save as PNG…')) as ArrayBuffer);
    expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(png.length).toBeGreaterThan(10_000);
  });
});

describe('the page', () => {
  test('its state is there again after a reload', async () => {
    const host = AttentionHost.of('sasrec');
    const page = await open(host);
    await page.getByLabel('Next User (Alt+Right)').click();
    await page.getByText('199 items').waitFor();
    await page.locator('.thumbnail[aria-label^="Block 1, head 2"]').click();
    await choose(page, 'Checkpoint', 'epoch 2');
    await page.getByText('0–1', { exact: true }).click();
    await idle(page);
    await page.reload();
    await page.getByText('199 items').waitFor();
    await page.locator('h2', { hasText: 'Block 1 · head 2' }).waitFor();
    expect(host.asked.at(-1)!.source.checkpoint).toBe('epoch-2');
    // By it the extension brings the panel back.
    expect(await page.evaluate('JSON.parse(sessionStorage.getItem("kept state")).subject')).toEqual(SUBJECT);
  });

  test('the frame is there before the data', async () => {
    const host = AttentionHost.of('sasrec');
    let answer = (): void => undefined;
    host.held = new Promise((resolve) => (answer = resolve));
    const panel = await openAtOnce(host);
    await panel.page.locator('.frame').waitFor();
    expect(await panel.page.getByRole('status').innerText()).toContain('loading');
    answer();
    await panel.page.locator('.recommendations').waitFor();
  });

  test('an error: what happened, and trying again', async () => {
    const host = AttentionHost.of('sasrec');
    host.failure = new Error('`weights.safetensors` is cut after 1,024 bytes.');
    const panel = await openAtOnce(host);
    await panel.page.getByText('weights.safetensors is cut after 1,024 bytes.').waitFor();
    host.failure = null;
    await panel.page.locator('vscode-button', { hasText: 'Try Again' }).click();
    await panel.page.locator('.recommendations tbody tr').first().waitFor();
    expect(await panel.page.locator('[role=alert]').count()).toBe(0);
  });

  test('an error that is dismissed says nothing of the history', async () => {
    const host = AttentionHost.of('sasrec');
    host.failure = new Error('`weights.safetensors` is cut after 1,024 bytes.');
    const { page } = await openAtOnce(host);
    await page.locator('vscode-button', { hasText: 'Dismiss' }).click();
    await page.getByRole('heading', { name: 'No results yet' }).waitFor();
    expect(await page.getByText('No items in this history').count()).toBe(0);
    host.failure = null;
    await page.locator('vscode-button', { hasText: 'Try Again' }).click();
    await page.locator('.recommendations tbody tr').first().waitFor();
  });

  test('a run without a checkpoint is explained once it has one', async () => {
    const host = AttentionHost.of('sasrec');
    const { run } = host.first;
    const { checkpoints } = run;
    run.checkpoints = [];
    const { page } = await openAtOnce(host);
    await page.getByText('This run has no checkpoint yet').waitFor();
    const refresh = page.getByRole('button', { name: 'Refresh' });
    run.checkpoints = checkpoints;
    await refresh.click();
    await page.locator('.recommendations tbody tr').first().waitFor();
    expect(await refresh.count()).toBe(0);
  });

  test('another view sends the user to an item', async () => {
    const host = AttentionHost.of('din');
    host.focus = { user: 2, item: 9 };
    const page = await open(host);
    await page.locator('.strip b', { hasText: 'u102' }).waitFor();
    await expect.poll(() => page.locator('.candidates li.chosen').innerText()).toBe('Star Wars');
  });

  test.each([320, 760, 1280, 2560])('nothing is wider than %i pixels', async (width) => {
    const page = await open(AttentionHost.of('sasrec'), { width });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test.each(Object.keys(THEMES) as ThemeName[])('drawn anew in the colors of %s', async (theme) => {
    const page = await open(AttentionHost.of('sasrec'), {
      theme: theme === 'dark-modern' ? 'light-modern' : 'dark-modern',
    });
    await page.mouse.move(0, 0);
    const before = await pixelOf(page, 18, 18);
    await changeTheme(page, theme);
    await expect.poll(() => pixelOf(page, 18, 18)).not.toEqual(before);
  });

  test('bars of less are not of the color of more where the theme’s orange is a blue', async () => {
    const page = await open(AttentionHost.of('twotower'));
    await changeTheme(page, 'high-contrast-light');
    const [red, , blue] = (
      await page.evaluate<string>(
        "getComputedStyle(document.querySelector('.diverging .side.less')).borderTopColor",
      )
    )
      .match(/\d+/g)!
      .map(Number);
    expect(red).toBeGreaterThan(blue!);
  });
});
