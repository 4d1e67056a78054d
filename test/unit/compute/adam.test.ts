import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Adam } from '../../../src/compute/adam';
import { useBackend } from './useBackend';

describe('Adam', () => {
  useBackend('cpu');

  it('follows the algorithm of the paper', () => {
    const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };
    const variable = tf.variable(tf.tensor1d([1, -2]));
    const variables = new Map([['x', variable]]);
    const adam = new Adam(variables, settings);
    let [theta, m, v] = [
      [1, -2],
      [0, 0],
      [0, 0],
    ];
    for (let t = 1; t <= 5; t++) {
      const gradient = [0.3 * t, -1 / t];
      adam.apply(variables, { [variable.name]: tf.tensor1d(gradient) });
      m = m.map((value, i) => settings.beta1 * value + (1 - settings.beta1) * gradient[i]!);
      v = v.map((value, i) => settings.beta2 * value + (1 - settings.beta2) * gradient[i]! ** 2);
      theta = theta.map((value, i) => {
        const corrected = m[i]! / (1 - settings.beta1 ** t);
        return (
          value -
          (settings.learningRate * corrected) /
            (Math.sqrt(v[i]! / (1 - settings.beta2 ** t)) + settings.epsilon)
        );
      });
    }
    variable.dataSync().forEach((value, index) => expect(value).toBeCloseTo(theta[index]!, 5));
    expect(adam.step).toBe(5);
    expect([...adam.state.keys()]).toEqual(['x/m', 'x/v']);
  });

  it('leaves variables without a gradient alone and leaks nothing', () => {
    const [used, unused] = [tf.variable(tf.tensor1d([1])), tf.variable(tf.tensor1d([1]))];
    const variables = new Map([
      ['used', used],
      ['unused', unused],
    ]);
    const adam = new Adam(variables, { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    const gradient = { [used.name]: tf.tensor1d([1]) };
    adam.apply(variables, gradient);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 20; step++) adam.apply(variables, gradient);
    expect(tf.memory().numTensors).toBe(before);
    expect(unused.dataSync()[0]).toBe(1);
  });
});
