import type { DrawnMark } from '../../src/protocol/drawnMark';

/** What is to be marked after the next frame, with its detail. */
const waiting = new Map<DrawnMark, unknown>();

/**
 * To be called when the elements of something have been given what they show. Sets the mark as soon as they have drawn it, in
 * the next frame, and the browser has painted that. A page keeps one mark of a name, that of the newest drawing.
 * @param detail what is drawn, such as how much of it
 */
export function markDrawn(name: DrawnMark, detail: unknown = null): void {
  const isNew = !waiting.has(name);
  waiting.set(name, detail);
  if (!isNew) return;
  requestAnimationFrame(() => {
    // A message is taken up after the frame that this belongs to.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      performance.clearMarks(name);
      performance.mark(name, { detail: waiting.get(name) });
      waiting.delete(name);
    };
    port2.postMessage(null);
  });
}
