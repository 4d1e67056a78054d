import { readTheme } from '../ui/theme';
import { divergingScale, sequentialScale, type MapColors, type Rgb } from './heatMapColors';

let known: { key: string; colors: MapColors } | null = null;

/** Reads the theme; the scales are made anew only when it has changed. */
export function readMapColors(): MapColors {
  const theme = readTheme();
  const focus = getComputedStyle(document.body).getPropertyValue('--vscode-focusBorder').trim();
  const highContrast = document.body.matches('.vscode-high-contrast, .vscode-high-contrast-light');
  const key = JSON.stringify([theme, focus, highContrast]);
  if (known?.key === key) return known.colors;
  const ground = onTop(theme.background, [0, 0, 0]);
  const series = theme.series.map((color) => onTop(color, ground));
  const [blue, , , , , yellow] = theme.own.map((color) => onTop(color, ground));
  const solid = (color: string): string => written(onTop(color, ground));
  const colors: MapColors = {
    background: written(ground),
    foreground: solid(theme.foreground),
    muted: solid(theme.muted),
    line: solid(theme.line),
    hatching: solid(`color-mix(in srgb, ${theme.foreground} 24%, ${theme.background})`),
    focus: solid(focus === '' ? theme.foreground : focus),
    series: series.map(written),
    opposite: solid(theme.opposite),
    highContrast,
    fonts: { words: theme.font, figures: theme.numberFont },
    weights: sequentialScale(ground, blue!, yellow!),
    differences: divergingScale(ground, blue!, onTop(theme.opposite, ground)),
  };
  known = { key, colors };
  return colors;
}

/** What a CSS color, which may be half transparent, is on a background. */
function onTop(color: string, background: Rgb): Rgb {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  for (const fill of [written(background), color]) {
    context.fillStyle = fill;
    context.fillRect(0, 0, 1, 1);
  }
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!];
}

function written([red, green, blue]: Rgb): string {
  return `rgb(${red},${green},${blue})`;
}
