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
  candidates: 'full';
  /** Number of items in the catalogue. */
  numCandidates: number;
  /** `true`: items of the user's history are left out of the ranking. */
  filterSeen: boolean;
  /** Tied items take the average of the ranks they span. */
  ties: 'average';
  /** Cut-offs k of the metrics. */
  cutoffs: number[];
  /** Users that were ranked. */
  numUsers: number;
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
  const seen = protocol.filterSeen ? 'seen filtered' : 'seen kept';
  return `${protocol.candidates} · LOO · ${seen}`;
}

/** One sentence that says the protocol in full, for hovers, tables and reports. */
export function describeProtocol(protocol: EvaluationProtocol): string {
  return (
    `${protocol.part}, leave-one-out, ranked against all ${protocol.numCandidates} items, ` +
    `items of the history ${protocol.filterSeen ? 'left out' : 'kept'}, ties at average rank, ` +
    `${protocol.numUsers} users`
  );
}
