/** Dotted path → value, for all that is no object. A list is one value. */
export function leavesOf(
  value: object,
  path: readonly string[] = [],
  leaves = new Map<string, unknown>(),
): Map<string, unknown> {
  for (const [name, field] of Object.entries(value) as [string, unknown][]) {
    const place = [...path, name];
    if (typeof field === 'object' && field !== null && !Array.isArray(field)) leavesOf(field, place, leaves);
    else leaves.set(place.join('.'), field);
  }
  return leaves;
}
