import { colorBytes } from './colorBytes';
import type { ColorBytes } from './colorModel';
import { distinctColors, oppositeColor } from './distinctColors';

/** The colors and fonts of the editor's theme that a canvas needs; a canvas cannot read CSS variables itself. */
export interface Theme {
  /**
   * Of series: the theme's colors for charts, but where two of them look alike. Neighbors differ in lightness too; used
   * together with dashes.
   */
  series: readonly string[];
  /** The theme's own colors for charts by their order, alike or not: for scales, whose ends have a meaning. */
  own: readonly string[];
  /** Of what goes the other way than what is drawn in the first color of series: its orange, unless that is a blue too. */
  opposite: string;
  foreground: string;
  /** Text of axes. */
  muted: string;
  /** Axes. */
  line: string;
  /** Behind the lines: there, but out of the way in every theme. */
  grid: string;
  background: string;
  font: string;
  /** Font of figures. */
  numberFont: string;
}

const SERIES = ['blue', 'orange', 'green', 'purple', 'red', 'yellow'];
/** Places in `SERIES` of what may be the opposite of the blue, the best first. */
const OPPOSITES = [1, 5, 4, 2, 3];

/** Reads the theme as it is now. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const variable = (...names: string[]): string =>
    names.map((name) => style.getPropertyValue(`--vscode-${name}`).trim()).find((value) => value !== '') ??
    style.color;
  // VS Code's own orange is half transparent, made for a highlight and too pale for a line.
  const own = SERIES.map((name) => opaque(variable(`charts-${name}`)));
  return {
    ...distinctSeries(own, variable('editor-background')),
    own,
    foreground: variable('charts-foreground', 'foreground'),
    muted: variable('descriptionForeground', 'foreground'),
    line: variable('panel-border', 'contrastBorder', 'widget-border', 'charts-lines'),
    grid: fade(variable('charts-lines', 'foreground'), 0.25),
    background: variable('editor-background'),
    font: variable('font-family'),
    numberFont: variable('editor-font-family', 'font-family'),
  };
}

type Series = Pick<Theme, 'series' | 'opposite'>;

let known: (Series & { key: string }) | null = null;

/** Worked out anew only when the theme has changed. */
function distinctSeries(own: readonly string[], background: string): Series {
  const key = [...own, background].join();
  if (known?.key !== key) {
    const colors = distinctColors(own.map(colorBytes), own.length, { background: colorBytes(background) });
    const opposite = oppositeColor(
      colors[0]!,
      OPPOSITES.map((place) => colors[place]!),
    );
    known = { key, series: colors.map(written), opposite: written(opposite) };
  }
  const { series, opposite } = known;
  return { series, opposite };
}

function written([red, green, blue]: ColorBytes): string {
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Keeps `--opposite` of an element, for style sheets: `opposite` of the theme. */
export function provideOpposite(element: HTMLElement): void {
  const set = (): void => element.style.setProperty('--opposite', readTheme().opposite);
  set();
  onThemeChange(set);
}

/** A CSS color with its opacity multiplied, in a form that a canvas takes. */
export function fade(color: string, opacity: number): string {
  return `color-mix(in srgb, ${color} ${opacity * 100}%, transparent)`;
}

function opaque(color: string): string {
  return `rgb(from ${color} r g b / 1)`;
}

/** Calls back when the user changes the theme. Returns what ends it. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  const attributes = { attributes: true, attributeFilter: ['class', 'style', 'data-vscode-theme-id'] };
  // VS Code sets the variables on the root element and names the theme on the body, one after the other.
  observer.observe(document.body, attributes);
  observer.observe(document.documentElement, attributes);
  return () => observer.disconnect();
}
