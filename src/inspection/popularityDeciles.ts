const DECILES = 10;

/**
 * The popularity decile of each item, 1 being the most popular. Items that occur equally often are in one decile, that of
 * their mean rank.
 * @param counts how often each item occurs in training
 */
export function popularityDeciles(counts: Uint32Array): Uint8Array {
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]!);
  const deciles = new Uint8Array(counts.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && counts[order[end]!] === counts[order[start]!]) end++;
    const meanRank = (start + end - 1) / 2;
    const decile = 1 + Math.floor((DECILES * meanRank) / order.length);
    for (let place = start; place < end; place++) deciles[order[place]!] = decile;
    start = end;
  }
  return deciles;
}
