/**
 * The candidate that a misspelt name most likely means, or null when none is near. Case, `_`, `-` and spaces do not
 * count, so `learning_rate` finds `learningRate`.
 */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const plain = plainName(name);
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    const target = plainName(candidate);
    // A third of the letters may be wrong.
    const limit = Math.ceil(Math.max(plain.length, target.length) / 3);
    if (Math.abs(plain.length - target.length) > limit) {
      continue;
    }
    const distance = editDistance(plain, target);
    if (distance <= limit && distance < (best?.distance ?? Infinity)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate ?? null;
}

/** A name as it is compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbors that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1);
      }
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
