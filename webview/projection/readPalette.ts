import { colorBytes } from '../plot/colorBytes';
import type { ColorBytes } from '../plot/colorModel';
import { readTheme } from '../ui/theme';
import type { Palette } from './palette';

/** Of the scale for numbers: finer steps cannot be told apart. */
const SCALE_STEPS = 64;
const NUM_CATEGORIES = 10;
/** Of two categories, as a distance of red, green and blue from 0 to 255. */
const LEAST_DIFFERENCE = 56;

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
  const low = mix(blue, 0.55, background);
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
      ].map(colorBytes),
    ),
    scale: Array.from({ length: SCALE_STEPS }, (_, step) =>
      colorBytes(mix(high, step / (SCALE_STEPS - 1), low)),
    ),
  };
}

/** The first ten colours that are not next to one before them: in high contrast, several names may mean one colour. */
function distinct(colors: readonly ColorBytes[]): ColorBytes[] {
  const chosen: ColorBytes[] = [];
  const alike: ColorBytes[] = [];
  for (const color of colors) {
    const near = chosen.some(
      (other) => Math.hypot(color[0] - other[0], color[1] - other[1], color[2] - other[2]) < LEAST_DIFFERENCE,
    );
    (near ? alike : chosen).push(color);
  }
  return [...chosen, ...alike].slice(0, NUM_CATEGORIES);
}
