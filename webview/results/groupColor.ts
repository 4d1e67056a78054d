import type { MapColors } from '../plot/heatMapColors';

/** The color of a group in all pictures, where its letter stands too. */
export function colorOf({ series }: Pick<MapColors, 'series'>, group: number): string {
  return series[group % series.length]!;
}
