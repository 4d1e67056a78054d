/**
 * What a page says it has drawn, as performance marks: the live panel its charts and the first step in them, the crosshair of
 * a chart with its values, the map of a projection, the weights and recommendations of a user. The detail of the charts' mark is
 * the last step that they show, as `lastStep`, and whether they have all points or an outline of them, as `complete`. `npm run bench -- --work editor`
 * measures by them, and so may anybody in the browser's own profiler.
 */
export type DrawnMark =
  | 'recsight:charts'
  | 'recsight:first-step'
  | 'recsight:crosshair'
  | 'recsight:projection'
  | 'recsight:attention';
