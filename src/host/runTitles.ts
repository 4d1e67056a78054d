import type { RunSummary } from '../protocol/run';
import { formatExactStart, formatStart } from '../series/format';

/*
 * How runs are named wherever several may be meant: by their name and when they began. This is the one place that tells equal
 * names apart; lists, panels, messages and pickers take their titles from here.
 */

/** Directory → title, such as `sasrec · 14:05`; no two are equal. */
export function runTitles(runs: readonly RunSummary[], now: number): Map<string, string> {
  const titles = new Map<string, string>();
  for (const [name, namesakes] of groupBy(runs, ({ manifest }) => manifest.name)) {
    for (const [directory, start] of distinctStarts(namesakes, now))
      titles.set(directory, `${name} · ${start}`);
  }
  return titles;
}

/**
 * Directory → when each of some runs began, each as short as tells it from the others: `14:05`, then `14:05:31`.
 * Those that began within one second are counted: `14:05:31 (2)`.
 */
export function distinctStarts(runs: readonly RunSummary[], now: number): Map<string, string> {
  const starts = new Map<string, string>();
  let alike: RunSummary[][] = [[...runs]];
  for (const format of [formatStart, formatExactStart]) {
    const parts = alike.flatMap((group) => [
      ...groupBy(group, ({ manifest }) => format(manifest.createdAt, now)),
    ]);
    for (const [start, [only, ...others]] of parts) {
      if (others.length === 0) starts.set(only!.directory, start);
    }
    alike = parts.map(([, group]) => group).filter(({ length }) => length > 1);
  }
  for (const group of alike) {
    group.sort((a, b) => a.manifest.createdAt - b.manifest.createdAt || (a.directory < b.directory ? -1 : 1));
    group.forEach(({ directory, manifest }, index) => {
      const start = formatExactStart(manifest.createdAt, now);
      starts.set(directory, index === 0 ? start : `${start} (${index + 1})`);
    });
  }
  return starts;
}

function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
