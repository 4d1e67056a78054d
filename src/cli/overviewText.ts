import type { AttentionOverview } from '../protocol/attention';
import { percent } from '../protocol/percent';
import { sparkline } from './bars';

/** Distances that are drawn. */
const DISTANCES = 20;
/** Heads for which groups have a column. */
const GROUP_HEADS = 6;

/** How heads behave over users, for a terminal. */
export function overviewText({ numUsers, seed, heads, groups }: AttentionOverview): string {
  const width = Math.max(...heads.map(({ label }) => label.length), 4);
  const lines = [
    `${numUsers} users (sampled with seed ${seed}), histories without test items.`,
    '',
    `${'Head'.padEnd(width)}  entropy (nats)  share of max.  mean distance (items)  on the newest  group  weight by distance, 0 to ${DISTANCES - 1}`,
    ...heads.map(({ label, entropy, relativeEntropy, meanDistance, lastShare, cluster, byDistance }) =>
      [
        label.padEnd(width),
        entropy.toFixed(2).padStart(14),
        percent(relativeEntropy).padStart(13),
        meanDistance.toFixed(2).padStart(21),
        percent(lastShare).padStart(13),
        String(cluster + 1).padStart(5),
        sparkline([...byDistance.subarray(0, DISTANCES)]),
      ].join('  '),
    ),
  ];
  const shown = heads.slice(0, GROUP_HEADS);
  const groupWidth = Math.max(...groups.map(({ label }) => label.length), 5);
  lines.push(
    '',
    `Mean distance in items by user group${shown.length < heads.length ? `, first ${GROUP_HEADS} heads` : ''}:`,
  );
  for (const { label, numUsers: size, meanDistance } of groups)
    lines.push(
      `${label.padEnd(groupWidth)}  ${String(size).padStart(6)} users  ${shown
        .map((_, head) => meanDistance[head]!.toFixed(2).padStart(6))
        .join('  ')}`,
    );
  return `${lines.join('\n')}\n`;
}
