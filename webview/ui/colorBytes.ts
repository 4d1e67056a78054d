import type { ColorBytes } from './colorModel';

let context: CanvasRenderingContext2D | null = null;
const known = new Map<string, ColorBytes>();

/** What a color of CSS is in bytes: the browser draws it and tells. Whatever CSS can say is understood, mixes included. */
export function colorBytes(color: string): ColorBytes {
  const found = known.get(color);
  if (found) return found;
  if (!context) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    context = canvas.getContext('2d', { willReadFrequently: true })!;
  }
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const bytes = [...context.getImageData(0, 0, 1, 1).data] as unknown as ColorBytes;
  if (known.size > 1000) known.clear();
  known.set(color, bytes);
  return bytes;
}
