/** Metric name (`ndcg@10`, `hr@5`, `mrr`) → value. */
export type Metrics = Record<string, number>;

/**
 * How a set of metrics was measured. A number without its protocol is not a result:
 * this object is stored with every number and shown as a badge beside it.
 */
export interface EvaluationProtocol {
  /** How the data were cut into training, validation and test. */
  split: 'leaveOneOut';
  /** Which part was ranked. */
  part: 'validation' | 'test';
  /** Which items compete with the held-out one. */
  candidates: 'full' | 'sampled';
  /** Number of items that are ranked: the catalogue, or the held-out item and its negatives. */
  numCandidates: number;
  /** How the negatives were drawn, where not all items are candidates. */
  negatives?: SampledNegatives;
  /** `true`: items of the user's history are left out of the ranking. */
  filterSeen: boolean;
  /** Tied items take the average of the ranks they span. */
  ties: 'average';
  /** Cut-offs k of the metrics. */
  cutoffs: number[];
  /** Users that were ranked. */
  numUsers: number;
}

/** Negatives that are drawn once for each user and kept: distinct, and outside the user's whole history. */
export interface SampledNegatives {
  count: number;
  /** `popularity`: in proportion to an item's training interactions. */
  distribution: 'uniform' | 'popularity';
  seed: number;
}

/** How a baseline is called wherever its numbers are shown. */
export function baselineName(baseline: string): string {
  switch (baseline) {
    case 'itemKnn':
      return 'item-kNN';
    case 'markov':
      return 'Markov';
    default:
      return baseline;
  }
}

/** A short text for a badge, such as `full · LOO · seen filtered`. */
export function protocolBadge(protocol: EvaluationProtocol): string {
  const { negatives } = protocol;
  if (negatives) return `${negatives.count} ${negatives.distribution} negatives · LOO`;
  const seen = protocol.filterSeen ? 'seen filtered' : 'seen kept';
  return `${protocol.candidates} · LOO · ${seen}`;
}

/** One sentence that says the protocol in full, for hovers, tables and reports. */
export function describeProtocol(protocol: EvaluationProtocol): string {
  const { negatives } = protocol;
  if (negatives) {
    return (
      `${protocol.part}, leave-one-out, ranked against ${negatives.count} items that the user never met, drawn ` +
      `${negatives.distribution === 'uniform' ? 'uniformly' : 'by popularity'} with seed ${negatives.seed}, ` +
      `ties at average rank, ${protocol.numUsers} users`
    );
  }
  return (
    `${protocol.part}, leave-one-out, ranked against all ${protocol.numCandidates} items, ` +
    `items of the history ${protocol.filterSeen ? 'left out' : 'kept'}, ties at average rank, ` +
    `${protocol.numUsers} users`
  );
}
