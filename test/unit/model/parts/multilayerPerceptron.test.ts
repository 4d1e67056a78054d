import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../../src/compute/parameters';
import { RandomStream } from '../../../../src/compute/random';
import { createMlp, mlp, type MlpOptions } from '../../../../src/model/parts/multilayerPerceptron';
import { useBackend } from '../../compute/useBackend';

/** The orders of the references, with batch normalization. */
const ORDERS = {
  /** dropout → linear → batch norm → activation */
  recbole: { dropoutAt: 'input', batchNorm: 'beforeActivation' },
  /** Batch norm of the input; then linear → activation → batch norm → dropout, and after the last layer nothing. */
  librecommender: {
    dropoutAt: 'output',
    batchNorm: 'afterActivation',
    batchNormInput: true,
    linearLast: true,
  },
  /** linear → batch norm → dropout → activation */
  deeprec: { dropoutAt: 'beforeActivation', batchNorm: 'beforeActivation' },
} as const satisfies Record<string, Partial<MlpOptions>>;

const ROWS = [
  [1, -2],
  [0.5, 3],
  [-1, 1],
];

/** One layer whose kernel is the identity and whose bias is 0. */
function identityLayer(options: MlpOptions) {
  const parameters = new Parameters(1);
  const layers = createMlp(parameters, 'mlp', 2, [2], options);
  parameters.variables.get('mlp/0/kernel')!.assign(tf.eye(2));
  return { parameters, layers };
}

const run = (options: MlpOptions, training = true): number[] => {
  const { layers } = identityLayer(options);
  return [...mlp(tf.tensor2d(ROWS), layers, { training: training ? new RandomStream(1) : null }).dataSync()];
};

const column = (index: number): number[] => ROWS.map((row) => row[index]!);
const standardized = (values: number[], epsilon: number): number[] => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
};
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const columns = (map: (values: number[]) => number[]): number[] => {
  const [first, second] = [map(column(0)), map(column(1))];
  return first.flatMap((value, row) => [value, second[row]!]);
};
const expectClose = (actual: number[], expected: number[]): void =>
  actual.forEach((value, place) => expect(value).toBeCloseTo(expected[place]!, 5));

describe('a multilayer perceptron', () => {
  useBackend('wasm');

  it.each<[MlpOptions['activation'], (x: number) => number]>([
    ['none', (x) => x],
    ['relu', (x) => Math.max(x, 0)],
    ['sigmoid', sigmoid],
    ['tanh', Math.tanh],
    ['prelu', (x) => (x > 0 ? x : x / 4)],
    ['silu', (x) => x * sigmoid(x)],
  ])('has the activation %s', (activation, expected) => {
    expectClose(run({ activation }), ROWS.flat().map(expected));
    // The same without the kernel that fuses it.
    expectClose(
      run({ activation, dropoutAt: 'beforeActivation', dropout: 0.5 }, false),
      ROWS.flat().map(expected),
    );
  });

  it('has Dice by the statistics of the batch', () => {
    expectClose(
      run({ activation: 'dice' }),
      columns((values) => standardized(values, 1e-9).map((value, row) => sigmoid(value) * values[row]!)),
    );
    // β starts at 0, so that all shares are ½.
    expectClose(
      run({ activation: 'scaledDice' }),
      ROWS.flat().map((x) => x / 2),
    );
  });

  it('normalizes before or after the activation, or the input', () => {
    const before = columns((values) => standardized(values, 1e-5).map((x) => Math.max(x, 0)));
    expectClose(run({ activation: 'relu', ...ORDERS.recbole }), before);
    expectClose(run({ activation: 'relu', ...ORDERS.deeprec }), before);
    expectClose(
      run({ activation: 'relu', batchNorm: 'afterActivation' }),
      columns((values) =>
        standardized(
          values.map((x) => Math.max(x, 0)),
          1e-5,
        ),
      ),
    );
    // The only layer is the last, which is linear there.
    expectClose(
      run({ activation: 'relu', ...ORDERS.librecommender }),
      columns((values) => standardized(values, 1e-5)),
    );
  });

  it('remembers statistics in training, and uses them outside', () => {
    const { parameters, layers } = identityLayer({
      activation: 'none',
      batchNorm: 'beforeActivation',
      decay: 0.5,
    });
    const x = tf.tensor2d(ROWS);
    const statistics = (): number[] => [
      ...parameters.state.get('mlp/0/norm/mean')!.dataSync(),
      ...parameters.state.get('mlp/0/norm/variance')!.dataSync(),
    ];
    mlp(x, layers, { training: null });
    mlp(x, layers, { training: null, statistics: 'batch' });
    expect(statistics()).toEqual([0, 0, 1, 1]);
    mlp(x, layers, { training: new RandomStream(1) });
    const [mean, variance] = [0.5 / 3, (1 + 0.25 + 1) / 3 - (0.5 / 3) ** 2];
    const [firstMean, , firstVariance] = statistics();
    expect(firstMean).toBeCloseTo(mean / 2, 5);
    expect(firstVariance).toBeCloseTo((1 + variance) / 2, 5);
    const output = mlp(tf.tensor2d([[1, 0]]), layers, { training: null }).dataSync();
    expect(output[0]).toBeCloseTo((1 - mean / 2) / Math.sqrt((1 + variance) / 2 + 1e-5), 5);
  });

  it('remembers the unbiased variance if asked, but normalizes by the batch’s own', () => {
    const options = { activation: 'none', batchNorm: 'beforeActivation', decay: 0.5 } as const;
    const { parameters, layers } = identityLayer({ ...options, unbiased: true });
    const output = mlp(tf.tensor2d(ROWS), layers, { training: new RandomStream(1) });
    expectClose(
      [...output.dataSync()],
      columns((values) => standardized(values, 1e-5)),
    );
    const variance = (): number => parameters.state.get('mlp/0/norm/variance')!.dataSync()[0]!;
    const biased = (1 + 0.25 + 1) / 3 - (0.5 / 3) ** 2;
    expect(variance()).toBeCloseTo((1 + 1.5 * biased) / 2, 5);
    // A single row has none: what was remembered moves toward 0, and is no NaN.
    mlp(tf.tensor2d([[7, 8]]), layers, { training: new RandomStream(1) });
    expect(variance()).toBeCloseTo((1 + 1.5 * biased) / 4, 5);
  });

  it('keeps frozen statistics', () => {
    const { parameters, layers } = identityLayer({
      activation: 'none',
      batchNormInput: true,
      frozen: true,
    });
    const output = [...mlp(tf.tensor2d(ROWS), layers, { training: new RandomStream(1) }).dataSync()];
    expectClose(
      output,
      ROWS.flat().map((x) => x / Math.sqrt(1 + 1e-5)),
    );
    expect([...parameters.state.get('mlp/input/norm/mean')!.dataSync()]).toEqual([0, 0]);
  });

  it('drops values of each layer at its own rate', () => {
    const parameters = new Parameters(1);
    const layers = createMlp(parameters, 'mlp', 2, [2, 2], {
      activation: 'none',
      dropout: [0, 0.75],
      dropoutAt: 'output',
    });
    for (const layer of [0, 1]) parameters.variables.get(`mlp/${layer}/kernel`)!.assign(tf.eye(2));
    const ones = tf.ones<tf.Rank.R2>([500, 2]);
    const output = mlp(ones, layers, { training: new RandomStream(1) }).dataSync();
    // What is kept is four times as large; with the rate of either layer in both it would be 16 or 1.
    expect(new Set(output)).toEqual(new Set([0, 4]));
    const kept = output.filter((value) => value > 0).length / output.length;
    expect(kept).toBeGreaterThan(0.2);
    expect(kept).toBeLessThan(0.3);
  });

  it.each(['input', 'beforeActivation', 'output'] as const)(
    'drops values at its %s, only in training',
    (dropoutAt) => {
      const options = { activation: 'none', dropout: 0.5, dropoutAt } as const;
      const dropped = run(options);
      dropped.forEach((value, place) => expect([0, 2 * ROWS.flat()[place]!]).toContain(value));
      expect(dropped).toContain(0);
      expect(run(options, false)).toEqual(ROWS.flat());
      const last = run({ ...options, linearLast: true });
      if (dropoutAt !== 'input') expect(last).toEqual(ROWS.flat());
    },
  );
});
