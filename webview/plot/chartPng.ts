import type { Theme } from '../ui/theme';
import type { ChartModel } from './chartModel';

/**
 * The chart as it is on screen, under its title, as a PNG file.
 *
 * @param plot the canvas that it is drawn on
 * @param pixelRatio canvas pixels per CSS pixel
 */
export async function chartPng(
  { title, badge }: ChartModel,
  plot: HTMLCanvasElement,
  theme: Theme,
  pixelRatio: number,
): Promise<ArrayBuffer> {
  const margin = 12 * pixelRatio;
  const heading = 24 * pixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = plot.width + 2 * margin;
  canvas.height = plot.height + heading + 2 * margin;
  const context = canvas.getContext('2d')!;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(plot, margin, margin + heading);
  context.textBaseline = 'top';
  context.fillStyle = theme.foreground;
  context.font = `600 ${13 * pixelRatio}px ${theme.font}`;
  context.fillText(title, margin, margin);
  const badgeStart = margin + context.measureText(title).width + 12 * pixelRatio;
  context.fillStyle = theme.muted;
  context.font = `${11 * pixelRatio}px ${theme.font}`;
  if (badge) context.fillText(badge.text, badgeStart, margin + 2 * pixelRatio);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser could not render the chart; it may be too large.');
  return blob.arrayBuffer();
}
