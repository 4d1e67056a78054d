import type { BaselineConfig } from '../../config/models/baselines';
import type { Baseline, Pause, TrainingSequences } from './baseline';
import { ItemKnn } from './itemKnn';
import { Markov } from './markov';
import { Popularity } from './popularity';

/** Fits a baseline to the given sequences. Where making scores takes long, it calls `pause` now and then. */
export function createBaseline(
  config: BaselineConfig,
  sequences: TrainingSequences,
  pause?: Pause,
): Baseline {
  switch (config.type) {
    case 'popularity':
      return new Popularity(sequences);
    case 'itemKnn':
      return new ItemKnn(sequences, config, pause);
    case 'markov':
      return new Markov(sequences);
  }
}
