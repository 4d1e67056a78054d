import { shownMetric } from '../evaluation/metrics/metrics';
import { thousands } from '../protocol/thousands';

/*
 * How numbers, times and metrics are written wherever RecSight shows them: in the editor, on its pages and in a terminal.
 * Not finite is written `NaN` or `∞`, a minus sign is `−`, and a unit follows its number after a space. Times are ms since
 * 1970, and shown as VS Code's own logs show them: 24 hours, days as `2026-11-21`, in the time zone of who looks.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** What is done in a second, with two significant digits at least: `41`, `3.2`. */
export function formatRate(rate: number): string {
  return rate >= 10 ? rate.toFixed(0) : rate.toPrecision(2);
}

/** Four significant digits: `0.1123`, `12.00`, `3,410`, `1.234e−5`. */
export function formatMetric(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-3)) return minus(value.toExponential(3));
  return size >= 1000 ? formatCount(value) : minus(value.toPrecision(4));
}

/** A whole number with thousands separators: `12,345`. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return minus(thousands(Math.round(value)));
}

/** A difference of two metrics with sign and arrow: `▲ +0.0123`, `▼ −0.0123`, `= 0`. */
export function formatDelta(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value === 0) return '= 0';
  const size = Math.abs(value);
  const text = size >= 1 || size < 0.0001 ? formatMetric(size) : size.toFixed(4);
  return value > 0 ? `▲ +${text}` : `▼ −${text}`;
}

/** A spread around a metric, with as many decimals as the metric has: `0.00073` beside `0.08400`. */
export function formatSpread(spread: number, metric: number): string {
  const [, decimals = ''] = /^−?\d+(?:\.(\d+))?$/.exec(formatMetric(metric)) ?? [];
  return decimals === '' || !Number.isFinite(spread) ? formatMetric(spread) : spread.toFixed(decimals.length);
}

/** An interval, whose ends need no more digits than four decimals: `0.0911 to 0.1049`; empty where there is none. */
export function formatInterval({ low, high }: { low: number | null; high: number | null }): string {
  const end = (value: number): string =>
    Math.abs(value) < 1 ? minus(value.toFixed(4)) : formatMetric(value);
  return low === null || high === null ? '' : `${end(low)} to ${end(high)}`;
}

/** Says of which metrics there are no intervals, those with one reason together. @param reasons by metric */
export function withoutIntervalsText(reasons: Readonly<Record<string, string>>): string[] {
  const metrics = new Map<string, string[]>();
  for (const [metric, reason] of Object.entries(reasons))
    metrics.set(reason, [...(metrics.get(reason) ?? []), formatMetricName(metric)]);
  return [...metrics].map(
    ([reason, names]) => `No interval for ${new Intl.ListFormat('en').format(names)}: ${reason}.`,
  );
}

/** A p-value: `0.012`, `0.40`, `< 0.001`. */
export function formatP(p: number): string {
  if (!Number.isFinite(p)) return formatNonFinite(p);
  return p < 0.001 ? '< 0.001' : p.toFixed(p < 0.1 ? 3 : 2);
}

/** A share of 1 as a percentage without decimals: `35%`. */
export function formatPercent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

/** `512 B`, `1.50 MB`, `2.10 GB`: powers of 1000. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return formatNonFinite(bytes);
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : minus(value.toPrecision(3))} ${units[unit]!}`;
}

/** The two largest units of a span of ms: `0 s`, `45 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return formatNonFinite(ms);
  const span = Math.max(0, Math.round(ms / SECOND) * SECOND);
  const whole = (unit: number, of = Infinity) => Math.floor((span % of) / unit);
  if (span < MINUTE) return `${whole(SECOND)} s`;
  if (span < HOUR) return `${whole(MINUTE)} min ${whole(SECOND, MINUTE)} s`;
  if (span < DAY) return `${whole(HOUR)} h ${whole(MINUTE, HOUR)} min`;
  return `${whole(DAY)} d ${whole(HOUR, DAY)} h`;
}

/** How long ago, as short as a list has room for: `now`, `5 min`, `2 h`, `3 d`, `6 w`. */
export function formatAge(time: number, now: number): string {
  const age = now - time;
  if (age < MINUTE) return 'now';
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h`;
  if (age < 2 * WEEK) return `${Math.floor(age / DAY)} d`;
  return `${Math.floor(age / WEEK)} w`;
}

/** The same for running text: `just now`, `2 h ago`. */
export function formatAgo(time: number, now: number): string {
  const age = formatAge(time, now);
  return age === 'now' ? 'just now' : `${age} ago`;
}

/** A time of day to the second: `14:05:09`. */
export function formatTimeOfDay(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** A day and its time: `2026-11-21 14:05`. */
export function formatMoment(time: number): string {
  const date = new Date(time);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  return `${day} ${hoursAndMinutes(date)}`;
}

/** When something of a list began: `14:05` for today, else `2026-11-21 14:05`. */
export function formatStart(time: number, now: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? hoursAndMinutes(date) : formatMoment(time);
}

/** The same to the second, for what began within one minute: `14:05:09`. */
export function formatExactStart(time: number, now: number): string {
  return `${formatStart(time, now)}:${twoDigits(new Date(time).getSeconds())}`;
}

/** A day that data tell of, `2013-02-28`: data know no time zone, so it is that of UTC. */
export function formatDataDay(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'NaN' : date.toISOString().slice(0, 10);
}

/** Epochs and parts of one: `44`, `3.52`. */
export function formatEpoch(epoch: number): string {
  return String(Number(epoch.toFixed(2)));
}

/** A metric's name as papers write it: `NDCG@10`, `Recall@5`, `MRR`, `LogLoss`. One that is not known stays as it is. */
export function formatMetricName(name: string): string {
  const [, rest = ''] = /^[^@]*(.*)$/s.exec(name) ?? [];
  const metric = shownMetric(name);
  return metric === undefined ? name : metric.title + rest;
}

function hoursAndMinutes(date: Date): string {
  return [date.getHours(), date.getMinutes()].map(twoDigits).join(':');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function formatNonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}

/** `▲ 3`, `▼ 2`, `=`: places, for people. */
export function formatPlaces(gained: number): string {
  if (gained === 0) return '=';
  const places = Number.isInteger(gained) ? String(Math.abs(gained)) : Math.abs(gained).toFixed(1);
  return gained > 0 ? `▲ ${places}` : `▼ ${places}`;
}

/** `12`, or `12.5` between two items with the same score. */
export function formatRank(rank: number): string {
  return Number.isInteger(rank) ? formatCount(rank) : rank.toFixed(1);
}
