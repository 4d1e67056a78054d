import type { TrainedModelConfig } from '../config/schema';
import { Dien, dienSize } from './dien';
import { Din, dinSize } from './din';
import { Gru4rec, gru4recSize } from './gru4rec';
import type { Model, ModelData, ModelSize, SizeContext } from './model';
import { Sasrec, sasrecSize } from './sasrec';
import { Sum, sumSize } from './sum';
import { TwoTower, twoTowerSize } from './twoTower';

/** Builds the model that a config asks for, with fresh weights drawn from the seed. */
export function createModel(config: TrainedModelConfig, data: ModelData, seed: number): Model {
  switch (config.type) {
    case 'sasrec':
      return new Sasrec(config, data, seed);
    case 'gru4rec':
      return new Gru4rec(config, data, seed);
    case 'sum':
      return new Sum(config, data, seed);
    case 'din':
      return new Din(config, data, seed);
    case 'dien':
      return new Dien(config, data, seed);
    case 'twoTower':
      return new TwoTower(config, data, seed);
  }
}

/** What the model that a config asks for is going to take, before it is built. */
export function modelSize(config: TrainedModelConfig, context: SizeContext): ModelSize {
  switch (config.type) {
    case 'sasrec':
      return sasrecSize(config, context);
    case 'gru4rec':
      return gru4recSize(config, context);
    case 'sum':
      return sumSize(config, context);
    case 'din':
      return dinSize(config, context);
    case 'dien':
      return dienSize(config, context);
    case 'twoTower':
      return twoTowerSize(config, context);
  }
}
