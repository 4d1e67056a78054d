import type { BaselineConfig } from '../../config/models/baselines';
import type { Baseline, TrainingSequences } from './baseline';
import { ItemKnn } from './itemKnn';
import { Markov } from './markov';
import { Popularity } from './popularity';

/** Fits a baseline to the given sequences. */
export function createBaseline(config: BaselineConfig, sequences: TrainingSequences): Baseline {
  switch (config.type) {
    case 'popularity':
      return new Popularity(sequences);
    case 'itemKnn':
      return new ItemKnn(sequences, config);
    case 'markov':
      return new Markov(sequences);
  }
}
