import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  colorDistance,
  colorIndex,
  divergingScale,
  lightnessOf,
  sequentialScale,
  type ColorScale,
  type MapColors,
  type Rgb,
} from '../../../webview/plot/heatMapColors';
import {
  causalOutline,
  cellAt,
  cellWidthFor,
  differenceScale,
  pooledValues,
  scaleEnds,
  valueAt,
  weightScale,
} from '../../../webview/plot/heatMapGeometry';
import { scrollToShow, visibleRange } from '../../../webview/ui/virtualList';
import { contrast } from '../../../webview/ui/colorDistance';
import { oppositeColor } from '../../../webview/ui/distinctColors';
import { formatWeight } from '../../../webview/plot/formatWeight';
import type { HeatMapData, HeatMapScale } from '../../../webview/plot/heatMapModel';
import { SvgPainter } from '../../../webview/plot/svgPainter';
import { drawCurves } from '../../../webview/plot/curveDrawing';
import { drawJoins } from '../../../webview/plot/joinDrawing';
import type { Painter, Stroke, TextStyle } from '../../../webview/plot/painter';
import { drawCells, drawColumnTitles } from '../../../webview/plot/heatMapDrawing';

/** Backgrounds, blues, oranges and yellows of VS Code's four default themes. */
const THEMES: Record<string, { background: Rgb; blue: Rgb; orange: Rgb; yellow: Rgb }> = {
  dark: { background: [31, 31, 31], blue: [89, 164, 249], orange: [209, 134, 22], yellow: [204, 167, 0] },
  light: { background: [255, 255, 255], blue: [0, 99, 211], orange: [209, 134, 22], yellow: [191, 136, 3] },
  contrast: { background: [0, 0, 0], blue: [89, 164, 249], orange: [171, 90, 0], yellow: [255, 211, 112] },
  contrastLight: {
    background: [255, 255, 255],
    blue: [0, 99, 211],
    orange: [15, 74, 133],
    yellow: [137, 85, 3],
  },
};

function colorsOf({ bytes }: ColorScale): Rgb[] {
  return Array.from({ length: bytes.length / 3 }, (_, i): Rgb => [
    bytes[i * 3]!,
    bytes[i * 3 + 1]!,
    bytes[i * 3 + 2]!,
  ]);
}

/** What someone without the cones for green sees (Machado and others, 2009, full deuteranopia). */
function withoutGreenCones([red, green, blue]: Rgb): Rgb {
  return [
    0.367322 * red + 0.860646 * green - 0.227968 * blue,
    0.280085 * red + 0.672501 * green + 0.047413 * blue,
    -0.01182 * red + 0.04294 * green + 0.968881 * blue,
  ].map((value) => Math.max(0, Math.min(255, Math.round(value)))) as unknown as Rgb;
}

describe.each(Object.entries(THEMES))(
  'the scale for weights, %s',
  (_name, { background, blue, orange, yellow }) => {
    const colors = colorsOf(sequentialScale(background, blue, yellow));

    test('steps are even to the eye', () => {
      const steps = [16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240].map((at) =>
        colorDistance(colors[at]!, colors[at - 16]!),
      );
      expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.35);
    });

    test('lightness goes one way, also for who sees no green', () => {
      for (const seen of [colors, colors.map(withoutGreenCones)]) {
        const lightness = seen.map(lightnessOf);
        const up = lightness.at(-1)! > lightness[0]!;
        for (let i = 8; i < lightness.length; i += 8) {
          expect(up ? lightness[i]! : -lightness[i]!).toBeGreaterThan(
            up ? lightness[i - 8]! : -lightness[i - 8]!,
          );
        }
      }
    });

    test('it begins near the background and ends far from it', () => {
      expect(Math.abs(lightnessOf(colors[0]!) - lightnessOf(background))).toBeLessThan(0.21);
      expect(Math.abs(lightnessOf(colors[255]!) - lightnessOf(background))).toBeGreaterThan(0.6);
    });

    test('less and more are alike in strength and differ, also for who sees no green', () => {
      const opposite = oppositeColor(
        [...blue, 255],
        [orange, yellow].map((color) => [...color, 255]),
      );
      const differences = colorsOf(divergingScale(background, blue, opposite.slice(0, 3) as unknown as Rgb));
      const [less, none, more] = [differences[0]!, differences[128]!, differences[255]!];
      expect(Math.abs(lightnessOf(less) - lightnessOf(more))).toBeLessThan(0.05);
      expect(colorDistance(none, background)).toBeLessThan(0.12);
      expect(colorDistance(less, more)).toBeGreaterThan(0.2);
      expect(colorDistance(withoutGreenCones(less), withoutGreenCones(more))).toBeGreaterThan(0.1);
    });

    test('figures can be read on every color', () => {
      for (const scale of [
        sequentialScale(background, blue, yellow),
        divergingScale(background, blue, yellow),
      ]) {
        colorsOf(scale).forEach((color, index) => {
          const text = scale.takesDarkText[index]! ? 0 : 255;
          expect(contrast([...color, 255], [text, text, text, 255])).toBeGreaterThanOrEqual(4.5);
        });
      }
    });
  },
);

describe('where cells are', () => {
  const geometry = { rows: 20, columns: 20, cellWidth: 10, cellHeight: 22 };

  test('a point is in the cell that is drawn there', () => {
    fc.assert(
      fc.property(
        fc.nat(19),
        fc.nat(19),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (row, column, inside) => {
          const x = (column + inside) * geometry.cellWidth;
          const y = (row + inside) * geometry.cellHeight;
          expect(cellAt(geometry, x, y)).toEqual({ row, column });
        },
      ),
    );
    expect(cellAt(geometry, -1, 5)).toBeNull();
    expect(cellAt(geometry, 200, 5)).toBeNull();
  });

  test('exactly the cells that a window touches are visible', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.integer({ min: 1, max: 300 }), (scroll, window) => {
        const { first, last } = visibleRange(scroll, window, 22, 20);
        for (let cell = 0; cell < 20; cell++) {
          const touches = cell * 22 < scroll + window && (cell + 1) * 22 > scroll;
          expect(cell >= first && cell <= last).toBe(touches);
        }
      }),
    );
  });

  test('a cell is brought into sight with the least scrolling', () => {
    expect(scrollToShow(5, 0, 220, 22)).toBe(0);
    expect(scrollToShow(10, 0, 220, 22)).toBe(22);
    expect(scrollToShow(2, 100, 220, 22)).toBe(44);
  });

  test('cells are as wide as there is room', () => {
    expect(cellWidthFor(440, 20, [10, 22])).toBe(22);
    expect(cellWidthFor(440, 25, [10, 22])).toBe(17);
    expect(cellWidthFor(440, 200, [10, 22])).toBe(10);
  });

  test('the outline holds the cells behind the row, and no other', () => {
    const rows = { first: 3, last: 8 };
    const columns = { first: 2, last: 12 };
    const outline = causalOutline(geometry, rows, columns);
    for (let row = rows.first; row <= rows.last; row++) {
      for (let column = columns.first; column <= columns.last; column++) {
        expect(holds(outline, (column + 0.5) * 10, (row + 0.5) * 22)).toBe(column > row);
      }
    }
    expect(causalOutline(geometry, rows, { first: 0, last: 2 })).toEqual([]);
  });
});

/** Whether a point is in a polygon, by counting the sides to its right. */
function holds(polygon: readonly number[], x: number, y: number): boolean {
  let inside = false;
  const count = polygon.length / 2;
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const [ax, ay, bx, by] = [polygon[i * 2]!, polygon[i * 2 + 1]!, polygon[j * 2]!, polygon[j * 2 + 1]!];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

describe('values', () => {
  const data = { rows: 2, columns: 2, values: Float32Array.of(1, 0.9, 0.25, 0.75), causal: true };

  test('what is behind the row is nothing, not zero', () => {
    expect(valueAt(data, { row: 0, column: 1 })).toBeNaN();
    expect(valueAt(data, { row: 1, column: 0 })).toBe(0.25);
  });

  test('of cells that share a pixel, the value farthest from zero is kept', () => {
    const values = Float32Array.of(0.1, -0.9, 0, 0, 0.2, 0.3, 0, 1, 0.4, 0.1, 0.6, 0.5, 0, 0, 0.7, 0.8);
    const map = { rows: 4, columns: 4, values, causal: false };
    const pool = (from: HeatMapData, rows: number, columns: number) =>
      [...pooledValues(from, { rows, columns })].map((value) => Number(value.toFixed(1)));
    expect(pool(map, 2, 2)).toEqual([-0.9, 1, 0.4, 0.8]);
    expect(pool({ ...map, causal: true }, 2, 2)).toEqual([0.3, NaN, 0.4, 0.8]);
    expect(pool(map, 4, 4)).toEqual([...values].map((value) => Number(value.toFixed(1))));
  });

  test('the scale leaves out the largest fiftieth, and says so', () => {
    const values = Float32Array.from({ length: 100 }, (_, i) => (i === 99 ? 1 : 0.1));
    const scale = weightScale([{ rows: 10, columns: 10, values, causal: false }]);
    expect(scale.high).toBeCloseTo(0.1);
    expect(scale.clipped).toBe(true);
    expect(weightScale([data])).toMatchObject({ low: 0, high: 1, clipped: false });
  });

  test('differences are alike on both sides of nothing', () => {
    const values = Float32Array.of(-0.5, 0, 0.25, 0);
    const scale = differenceScale([{ ...data, causal: false, values }]);
    expect(scale).toEqual({ low: -0.5, high: 0.5, differences: true, clipped: false });
    expect(colorIndex(0, scale.low, scale.high)).toBe(128);
    expect(colorIndex(-9, scale.low, scale.high)).toBe(0);
  });

  test('the ends of a scale say which way values go beyond them', () => {
    const texts = (scale: HeatMapScale) => [scaleEnds(scale).low.text, scaleEnds(scale).high.text];
    const scale = { low: 0, high: 0.5, differences: false, clipped: false };
    expect(texts(scale)).toEqual(['0', '0.500']);
    expect(texts({ ...scale, clipped: true })).toEqual(['0', '≥ 0.500']);
    const change = { low: -0.048, high: 0.048, differences: true, clipped: false };
    expect(texts(change)).toEqual(['−0.048', '+0.048']);
    expect(texts({ ...change, clipped: true })).toEqual(['≤ −0.048', '≥ +0.048']);
  });

  test('weights are written in few figures', () => {
    expect([0, 0.2314, 1, 0.0004, -0.05, 0.05].map((value) => formatWeight(value))).toEqual([
      '0',
      '0.231',
      '1.000',
      '4e−4',
      '−0.050',
      '0.050',
    ]);
    expect(formatWeight(0.05, true)).toBe('+0.050');
    expect(formatWeight(NaN)).toBe('–');
  });
});

describe('above the columns', () => {
  const entries = Array.from({ length: 30 }, (_, index) => ({
    title: `Film ${index + 1}`,
    mark: String(index + 1),
  }));
  const drawn = (cellWidth: number, height: number, focus: number | null): string[] => {
    const painter = new SvgPainter({ words: 'sans', figures: 'mono' });
    const colors = { foreground: 'white', muted: 'gray' } as MapColors;
    drawColumnTitles(painter, entries, cellWidth, height, { left: 0, width: 30 * cellWidth }, focus, colors);
    return [...painter.document(1, 1, '').matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text!);
  };
  const marks = entries.map(({ mark }) => mark);

  test('are titles where there is room', () => {
    expect(drawn(20, 112, null)).toEqual(entries.map(({ title }) => title));
  });

  test('are marks where no title has room, as many as do not touch', () => {
    expect(drawn(20, 24, null)).toEqual(marks);
    expect(drawn(14, 24, null)).toEqual(marks.filter((_, index) => index % 2 === 0));
    expect(drawn(14, 24, 7)).toEqual(
      marks.filter((_, index) => index === 7 || (index % 2 === 0 && index !== 6 && index !== 8)),
    );
  });
});

test('a map as SVG: a rectangle for each weight, a hatching for the future, titles escaped', () => {
  const scale = sequentialScale([31, 31, 31], [89, 164, 249], [204, 167, 0]);
  const colors = { hatching: 'rgb(9,9,9)', muted: 'rgb(1,1,1)', weights: scale } as MapColors;
  const painter = new SvgPainter({ words: 'sans', figures: '"Some Mono"' });
  const data = {
    rows: 3,
    columns: 3,
    values: Float32Array.of(1, 0, 0, 0.5, 0.5, 0, 0.2, 0.3, 0.5),
    causal: true,
  };
  const geometry = { rows: 3, columns: 3, cellWidth: 10, cellHeight: 10 };
  const window = { left: 0, top: 0, width: 30, height: 30 };
  drawCells(painter, data, geometry, window, { low: 0, high: 1, differences: false, clipped: false }, colors);
  painter.text('Tom & <Jerry>\u0001', 1, 2, { color: 'red', size: 11, font: 'figures' });
  const svg = painter.document(30, 30, 'A "map"');
  expect(svg.match(/<rect /g)).toHaveLength(6);
  expect(svg).toContain('fill="url(#hatching-1)"');
  expect(svg).toContain('>Tom &amp; &lt;Jerry&gt;</text>');
  expect(svg).toContain('font-family="&quot;Some Mono&quot;"');
});

/** What a drawing asks its painter for. */
class ListPainter implements Painter {
  readonly lines: { points: readonly number[]; stroke: Stroke }[] = [];
  readonly ribbons: Stroke[] = [];
  readonly texts: { text: string; style: TextStyle }[] = [];

  rectangle(): void {}
  outline(): void {}
  hatch(): void {}
  line(points: readonly number[], stroke: Stroke): void {
    this.lines.push({ points, stroke });
  }
  ribbon(...[, , , , stroke]: Parameters<Painter['ribbon']>): void {
    this.ribbons.push(stroke);
  }
  text(text: string, _x: number, _y: number, style: TextStyle): void {
    this.texts.push({ text, style });
  }
}

test('curves differ in dash from their neighbors, and are named in the color of text beside a piece of them', () => {
  const painter = new ListPainter();
  const colors = { foreground: 'black', series: ['blue', 'orange', 'green'] } as unknown as MapColors;
  const curves = ['first', 'second', 'third'].map((label, series) => ({
    label,
    series,
    values: [0, series, 1],
  }));
  const chart = {
    curves,
    low: 0,
    high: 2,
    xLabel: 'x',
    ends: ['a', 'b'],
    focus: null,
    labelRoom: 100,
  } as const;
  drawCurves(painter, colors, chart, 400, 200);
  const strokes = painter.lines.filter(({ stroke }) => colors.series.includes(stroke.color));
  const [drawn, samples] = [strokes.slice(0, 3), strokes.slice(3)];
  expect(new Set(drawn.map(({ stroke }) => stroke.dash?.join())).size).toBe(3);
  // All end at the same height, so that they are named in their order.
  expect(samples.map(({ stroke }) => stroke)).toEqual(drawn.map(({ stroke }) => stroke));
  for (const { text, style } of painter.texts) {
    if (curves.some(({ label }) => label === text)) expect(style.color).toBe('black');
  }
});

test('in high contrast, the line of the least weight can be seen', () => {
  const faintest = (highContrast: boolean): Stroke => {
    const painter = new ListPainter();
    const colors = { series: ['blue'], opposite: 'orange', highContrast } as unknown as MapColors;
    const data = { rows: 1, columns: 1, values: Float32Array.of(0.03), causal: false };
    const scale = { low: 0, high: 1, differences: false, clipped: false };
    drawJoins(painter, colors, { data, scale, titles: ['a'], focus: { row: null, column: null } }, 400, 22);
    return painter.ribbons[0]!;
  };
  expect(faintest(true).opacity).toBeGreaterThan(0.5);
  expect(faintest(true).width).toBeGreaterThan(1);
  expect(faintest(false).opacity).toBeLessThan(0.4);
});
