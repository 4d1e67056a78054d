import type { BaselineConfig } from '../../config/models/baselines';
import type { Baseline, Pause, TrainingSequences } from './baseline';
import { ItemKnn } from './itemKnn';
import { Markov } from './markov';
import { Popularity } from './popularity';

/** Fits a baseline to the given sequences. It calls `pause` now and then, also while scores are made later. */
export function createBaseline(
  config: BaselineConfig,
  sequences: TrainingSequences,
  pause?: Pause,
): Promise<Baseline> {
  switch (config.type) {
    case 'popularity':
      return Popularity.fit(sequences, pause);
    case 'itemKnn':
      return ItemKnn.fit(sequences, config, pause);
    case 'markov':
      return Markov.fit(sequences, pause);
  }
}
