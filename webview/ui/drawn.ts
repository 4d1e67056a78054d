/**
 * What a page says it has drawn, as performance marks: the live panel its charts and the first step in them, the crosshair of
 * a chart with its values, the map of a projection, the weights and recommendations of a user. `npm run bench -- --work editor`
 * measures by them, and so may anybody in the browser's own profiler.
 */
export type DrawnMark =
  | 'recsight:charts'
  | 'recsight:first-step'
  | 'recsight:crosshair'
  | 'recsight:projection'
  | 'recsight:attention';

const waiting = new Set<DrawnMark>();

/**
 * To be called when the elements of something have been given what they show. Sets the mark as soon as they have drawn it, in
 * the next frame, and the browser has painted that. A page keeps one mark of a name, that of the newest drawing.
 */
export function markDrawn(name: DrawnMark): void {
  if (waiting.has(name)) return;
  waiting.add(name);
  requestAnimationFrame(() => {
    // A message is taken up after the frame that this belongs to.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      waiting.delete(name);
      performance.clearMarks(name);
      performance.mark(name);
    };
    port2.postMessage(null);
  });
}
