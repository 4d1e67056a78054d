/*
 * How numbers are written wherever RecSight shows them. Not finite is written `NaN` or `∞`, a minus sign is `−`.
 */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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
  return minus(Math.round(value).toLocaleString('en-US'));
}

/** A difference of two metrics with sign and arrow: `▲ +0.0123`, `▼ −0.0123`, `= 0`. */
export function formatDelta(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  if (value === 0) return '= 0';
  const size = Math.abs(value);
  const text = size >= 1 || size < 0.0001 ? formatMetric(size) : size.toFixed(4);
  return value > 0 ? `▲ +${text}` : `▼ −${text}`;
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

/** The two largest units of a time in ms: `0s`, `45s`, `1m 12s`, `2h 5m`, `3d 4h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return formatNonFinite(ms);
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < MINUTE) return `${seconds}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m ${seconds % MINUTE}s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h ${Math.floor((seconds % HOUR) / MINUTE)}m`;
  return `${Math.floor(seconds / DAY)}d ${Math.floor((seconds % DAY) / HOUR)}h`;
}

/** A metric's name as papers write it: `NDCG@10`, `HR@5`, `MRR`. */
export function formatMetricName(name: string): string {
  return name.toUpperCase();
}

function formatNonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}
