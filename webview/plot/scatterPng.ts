import type { Theme } from '../ui/theme';
import type { PlotSize } from './scatterCamera';

/** What is on some canvases, one over the other, under a title, as a PNG file. */
export async function scatterPng(
  layers: readonly HTMLCanvasElement[],
  size: PlotSize,
  lines: readonly string[],
  theme: Theme,
): Promise<ArrayBuffer> {
  const ratio = devicePixelRatio;
  const heading = (16 + 18 * lines.length) * ratio;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio + heading);
  const context = canvas.getContext('2d')!;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of layers) context.drawImage(layer, 0, heading, canvas.width, canvas.height - heading);
  context.textBaseline = 'top';
  lines.forEach((line, i) => {
    context.fillStyle = i === 0 ? theme.foreground : theme.muted;
    context.font = `${i === 0 ? `600 ${13 * ratio}px` : `${11 * ratio}px`} ${theme.font}`;
    context.fillText(line, 12 * ratio, (10 + 18 * i) * ratio);
  });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser could not render the plot; it may be too large.');
  return blob.arrayBuffer();
}
