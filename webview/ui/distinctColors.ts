import { colorDistance, colorOfOkLab, contrast, labDistance, seenColor, VISIONS } from './colorDistance';
import type { ColorBytes } from './colorModel';

/** Of a mark and what is behind it: what WCAG 2.2 asks of graphics (1.4.11). */
const LEAST_CONTRAST = 3;
/** Of two colors of one palette, to the usual eye: seven times what is just seen side by side. */
const LEAST_DISTANCE = 14;
/** To eyes that lack a kind of cone, for whom there are far fewer colors. */
const LEAST_DISTANCE_OF_FEWER = 5;
/** Of two colors that differ in hue alone, to all eyes; the most there is at that lightness and chroma is 18. */
const LEAST_DISTANCE_OF_HUES = 10;
/** Steps of lightness, saturation and hue of the colors to choose from. */
const STEPS = { lightness: 0.05, chroma: 0.06, hues: 20 };

export interface Surroundings {
  background: ColorBytes;
  /** Colors that mean something else. */
  taken?: readonly ColorBytes[];
}

/**
 * So many colors that can be told from one another, from the background and from colors that are taken: the theme's own
 * first. One that looks like another or does not stand out makes place for the nearest one that does not; further ones are
 * as far from all others as they can be.
 */
export function distinctColors(
  own: readonly ColorBytes[],
  count: number,
  { background, taken = [] }: Surroundings,
): ColorBytes[] {
  const used = [background, ...taken].map(candidate);
  const chosen: ColorBytes[] = [];
  /** Made when the theme's own colors do not do. */
  let others: Rated[] | null = null;
  const rated = (): Rated[] =>
    (others ??= allColors()
      .filter(({ color }) => contrast(color, background) >= LEAST_CONTRAST)
      .map((other) => ({ ...other, distance: Math.min(...used.map((one) => distance(one, other))) })));
  const take = (color: Candidate): void => {
    chosen.push(color.color);
    used.push(color);
    for (const other of others ?? []) other.distance = Math.min(other.distance, distance(color, other));
  };
  for (const color of own.slice(0, count)) {
    const wanted = candidate(color);
    const fits =
      contrast(color, background) >= LEAST_CONTRAST && used.every((other) => distance(wanted, other) >= 1);
    take(fits ? wanted : (nearest(wanted, rated()) ?? wanted));
  }
  while (chosen.length < count) take(farthest(rated()) ?? candidate(own[0]!));
  return chosen;
}

/**
 * The first of some colors whose hue alone tells it from another one to all eyes, or else the one that differs most. Two
 * directions of a scale are equally strong, so that lightness cannot tell them apart.
 */
export function oppositeColor(color: ColorBytes, others: readonly ColorBytes[]): ColorBytes {
  const apart = (other: ColorBytes): number =>
    Math.min(...VISIONS.map((vision) => colorDistance(hueAlone(color), hueAlone(other), vision)));
  return others.find((other) => apart(other) >= LEAST_DISTANCE_OF_HUES) ?? best(others, apart) ?? color;
}

/** A color of the same hue, in a lightness and chroma that screens have for every hue. */
function hueAlone(color: ColorBytes): ColorBytes {
  const [, a, b] = seenColor(color);
  const hue = Math.atan2(b, a);
  return colorOfOkLab(0.7, 0.09 * Math.cos(hue), 0.09 * Math.sin(hue)) ?? color;
}

/** A color as each kind of eye sees it. */
interface Candidate {
  color: ColorBytes;
  seen: readonly (readonly [number, number, number])[];
}

interface Rated extends Candidate {
  /** From what is selected or taken. */
  distance: number;
}

function candidate(color: ColorBytes): Candidate {
  return { color, seen: VISIONS.map((vision) => seenColor(color, vision)) };
}

/** 1 and more when all kinds of eyes can tell two colors apart. */
function distance(a: Candidate, b: Candidate): number {
  let least = Infinity;
  for (let vision = 0; vision < VISIONS.length; vision++) {
    const wanted = vision === 0 ? LEAST_DISTANCE : LEAST_DISTANCE_OF_FEWER;
    least = Math.min(least, labDistance(a.seen[vision]!, b.seen[vision]!) / wanted);
  }
  return least;
}

/** Of those that can be told from what is selected, or as far as there are such. */
function nearest(to: Candidate, others: readonly Rated[]): Rated | null {
  const least = Math.min(1, Math.max(...others.map((other) => other.distance)));
  const apart = others.filter((other) => other.distance >= least);
  return best(apart, (other) => -labDistance(to.seen[0]!, other.seen[0]!));
}

function farthest(others: readonly Rated[]): Rated | null {
  return best(others, (other) => other.distance);
}

function best<Value>(values: readonly Value[], score: (value: Value) => number): Value | null {
  let found: Value | null = null;
  let highest = -Infinity;
  for (const value of values) {
    const own = score(value);
    if (own > highest) [found, highest] = [value, own];
  }
  return found;
}

let all: readonly Candidate[] | null = null;

/** Colors of all lightnesses and hues that a screen shows, but no grays: those mean what has no color. */
function allColors(): readonly Candidate[] {
  if (all) return all;
  const colors: ColorBytes[] = [];
  for (let lightness = 0.3; lightness < 0.95; lightness += STEPS.lightness) {
    for (let chroma = 0.06; chroma < 0.3; chroma += STEPS.chroma) {
      for (let hue = 0; hue < STEPS.hues; hue++) {
        const angle = (2 * Math.PI * hue) / STEPS.hues;
        const color = colorOfOkLab(lightness, chroma * Math.cos(angle), chroma * Math.sin(angle));
        if (color) colors.push(color);
      }
    }
  }
  return (all = colors.map(candidate));
}
