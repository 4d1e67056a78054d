import type { OptimizerConfig } from '../../../../src/options/trainingSchema';
import type { Values } from './special';

/** Takes one step of one weight. */
export type ScalarOptimizer = (weight: number, gradient: number, learningRate: number) => number;

/** Optimizers of a single weight, one number after the other in float64, as their papers and TensorFlow 1 write them. */
export function scalarOptimizer(config: OptimizerConfig): ScalarOptimizer {
  let steps = 0;
  const kept = { a: 0, b: 0, c: 0 };
  switch (config.type) {
    case 'adam':
    case 'adamw': {
      const { beta1, beta2, epsilon, epsilonHat } = config;
      const decay = config.type === 'adamw' ? config.weightDecay : 0;
      return (weight, gradient, rate) => {
        steps++;
        kept.a = beta1 * kept.a + (1 - beta1) * gradient;
        kept.b = beta2 * kept.b + (1 - beta2) * gradient ** 2;
        const decayed = weight - rate * decay * weight;
        const [first, second] = [kept.a / (1 - beta1 ** steps), kept.b / (1 - beta2 ** steps)];
        // √v + ε, without the correction, is √v̂ + ε/√(1 − β₂ᵗ) with it.
        const added = epsilonHat ? epsilon / Math.sqrt(1 - beta2 ** steps) : epsilon;
        return decayed - (rate * first) / (Math.sqrt(second) + added);
      };
    }
    case 'sgd':
      return (weight, gradient, rate) => {
        const before = kept.a;
        kept.a = config.momentum * before - rate * gradient;
        // Sutskever's form, v ← μv − αg, which is the same at a constant rate.
        return config.nesterov
          ? weight + config.momentum * kept.a - rate * gradient
          : weight + (config.momentum > 0 ? kept.a : -rate * gradient);
      };
    case 'adagrad':
      return (weight, gradient, rate) => {
        kept.a += gradient ** 2;
        return weight - (rate * gradient) / (Math.sqrt(config.initialAccumulator + kept.a) + config.epsilon);
      };
    case 'rmsprop':
      return (weight, gradient, rate) => {
        if (steps++ === 0) kept.a = config.initialMeanSquare;
        kept.a += (1 - config.decay) * (gradient ** 2 - kept.a);
        kept.b += (1 - config.decay) * (gradient - kept.b);
        const variance = kept.a - (config.centered ? kept.b ** 2 : 0);
        kept.c = config.momentum * kept.c + (rate * gradient) / Math.sqrt(variance + config.epsilon);
        return weight - kept.c;
      };
    case 'adadelta':
      return (weight, gradient, rate) => {
        kept.a += (1 - config.decay) * (gradient ** 2 - kept.a);
        const step = (Math.sqrt(kept.b + config.epsilon) / Math.sqrt(kept.a + config.epsilon)) * gradient;
        kept.b += (1 - config.decay) * (step ** 2 - kept.b);
        return weight - rate * step;
      };
    case 'ftrl': {
      const { l1, l2, learningRatePower, initialAccumulator } = config;
      return (weight, gradient, rate) => {
        if (steps++ === 0) kept.a = initialAccumulator;
        const next = kept.a + gradient ** 2;
        const size = (n: number) => n ** -learningRatePower / rate;
        kept.b += gradient - (size(next) - size(kept.a)) * weight;
        kept.a = next;
        if (Math.abs(kept.b) <= l1) return 0;
        return (Math.sign(kept.b) * l1 - kept.b) / (size(next) + 2 * l2);
      };
    }
  }
}

/** Steps of many weights, each by itself; the weights after every step. */
export function runOptimizer(
  config: OptimizerConfig,
  start: Values,
  gradients: readonly Values[],
  learningRates: readonly number[],
): Float64Array[] {
  const optimizers = Array.from(start, () => scalarOptimizer(config));
  let weights = Float64Array.from(start);
  return gradients.map((gradient, step) => {
    weights = weights.map((weight, place) =>
      optimizers[place]!(weight, gradient[place]!, learningRates[step]!),
    );
    return weights;
  });
}
