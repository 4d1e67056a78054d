import { colorBytes } from '../ui/colorBytes';
import type { ColorBytes } from '../ui/colorModel';
import { contrast } from '../ui/colorDistance';
import { distinctColors } from '../ui/distinctColors';
import { readTheme } from '../ui/theme';
import { NUM_CATEGORY_COLORS } from './categoryColors';
import type { Palette } from './palette';

/** Of the scale for numbers: finer steps cannot be told apart. */
const SCALE_STEPS = 64;
/** Of a point and what is behind it: what WCAG 2.2 asks of graphics (1.4.11). */
const LEAST_CONTRAST = 3;

/**
 * Reads the palette from the theme. The scale goes from a blue near the background to a yellow near the text: the axis of
 * hue that people with any common color blindness see, with a lightness that only rises (or falls, in a light theme).
 */
export function readPalette(): Palette {
  const { series, own, foreground, background, muted } = readTheme();
  const mix = (a: string, share: number, b: string): string =>
    `color-mix(in oklab, ${a} ${100 * share}%, ${b})`;
  const [blue, , , , , yellow] = own as [string, string, string, string, string, string];
  const ground = colorBytes(background);
  const stands = (color: ColorBytes): boolean => contrast(color, ground) >= LEAST_CONTRAST;
  const lows = [mix(blue, 0.55, background), mix(blue, 0.75, background), blue, mix(blue, 0.75, foreground)];
  const low = lows.find((color) => stands(colorBytes(color))) ?? blue;
  const high = mix(yellow, 0.6, foreground);
  const grays = [0.55, 0.65, 0.75, 1].map((share) => colorBytes(mix(muted, share, background)));
  const others = grays.find(stands) ?? grays.at(-1)!;
  return {
    plain: colorBytes(blue),
    muted: others,
    categories: distinctColors(series.map(colorBytes), NUM_CATEGORY_COLORS, {
      background: ground,
      taken: [others],
    }),
    scale: Array.from({ length: SCALE_STEPS }, (_, step) =>
      colorBytes(mix(high, step / (SCALE_STEPS - 1), low)),
    ),
  };
}
