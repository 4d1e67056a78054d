import { contrast } from '../ui/colorDistance';
import type { ColorBytes } from '../ui/colorModel';
import type { PainterFonts } from './painter';

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Colors from the lowest to the highest value. */
export interface ColorScale {
  /** `rgb(…)`, 256 of them. */
  colors: readonly string[];
  /** Of each color, whether black text has more contrast with it than white. */
  takesDarkText: readonly boolean[];
  /** The same colors, `[256, 3]`. */
  bytes: Uint8ClampedArray;
}

/** What heat maps are drawn with, from the theme as it is now; opaque, as `rgb(…)`, so that any program can read them. */
export interface MapColors {
  background: string;
  foreground: string;
  muted: string;
  line: string;
  /** Of what cannot be attended to. */
  hatching: string;
  /** Of what the pointer is at. */
  focus: string;
  /** Of lines, in the order of the charts. */
  series: readonly string[];
  /** Of what goes the other way than what is drawn in the first of them. */
  opposite: string;
  /** Whether the user asked for high contrast: then nothing that is drawn may be faint. */
  highContrast: boolean;
  fonts: PainterFonts;
  weights: ColorScale;
  differences: ColorScale;
}

/** Lightness from 0 to 1, and two coordinates of hue, of the color space OKLab (Ottosson, 2020). */
type Lab = readonly [number, number, number];

const STEPS = 256;
/** How far apart the samples of a path are before its steps are made even. */
const SAMPLES = 1024;
const BLACK: ColorBytes = [0, 0, 0, 255];
const WHITE: ColorBytes = [255, 255, 255, 255];

/**
 * A scale for weights: from nearly the background to its opposite in lightness, through the theme's blue and yellow. Lightness
 * changes in one direction only, so that it reads alike without color; equal steps of the scale are equal steps to the
 * eye, as OKLab measures them.
 */
export function sequentialScale(background: Rgb, blue: Rgb, yellow: Rgb): ColorScale {
  const [ground] = toLab(background);
  const dark = ground < 0.5;
  const [from, to] = dark ? [blue, yellow] : [yellow, blue];
  // On black, what is barely lighter could not be seen.
  const [first, last] = dark ? [Math.max(ground + 0.03, 0.2), 0.94] : [ground - 0.02, 0.3];
  const [fromHue, toHue] = [hueOf(from), nearHue(hueOf(to), hueOf(from))];
  return evenScale((share) => {
    const chroma = 0.125 * Math.min(1, share * 2.5);
    return fromPolar(first + (last - first) * share, chroma, fromHue + (toHue - fromHue) * share);
  });
}

/** A scale for differences: nothing is almost the background, less goes to one color and more to the other, alike in lightness. */
export function divergingScale(background: Rgb, less: Rgb, more: Rgb): ColorScale {
  const [ground] = toLab(background);
  const end = ground < 0.5 ? 0.82 : 0.42;
  // A cell without change is still a cell.
  const start = ground + (end - ground) * 0.08;
  const arm = (color: Rgb) =>
    samplesOf((share) => fromPolar(start + (end - start) * share, 0.15 * share, hueOf(color)), STEPS / 2);
  return scaleOf([...arm(less).reverse(), ...arm(more)]);
}

/** The place of a value on a scale, from 0 to 255; the scale ends at `low` and `high`. */
export function colorIndex(value: number, low: number, high: number): number {
  const share = high > low ? (value - low) / (high - low) : 0;
  return Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))));
}

/** Distance of two colors to the eye: Euclidean in OKLab. */
export function colorDistance(a: Rgb, b: Rgb): number {
  return distance(toLab(a), toLab(b));
}

/** 0 is black, 1 is white. */
export function lightnessOf(color: Rgb): number {
  return toLab(color)[0];
}

function evenScale(path: (share: number) => Lab): ColorScale {
  return scaleOf(samplesOf(path, STEPS));
}

/** So many colors along a path, at equal distances from each other. */
function samplesOf(path: (share: number) => Lab, count: number): Lab[] {
  const dense = Array.from({ length: SAMPLES }, (_, i) => path(i / (SAMPLES - 1)));
  const lengths = [0];
  for (let i = 1; i < SAMPLES; i++) lengths.push(lengths[i - 1]! + distance(dense[i - 1]!, dense[i]!));
  const total = lengths[SAMPLES - 1]!;
  let at = 0;
  return Array.from({ length: count }, (_, i) => {
    const wanted = (total * i) / (count - 1);
    while (at < SAMPLES - 1 && lengths[at]! < wanted) at++;
    return dense[at]!;
  });
}

function scaleOf(labs: readonly Lab[]): ColorScale {
  const rgbs = labs.map(toRgb);
  return {
    colors: rgbs.map(([red, green, blue]) => `rgb(${red},${green},${blue})`),
    takesDarkText: rgbs.map((rgb) => {
      const color: ColorBytes = [...rgb, 255];
      return contrast(color, BLACK) >= contrast(color, WHITE);
    }),
    bytes: new Uint8ClampedArray(rgbs.flat()),
  };
}

/** A color that screens have: with less chroma than asked for where there is none so strong. */
function fromPolar(lightness: number, chroma: number, hue: number): Lab {
  const at = (strength: number): Lab => [lightness, strength * Math.cos(hue), strength * Math.sin(hue)];
  const exists = (lab: Lab): boolean => toLinear(lab).every((part) => part >= -0.0005 && part <= 1.0005);
  if (exists(at(chroma))) return at(chroma);
  let [low, high] = [0, chroma];
  for (let step = 0; step < 16; step++) {
    const middle = (low + high) / 2;
    if (exists(at(middle))) low = middle;
    else high = middle;
  }
  return at(low);
}

function hueOf(color: Rgb): number {
  const [, a, b] = toLab(color);
  return Math.atan2(b, a);
}

/** The same hue, by the shorter way from another. */
function nearHue(hue: number, from: number): number {
  const turn = 2 * Math.PI;
  return hue + turn * Math.round((from - hue) / turn);
}

function distance(a: Lab, b: Lab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function toLab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function toLinear([lightness, a, b]: Lab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function toRgb(lab: Lab): Rgb {
  const [red, green, blue] = toLinear(lab);
  return [encoded(red), encoded(green), encoded(blue)];
}

function linear(byte: number): number {
  const share = byte / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function encoded(share: number): number {
  const inside = Math.max(0, Math.min(1, share));
  return Math.round(255 * (inside <= 0.0031308 ? inside * 12.92 : 1.055 * inside ** (1 / 2.4) - 0.055));
}
