import type { Metric } from './metrics/metric';

/** What has to be known of a metric to show and compare its values. */
export type ShownMetric = Pick<Metric, 'title' | 'higherIsBetter'>;

/**
 * The name that results have for a metric of the user: its title and its direction, `Even hits ↑`. Whoever shows or compares runs,
 * from wherever, then needs nothing else of it.
 */
export function ownMetricName({ title, higherIsBetter }: ShownMetric): string {
  return `${title} ${higherIsBetter ? '↑' : '↓'}`;
}

/** What such a name says; undefined for any other. */
export function readOwnMetricName(name: string): ShownMetric | undefined {
  const [, title, direction] = /^(.+) ([↑↓])$/u.exec(name) ?? [];
  return title === undefined ? undefined : { title, higherIsBetter: direction === '↑' };
}
