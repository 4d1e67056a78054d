import type { ColorBytes } from './colorModel';

/*
 * How different two colors look: Euclidean distance in OKLab (Björn Ottosson, 2020), times 100, so that 2 is about the least
 * that is seen side by side. For eyes that lack a kind of cone, the same of what they see (Machado, Oliveira and Fernandes,
 * "A physiologically-based model for simulation of color vision deficiency", 2009, severity 1).
 */

type Triple = readonly [number, number, number];

/** Kinds of color vision: the usual, and without the cones for long, middle and short waves. */
export const VISIONS = ['usual', 'protanopia', 'deuteranopia', 'tritanopia'] as const;
export type Vision = (typeof VISIONS)[number];

/** What is seen of linear red, green and blue, row by row. */
const SEEN: Record<Exclude<Vision, 'usual'>, readonly Triple[]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** A color in OKLab, as one kind of eye sees it. */
export function seenColor(color: ColorBytes, vision: Vision = 'usual'): Triple {
  const linear = linearLight(color);
  if (vision === 'usual') return okLab(linear);
  const seen = SEEN[vision].map((row) => clamp(dot(row, linear)));
  return okLab(seen as unknown as Triple);
}

/** How different two colors look to one kind of eye. */
export function colorDistance(a: ColorBytes, b: ColorBytes, vision: Vision = 'usual'): number {
  return labDistance(seenColor(a, vision), seenColor(b, vision));
}

export function labDistance(a: Triple, b: Triple): number {
  return 100 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** How much two colors differ in lightness, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(a: ColorBytes, b: ColorBytes): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The color of a lightness and of two axes of hue in OKLab, or null where no screen shows it. */
export function colorOfOkLab(lightness: number, a: number, b: number): ColorBytes | null {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ];
  if (linear.some((value) => value < 0 || value > 1)) return null;
  const bytes = linear.map((value) =>
    Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)),
  );
  return [bytes[0]!, bytes[1]!, bytes[2]!, 255];
}

function okLab(linear: Triple): Triple {
  const long = Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], linear));
  const middle = Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], linear));
  const short = Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], linear));
  const cones: Triple = [long, middle, short];
  return [
    dot([0.2104542553, 0.793617785, -0.0040720468], cones),
    dot([1.9779984951, -2.428592205, 0.4505937099], cones),
    dot([0.0259040371, 0.7827717662, -0.808675766], cones),
  ];
}

/** Relative luminance of a color, from 0 to 1 (WCAG 2.2). */
function luminance(color: ColorBytes): number {
  return dot([0.2126, 0.7152, 0.0722], linearLight(color));
}

function linearLight([red, green, blue]: ColorBytes): Triple {
  return [linearByte(red), linearByte(green), linearByte(blue)];
}

function linearByte(byte: number): number {
  const share = byte / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
