import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { createOptimizer, optimizerSize } from '../../../../src/compute/optimizers/createOptimizer';
import { trainingSchema, type OptimizerConfig } from '../../../../src/options/trainingSchema';
import { draw, expectClose, inScope } from '../checkLayer';
import { runOptimizer } from '../reference/optimizers';
import { TEST_BACKENDS, useBackend } from '../useBackend';

type OptimizerInput = NonNullable<NonNullable<z.input<typeof trainingSchema>>['optimizer']>;

const configOf = (optimizer: OptimizerInput): OptimizerConfig =>
  trainingSchema.parse({ optimizer }).optimizer;

/** Every option away from its default at least once. */
const OPTIMIZERS: [input: OptimizerInput, state: string[]][] = [
  [{ type: 'sgd' }, []],
  [{ type: 'sgd', momentum: 0.9 }, ['momentum']],
  [{ type: 'sgd', momentum: 0.8, nesterov: true }, ['momentum']],
  [{ type: 'adam' }, ['m', 'v']],
  [{ type: 'adam', beta1: 0.5, beta2: 0.9, epsilon: 0.1, epsilonHat: true, lazy: true }, ['m', 'v']],
  [{ type: 'adamw' }, ['m', 'v']],
  [{ type: 'adamw', weightDecay: 0.5, epsilon: 0.01, epsilonHat: true }, ['m', 'v']],
  [{ type: 'adagrad' }, ['accumulator']],
  [{ type: 'adagrad', initialAccumulator: 1e-6, epsilon: 1e-2 }, ['accumulator']],
  [{ type: 'rmsprop' }, ['meanSquare']],
  [{ type: 'rmsprop', decay: 0.5, momentum: 0.9, initialMeanSquare: 1 }, ['meanSquare', 'momentum']],
  [{ type: 'rmsprop', centered: true, epsilon: 1e-3 }, ['meanSquare', 'meanGradient']],
  [{ type: 'rmsprop', centered: true, momentum: 0.5 }, ['meanSquare', 'meanGradient', 'momentum']],
  [{ type: 'adadelta' }, ['meanSquare', 'meanSquaredStep']],
  [{ type: 'adadelta', decay: 0.5, epsilon: 1e-3 }, ['meanSquare', 'meanSquaredStep']],
  [{ type: 'ftrl' }, ['accumulator', 'linear']],
  [{ type: 'ftrl', l1: 0.5, l2: 0.3, initialAccumulator: 1 }, ['accumulator', 'linear']],
  [{ type: 'ftrl', learningRatePower: -0.25 }, ['accumulator', 'linear']],
  [{ type: 'ftrl', learningRatePower: 0, l2: 1 }, ['accumulator', 'linear']],
];

describe.each(TEST_BACKENDS)('optimizers on %s', (backend) => {
  useBackend(backend);

  it.each(OPTIMIZERS)('%o follows its definition in float64 over 20 steps', async (input, slots) => {
    const config = configOf(input);
    await inScope(async () => {
      const shape = [5, 3];
      const start = draw(15).values;
      const gradients = Array.from({ length: 20 }, () => draw(15).values);
      // Momentum of a changing rate is another thing in the reference.
      const rates = gradients.map((_, step) => (config.type === 'sgd' ? 0.05 : 0.05 / (1 + 0.1 * step)));
      const expected = runOptimizer(config, start, gradients, rates);

      const variable = tf.variable(tf.tensor(start, shape));
      const variables = new Map([['x', variable]]);
      const optimizer = createOptimizer(config, variables);
      expect([...optimizer.state.keys()]).toEqual(slots.map((slot) => `x/${slot}`));
      expect(optimizerSize(config).state).toBe(slots.length);
      for (const [step, gradient] of gradients.entries()) {
        optimizer.apply(variables, { [variable.name]: tf.tensor(gradient, shape) }, rates[step]!);
        expectClose(await variable.data(), expected[step]!, `after step ${step + 1}`, 2e-5);
      }
      expect(optimizer.step).toBe(20);
      tf.dispose([variable, ...optimizer.state.values()]);
    });
  });

  it.each([
    [{ type: 'sgd' }, 0.2],
    [{ type: 'sgd', momentum: 0.9 }, 0.02],
    [{ type: 'sgd', momentum: 0.9, nesterov: true }, 0.02],
    [{ type: 'adam' }, 0.1],
    [{ type: 'adamw', weightDecay: 1e-4 }, 0.1],
    [{ type: 'adagrad' }, 0.5],
    [{ type: 'rmsprop' }, 0.02],
    [{ type: 'adadelta', epsilon: 1e-4 }, 1],
    [{ type: 'ftrl' }, 1],
  ] as [OptimizerInput, number][])('%o finds the lowest point of a bowl', async (input, learningRate) => {
    await inScope(async () => {
      const target = tf.tensor2d([1, -2, 0.5, 3], [2, 2]);
      const curvature = tf.tensor2d([1, 2, 0.5, 1], [2, 2]);
      const variable = tf.variable(tf.tensor2d([0.3, 0.1, -0.2, 0.4], [2, 2]));
      const variables = new Map([['x', variable]]);
      const optimizer = createOptimizer(configOf(input), variables);
      for (let step = 0; step < 300; step++) {
        const { value, grads } = tf.variableGrads(
          () => tf.sum<tf.Scalar>(tf.mul(curvature, tf.square(tf.sub(variable, target)))),
          [variable],
        );
        optimizer.apply(variables, grads, learningRate);
        tf.dispose([value, grads]);
      }
      const distance = (await tf.max(tf.abs(tf.sub(variable, target))).data())[0]!;
      expect(distance).toBeLessThan(0.05);
      tf.dispose([variable, ...optimizer.state.values()]);
    });
  });

  it.each(OPTIMIZERS)('%o leaves variables without a gradient alone, and leaks nothing', async (input) => {
    await inScope(async () => {
      const [used, unused] = [tf.variable(tf.ones([2, 2])), tf.variable(tf.ones([2]))];
      const variables = new Map<string, tf.Variable>([
        ['used', used],
        ['unused', unused],
      ]);
      const optimizer = createOptimizer(configOf(input), variables);
      const gradient = { [used.name]: tf.ones([2, 2]) };
      optimizer.apply(variables, gradient, 0.01);
      const before = tf.memory().numTensors;
      for (let step = 0; step < 5; step++) optimizer.apply(variables, gradient, 0.01);
      expect(tf.memory().numTensors).toBe(before);
      expect([...(await unused.data())]).toEqual([1, 1]);
      tf.dispose([used, unused, ...optimizer.state.values()]);
    });
  });

  it('FTRL keeps rows without a gradient, and makes weights exactly 0 with l1', async () => {
    await inScope(async () => {
      const variable = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]));
      const variables = new Map([['x', variable]]);
      const optimizer = createOptimizer(configOf({ type: 'ftrl', l1: 1 }), variables);
      optimizer.apply(variables, { [variable.name]: tf.tensor2d([0, 0, 0.1, 0], [2, 2]) }, 0.1);
      expect(Array.from(await variable.data(), (value) => value + 0)).toEqual([1, 2, 0, 0]);
      tf.dispose([variable, ...optimizer.state.values()]);
    });
  });
});
