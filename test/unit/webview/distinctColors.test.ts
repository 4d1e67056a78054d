import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colorDistance, contrast, seenColor, VISIONS } from '../../../webview/ui/colorDistance';
import type { ColorBytes } from '../../../webview/ui/colorModel';
import { distinctColors, oppositeColor } from '../../../webview/ui/distinctColors';

const bytes = (hex: string): ColorBytes => [
  parseInt(hex.slice(1, 3), 16),
  parseInt(hex.slice(3, 5), 16),
  parseInt(hex.slice(5, 7), 16),
  255,
];

const NAMES = ['blue', 'orange', 'green', 'purple', 'red', 'yellow'];

/** The colors for charts and the background of a real theme. */
function themeColors(theme: string): { own: ColorBytes[]; background: ColorBytes } {
  const css = readFileSync(new URL(`../../webview/themes/${theme}.css`, import.meta.url), 'utf8');
  const variable = (name: string): ColorBytes =>
    bytes(new RegExp(`--vscode-${name}: (#\\w{6})`).exec(css)![1]!);
  return { own: NAMES.map((name) => variable(`charts-${name}`)), background: variable('editor-background') };
}

describe('the distance of colors', () => {
  test('agrees with the published values of OKLab', () => {
    expect(seenColor([255, 255, 255, 255])).toEqual([
      expect.closeTo(1, 4),
      expect.closeTo(0, 4),
      expect.closeTo(0, 4),
    ]);
    expect(seenColor([255, 0, 0, 255])).toEqual([
      expect.closeTo(0.62796, 4),
      expect.closeTo(0.22486, 4),
      expect.closeTo(0.12585, 4),
    ]);
    expect(contrast([0, 0, 0, 255], [255, 255, 255, 255])).toBeCloseTo(21, 6);
  });

  test('is smaller between red and green for those who lack the cones that tell them apart', () => {
    const [red, green] = [bytes('#d01010'), bytes('#4a7a00')];
    for (const vision of ['protanopia', 'deuteranopia'] as const) {
      expect(colorDistance(red, green, vision)).toBeLessThan(colorDistance(red, green) / 2);
    }
  });

  test('grays are grays to all eyes', () => {
    for (const vision of VISIONS) {
      expect(colorDistance([128, 128, 128, 255], [128, 128, 128, 255], vision)).toBe(0);
      const [, a, b] = seenColor([128, 128, 128, 255], vision);
      expect(Math.hypot(a, b)).toBeLessThan(0.01);
    }
  });
});

describe.each(['dark-modern', 'light-modern', 'high-contrast', 'high-contrast-light'])('in %s', (theme) => {
  const { own, background } = themeColors(theme);

  test.each([6, 10])('%i colors differ from one another and from the background to all eyes', (count) => {
    const colors = distinctColors(own, count, { background });
    expect(colors).toHaveLength(count);
    colors.forEach((color, i) => {
      expect(contrast(color, background)).toBeGreaterThanOrEqual(3);
      for (const other of colors.slice(0, i)) {
        expect(colorDistance(color, other)).toBeGreaterThanOrEqual(13);
        for (const vision of VISIONS) expect(colorDistance(color, other, vision)).toBeGreaterThanOrEqual(5);
      }
    });
  });

  test('the theme’s own colors stay where they can be told apart, and others stay near them', () => {
    const colors = distinctColors(own, own.length, { background });
    expect(colors[0]).toEqual(own[0]);
    colors.forEach((color, place) => expect(colorDistance(color, own[place]!)).toBeLessThan(20));
  });
});

test('the opposite of a color is one that hue alone tells from it, where there is one', () => {
  const [blue, darkBlue, violet, orange] = ['#0063d3', '#0f4a85', '#652d90', '#d18616'].map(bytes) as [
    ColorBytes,
    ColorBytes,
    ColorBytes,
    ColorBytes,
  ];
  expect(oppositeColor(blue, [orange, darkBlue])).toBe(orange);
  expect(oppositeColor(blue, [darkBlue, orange])).toBe(orange);
  expect(oppositeColor(blue, [darkBlue, violet])).toBe(violet);
});

test('whatever the theme has, so many colors come out, and equal ones are set apart', () => {
  const byte = fc.nat(255);
  const color = fc.tuple(byte, byte, byte, fc.constant(255));
  fc.assert(
    fc.property(fc.array(color, { minLength: 1, maxLength: 6 }), color, (own, background) => {
      const colors = distinctColors([...own, own[0]!], 10, { background });
      expect(colors).toHaveLength(10);
      expect(colorDistance(colors[0]!, colors[own.length]!)).toBeGreaterThan(2);
    }),
    { numRuns: 50 },
  );
});
