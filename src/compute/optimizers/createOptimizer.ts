import type * as tf from '@tensorflow/tfjs-core';
import { Adam, type AdamSettings } from '../adam';
import { adadelta, type AdadeltaSettings } from './adadelta';
import { adagrad, type AdagradSettings } from './adagrad';
import { AdamW, type AdamWSettings } from './adamW';
import { ftrl, type FtrlSettings } from './ftrl';
import type { Optimizer } from './optimizer';
import { rmsProp, type RmsPropSettings } from './rmsProp';
import { RuleOptimizer, type UpdateRule } from './ruleOptimizer';
import { sgd, type SgdSettings } from './sgd';

/** Which optimizer, and all that it needs to know but the learning rate. */
export type OptimizerSettings =
  ({ type: 'adam' } & AdamSettings) | ({ type: 'adamw' } & AdamWSettings) | RuleSettings;

type RuleSettings =
  | ({ type: 'sgd' } & SgdSettings)
  | ({ type: 'adagrad' } & AdagradSettings)
  | ({ type: 'rmsprop' } & RmsPropSettings)
  | ({ type: 'adadelta' } & AdadeltaSettings)
  | ({ type: 'ftrl' } & FtrlSettings);

/** The optimizer of these settings. Its state is as large as the variables, as often as {@link optimizerSize} says. */
export function createOptimizer(
  settings: OptimizerSettings,
  variables: ReadonlyMap<string, tf.Variable>,
): Optimizer {
  if (settings.type === 'adam') return new Adam(variables, settings);
  if (settings.type === 'adamw') return new AdamW(variables, settings);
  return new RuleOptimizer(variables, ruleOf(settings));
}

/** Memory of an optimizer, in values for each trained value. */
export function optimizerSize(settings: OptimizerSettings): {
  /** Kept from step to step. */
  state: number;
  /** Needed beside it while a variable is updated. */
  working: number;
} {
  if (settings.type === 'adam') return { state: 2, working: 0 };
  if (settings.type === 'adamw') return { state: 2, working: 1 };
  const state = Object.keys(ruleOf(settings).slots).length;
  return { state, working: WORKING[settings.type] };
}

/** Tensors of the shape of a variable that its update has at once, beside variable, gradient and state. */
const WORKING = { sgd: 2, adagrad: 6, rmsprop: 8, adadelta: 12, ftrl: 16 } as const;

function ruleOf(settings: RuleSettings): UpdateRule {
  switch (settings.type) {
    case 'sgd':
      return sgd(settings);
    case 'adagrad':
      return adagrad(settings);
    case 'rmsprop':
      return rmsProp(settings);
    case 'adadelta':
      return adadelta(settings);
    case 'ftrl':
      return ftrl(settings);
  }
}
