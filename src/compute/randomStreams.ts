/**
 * What random numbers are drawn for. A purpose is part of the name of each {@link RandomStream}, so that no two uses of one seed
 * draw the same numbers. A value never changes, and none is used again: it decides what every run draws.
 */
export const STREAMS = {
  /** Initial weights: seed, purpose, place of the variable. */
  initialization: 1,
  /** Order of the examples: seed, purpose, epoch. */
  order: 2,
  /** Training negatives: seed, purpose, epoch, batch. */
  negatives: 3,
  /** Dropout and all else that a step draws: seed, purpose, step. */
  dropout: 4,
  /** Users of a validation that does not count all. No seed: runs are compared by them. */
  validationUsers: 5,
  /** Negatives of an evaluation: its own seed, purpose, user. */
  evaluationNegatives: 6,
  /** Negative histories that are the same in each epoch: seed, purpose. */
  fixedNegatives: 7,
  /** Which positions of a batch are masked, and by what: seed, purpose, epoch, batch. */
  masks: 8,
  /** Users of an overview of attention: purpose, seed. */
  overviewUsers: 11,
  /** What the batch builders of own models draw: seed, purpose, and what they name. */
  ownModels: 0x6f77,
  /** Pairs of rows for the mean cosine of a table. */
  statistics: 0x6573,
  /** Users of a bootstrap: purpose, seed, place of what is resampled. */
  bootstrap: 0x6273,
  /** Swaps of a randomization test: purpose, seed, place of what is tested. */
  swaps: 0x7377,
  /** Initial centers of k-means: seed, purpose, start. */
  kMeans: 0x6b6d,
  /** Rows whose layout is measured. */
  layoutSample: 0x6c6f,
  /** Approximate search for neighbors. */
  neighborGraph: 0x6e67,
  /** Rows of a table that is too large to be drawn. */
  rowSample: 0x7372,
  /** Attraction and repulsion in UMAP: seed, purpose, epoch. */
  umapLayout: 0x756c,
  /** Noise on UMAP's initial points. */
  umapNoise: 0x756d,
} as const;
