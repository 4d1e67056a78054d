/** Moves an entry of a list to another place. */
export function moved<Entry>(list: readonly Entry[], from: number, to: number): Entry[] {
  const target = Math.max(0, Math.min(list.length - 1, to));
  const entry = list[from];
  if (entry === undefined) return [...list];
  const others = list.filter((_, index) => index !== from);
  return [...others.slice(0, target), entry, ...others.slice(target)];
}

/** The time between two items for people, such as `3 d`; empty below a minute. */
export function timeGap(earlier: number | null, later: number | null): string {
  if (earlier === null || later === null) return '';
  const minutes = (later - earlier) / 60_000;
  if (minutes < 1) return '';
  if (minutes < 60) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  if (hours < 24) return `${Math.round(hours)} h`;
  const days = hours / 24;
  if (days < 60) return `${Math.round(days)} d`;
  return days < 730 ? `${Math.round(days / 30.44)} mo` : `${Math.round(days / 365.25)} y`;
}
