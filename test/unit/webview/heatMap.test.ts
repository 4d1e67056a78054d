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
  scrollToShow,
  valueAt,
  visibleRange,
  weightScale,
} from '../../../webview/plot/heatMapGeometry';
import { formatWeight } from '../../../webview/plot/formatWeight';
import { SvgPainter } from '../../../webview/plot/svgPainter';
import { drawCells } from '../../../webview/plot/heatMapDrawing';

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
      const differences = colorsOf(divergingScale(background, blue, orange));
      const [less, none, more] = [differences[0]!, differences[128]!, differences[255]!];
      expect(Math.abs(lightnessOf(less) - lightnessOf(more))).toBeLessThan(0.05);
      expect(colorDistance(none, background)).toBeLessThan(0.12);
      // In the light high contrast theme VS Code's orange is a blue: there the signs tell them apart.
      if (orange[0] > orange[2])
        expect(colorDistance(withoutGreenCones(less), withoutGreenCones(more))).toBeGreaterThan(0.1);
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
