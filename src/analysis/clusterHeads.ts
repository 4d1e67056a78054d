import type { HeadSummary } from './attentionSummary';

/** Heads that are this near to each other on average behave alike. The largest distance is about 1. */
const ALIKE = 0.2;

/**
 * Groups heads, of all layers if they are given together, by how they behave: where their attention falls by distance (in
 * distances of 0, 1, 2–3, 4–7 and so on, so that near ones count more), how spread it is, and what the last item gets. Two
 * groups become one while the mean distance between their heads is below a threshold (average linkage: Sokal and
 * Michener, 1958).
 * @returns the group of each head; groups are numbered from 0 in the order of their first heads
 */
export function clusterHeads(heads: readonly HeadSummary[], threshold = ALIKE): Int32Array {
  const features = heads.map(featuresOf);
  let groups = heads.map((_, head) => [head]);
  for (;;) {
    let nearest = { distance: threshold, first: -1, second: -1 };
    groups.forEach((group, second) => {
      for (let first = 0; first < second; first++) {
        const distance = meanDistance(features, groups[first]!, group);
        if (distance < nearest.distance) nearest = { distance, first, second };
      }
    });
    if (nearest.first < 0) break;
    const { first, second } = nearest;
    groups[first] = [...groups[first]!, ...groups[second]!];
    groups = groups.filter((_, index) => index !== second);
  }
  const labels = new Int32Array(heads.length);
  groups
    .sort((a, b) => Math.min(...a) - Math.min(...b))
    .forEach((group, label) => {
      for (const head of group) labels[head] = label;
    });
  return labels;
}

interface Features {
  /** Shares that add up to 1. */
  distances: number[];
  entropy: number;
  last: number;
}

function featuresOf({ byDistance, relativeEntropy, shareOnLast }: HeadSummary): Features {
  const distances: number[] = [];
  byDistance.forEach((weight, distance) => {
    const bucket = distance === 0 ? 0 : 1 + Math.floor(Math.log2(distance));
    distances[bucket] = (distances[bucket] ?? 0) + Math.abs(weight);
  });
  const sum = distances.reduce((total, weight) => total + weight, 0);
  return {
    distances: distances.map((weight) => (sum > 0 ? weight / sum : 0)),
    entropy: relativeEntropy,
    last: shareOnLast,
  };
}

function meanDistance(features: readonly Features[], a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (const i of a) for (const j of b) sum += distanceBetween(features[i]!, features[j]!);
  return sum / (a.length * b.length);
}

/** The mean of three differences from 0 to 1; that of the distances is the share that lies elsewhere. */
function distanceBetween(a: Features, b: Features): number {
  const length = Math.max(a.distances.length, b.distances.length);
  let elsewhere = 0;
  for (let bucket = 0; bucket < length; bucket++)
    elsewhere += Math.abs((a.distances[bucket] ?? 0) - (b.distances[bucket] ?? 0)) / 2;
  return (elsewhere + Math.abs(a.entropy - b.entropy) + Math.abs(a.last - b.last)) / 3;
}
