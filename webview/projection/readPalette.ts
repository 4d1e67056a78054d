import { colorBytes } from '../plot/colorBytes';
import type { ColorBytes } from '../plot/colorModel';
import { readTheme } from '../ui/theme';
import type { Palette } from './palette';

/** Of the scale for numbers: finer steps cannot be told apart. */
const SCALE_STEPS = 64;
const NUM_CATEGORIES = 10;
/** Of two categories, as a distance of red, green and blue from 0 to 255. */
const LEAST_DIFFERENCE = 56;
/** Of a point and what is behind it: what WCAG 2.2 asks of graphics (1.4.11). */
const LEAST_CONTRAST = 3;

/**
 * Reads the palette from the theme. The scale goes from a blue near the background to a yellow near the text: the axis of
 * hue that people with any common colour blindness see, with a lightness that only rises (or falls, in a light theme).
 */
export function readPalette(): Palette {
  const { series, foreground, background, muted } = readTheme();
  const mix = (a: string, share: number, b: string): string =>
    `color-mix(in oklab, ${a} ${100 * share}%, ${b})`;
  const [blue, orange, green, purple, red, yellow] = series as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const ground = colorBytes(background);
  const stands = (color: ColorBytes): boolean => contrast(color, ground) >= LEAST_CONTRAST;
  const lows = [mix(blue, 0.55, background), mix(blue, 0.75, background), blue, mix(blue, 0.75, foreground)];
  const low = lows.find((color) => stands(colorBytes(color))) ?? blue;
  const high = mix(yellow, 0.6, foreground);
  return {
    plain: colorBytes(blue),
    muted: colorBytes(mix(muted, 0.55, background)),
    categories: distinct(
      [
        blue,
        orange,
        mix(green, 0.7, foreground),
        mix(purple, 0.85, background),
        yellow,
        red,
        mix(blue, 0.45, foreground),
        mix(orange, 0.55, background),
        mix(green, 0.6, background),
        mix(purple, 0.5, foreground),
        // In place of those that a theme has made alike.
        mix(yellow, 0.55, background),
        mix(red, 0.5, background),
        mix(blue, 0.45, background),
        mix(yellow, 0.5, foreground),
        mix(red, 0.5, foreground),
        foreground,
        mix(red, 0.75, foreground),
        mix(green, 0.4, foreground),
        mix(orange, 0.5, foreground),
        mix(blue, 0.75, background),
      ].map(colorBytes),
      stands,
    ),
    scale: Array.from({ length: SCALE_STEPS }, (_, step) =>
      colorBytes(mix(high, step / (SCALE_STEPS - 1), low)),
    ),
  };
}

/** How much two colours differ in lightness, from 1 to 21 (WCAG 2.2, contrast ratio). */
function contrast(a: ColorBytes, b: ColorBytes): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance of a colour, from 0 to 1 (WCAG 2.2). */
function luminance(color: ColorBytes): number {
  const [red, green, blue] = [color[0], color[1], color[2]].map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * The first ten colours that stand out from what is behind them, and are not next to one before them: in high contrast,
 * several names may mean one colour.
 */
function distinct(colors: readonly ColorBytes[], stands: (color: ColorBytes) => boolean): ColorBytes[] {
  const chosen: ColorBytes[] = [];
  const passed: ColorBytes[] = [];
  for (const color of colors) {
    const near = chosen.some(
      (other) => Math.hypot(color[0] - other[0], color[1] - other[1], color[2] - other[2]) < LEAST_DIFFERENCE,
    );
    (near || !stands(color) ? passed : chosen).push(color);
  }
  return [...chosen, ...passed].slice(0, NUM_CATEGORIES);
}
