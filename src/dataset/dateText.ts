/** In UTC, to the minute. */
export function dateText(seconds: number): string {
  const moment = new Date(seconds * 1000);
  return Number.isNaN(moment.getTime())
    ? String(seconds)
    : moment.toISOString().slice(0, 16).replace('T', ' ');
}
