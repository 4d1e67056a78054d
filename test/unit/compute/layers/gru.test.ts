import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gru, type GruOutput, type GruParameters, type GruUpdate } from '../../../../src/compute/layers/gru';
import { change, checkLayer, draw, drawMask, expectClose, fill, outputsOf } from '../checkLayer';
import { gru as reference } from '../reference/gru';
import { linear } from '../reference/linear';
import { sigmoid, softmax } from '../reference/special';
import { TEST_BACKENDS, useBackend } from '../useBackend';

const UPDATES: readonly GruUpdate[] = ['gate', 'keep', 'attention', 'attentionGate', 'attentionKeep'];

interface Shape {
  size: number;
  length: number;
  inputSize: number;
  hiddenSize: number;
}

const drawInputs = ({ size, length, inputSize, hiddenSize }: Shape) => ({
  x: draw(size, length, inputSize),
  inputKernel: change(draw(inputSize, 3 * hiddenSize), (value) => value / Math.sqrt(inputSize)),
  inputBias: draw(3 * hiddenSize),
  recurrentKernel: change(draw(hiddenSize, 3 * hiddenSize), (value) => value / Math.sqrt(hiddenSize)),
  recurrentBias: draw(3 * hiddenSize),
});

/** Weights between 0 and 1, as a softmax or a sigmoid makes them. */
const drawAttention = (size: number, length: number) => change(draw(size, length), sigmoid);

interface Run {
  resetAfter: boolean;
  update: GruUpdate;
}

function layer(
  { x, attention, ...parameters }: { x: tf.Tensor3D; attention?: tf.Tensor2D } & GruParameters,
  mask: Float32Array,
  run: Run,
): GruOutput {
  const present = tf.tensor2d(mask, [x.shape[0], x.shape[1]]);
  return gru(x, parameters, present, attention === undefined ? run : { ...run, attention });
}

describe.each(TEST_BACKENDS)('gru on %s', (backend) => {
  useBackend(backend);

  describe.each(UPDATES)('with the update %s', (update) => {
    it.each([
      [1, 1, 1, 1],
      [2, 5, 17, 5],
      [17, 3, 3, 3],
      [1, 2, 63, 65],
      [65, 2, 2, 17],
    ])('%i × %i × %i to %i', async (size, length, inputSize, hiddenSize) => {
      const shape = { size, length, inputSize, hiddenSize };
      for (const resetAfter of [false, true]) {
        const mask = drawMask(size * length);
        const run = { resetAfter, update };
        const inputs = drawInputs(shape);
        if (update.startsWith('attention')) {
          await checkLayer({
            inputs: { ...inputs, attention: drawAttention(size, length) },
            layer: (tensors) => [layer(tensors, mask, run).states],
            reference: (values) => reference(values, { ...shape, ...run, mask }).slice(0, 1),
          });
        } else {
          await checkLayer({
            inputs,
            layer: (tensors) => [layer(tensors, mask, run).states],
            reference: (values) => reference(values, { ...shape, ...run, mask }).slice(0, 1),
          });
        }
      }
    });
  });

  it.each(UPDATES)('says how far each step moved the state with the update %s', async (update) => {
    // More rows than the kernel takes at once, and units that fill no vector.
    const shape = { size: 70, length: 3, inputSize: 2, hiddenSize: 5 };
    for (const resetAfter of [false, true]) {
      const mask = drawMask(210);
      const inputs = { ...drawInputs(shape), attention: drawAttention(70, 3) };
      const run = { resetAfter, update };
      const [movement] = await outputsOf({
        inputs,
        layer: (tensors) => [layer(tensors, mask, run).movement],
      });
      const values = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, array.values]));
      const [, expected] = reference(values as never, { ...shape, ...run, mask });
      expectClose(movement!, expected, 'movement');
      mask.forEach((present, place) => present === 1 || expect(movement![place]).toBe(0));
    }
  });

  it('is 0 where nothing came yet, and copies the state through padding', async () => {
    const shape = { size: 3, length: 4, inputSize: 2, hiddenSize: 5 };
    const mask = Float32Array.of(0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1);
    const [states] = await outputsOf({
      inputs: drawInputs(shape),
      layer: (tensors) => [layer(tensors, mask, { resetAfter: true, update: 'keep' }).states],
    });
    const state = (user: number, step: number) => [
      ...states!.subarray((user * 4 + step) * 5, (user * 4 + step + 1) * 5),
    ];
    for (let step = 0; step < 4; step++) expect(state(0, step)).toEqual([0, 0, 0, 0, 0]);
    expect(state(1, 0)).toEqual([0, 0, 0, 0, 0]);
    expect(state(1, 1)).not.toEqual(state(1, 0));
    expect(state(1, 2)).toEqual(state(1, 1));
    expect(state(1, 3)).toEqual(state(1, 1));
    expect(new Set([0, 1, 2, 3].map((step) => String(state(2, step)))).size).toBe(4);
  });

  it('gives all inputs the gradient 0 where all is padding', async () => {
    const shape = { size: 2, length: 3, inputSize: 2, hiddenSize: 3 };
    const mask = new Float32Array(6);
    await checkLayer({
      inputs: { ...drawInputs(shape), attention: drawAttention(2, 3) },
      layer: (tensors) => [layer(tensors, mask, { resetAfter: false, update: 'attentionGate' }).states],
      reference: (values) =>
        reference(values, { ...shape, resetAfter: false, update: 'attentionGate', mask }).slice(0, 1),
    });
  });

  it('treats every user alike, wherever they stand in the batch', async () => {
    const shape = { size: 5, length: 6, inputSize: 3, hiddenSize: 4 };
    const inputs = drawInputs(shape);
    const mask = drawMask(30);
    const order = [3, 0, 4, 1, 2];
    const permute = (values: Float32Array) => {
      const width = values.length / shape.size;
      return values.map((_, place) => values[order[Math.floor(place / width)]! * width + (place % width)]!);
    };
    const run = { resetAfter: true, update: 'gate' } as const;
    const x = permute(inputs.x.values);
    const [states] = await outputsOf({ inputs, layer: (tensors) => [layer(tensors, mask, run).states] });
    const [permuted] = await outputsOf({
      inputs: { ...inputs, x: change(inputs.x, (_, place) => x[place]!) },
      layer: (tensors) => [layer(tensors, permute(mask), run).states],
    });
    expectClose(permuted!, permute(states!), 'permuted users', 1e-6);
  });

  it.each([true, false])('NaN stays with its user from its step on (reset after: %s)', async (resetAfter) => {
    const shape = { size: 3, length: 4, inputSize: 2, hiddenSize: 3 };
    const inputs = drawInputs(shape);
    const x = change(inputs.x, (value, place) => (place === (1 * 4 + 2) * 2 ? NaN : value));
    const [states] = await outputsOf({
      inputs: { ...inputs, x },
      layer: (tensors) => [
        layer(tensors, new Float32Array(12).fill(1), { resetAfter, update: 'keep' }).states,
      ],
    });
    states!.forEach((value, place) => {
      const position = Math.floor(place / shape.hiddenSize);
      expect(Number.isNaN(value)).toBe(position === 6 || position === 7);
    });
  });

  it.each([1e4, 1e-40])('holds for inputs of the size of %f', async (magnitude) => {
    const shape = { size: 2, length: 5, inputSize: 3, hiddenSize: 4 };
    const inputs = drawInputs(shape);
    const x = change(inputs.x, (value) => value * magnitude);
    const mask = new Float32Array(10).fill(1);
    const run = { resetAfter: false, update: 'gate' } as const;
    const [states] = await outputsOf({
      inputs: { ...inputs, x },
      layer: (tensors) => [layer(tensors, mask, run).states],
    });
    const values = Object.fromEntries(
      Object.entries({ ...inputs, x }).map(([name, array]) => [name, array.values]),
    );
    expectClose(states!, reference(values as never, { ...shape, ...run, mask })[0], 'states');
  });

  it('asks for the attention that an update needs', () => {
    const inputs = fill([1, 1, 1], () => 1);
    expect(() =>
      tf.tidy(() => {
        const x = tf.tensor3d(inputs.values, [1, 1, 1]);
        const parameters = {
          inputKernel: tf.ones<tf.Rank.R2>([1, 3]),
          inputBias: tf.ones<tf.Rank.R1>([3]),
          recurrentKernel: tf.ones<tf.Rank.R2>([1, 3]),
          recurrentBias: tf.ones<tf.Rank.R1>([3]),
        };
        return gru(x, parameters, tf.ones([1, 1]), { resetAfter: true, update: 'attentionGate' }).states;
      }),
    ).toThrow(/attention/);
  });
});

interface Golden {
  keys: number[][][];
  query: number[][];
  lengths: number[];
  extractor: { state_dict: StateDict; rnn_out: number[][][] };
  evolve_AGRU: Evolution;
  evolve_AUGRU: Evolution;
  evolve_GRU: Evolution;
  evolve_AIGRU: Evolution;
}
type StateDict = Record<string, number[] | number[][]>;
interface Evolution {
  state_dict: StateDict;
  out: number[][];
}

describe.each(TEST_BACKENDS)('gru on %s against RecBole', (backend) => {
  useBackend(backend);
  const golden = JSON.parse(readFileSync('test/golden/dien_recbole.json', 'utf8')) as Golden;
  const [size, length, width] = [golden.keys.length, golden.keys[0]!.length, golden.query[0]!.length];
  const mask = Float32Array.from(
    golden.lengths.flatMap((end) => [0, 1, 2, 3, 4, 5].map((t) => (t < end ? 1 : 0))),
  );

  /** PyTorch's `[out, in]` as our `[in, out]`. */
  function parameters(state: StateDict, prefix: string, suffix: string): GruParameters {
    const values = (name: string) => tf.tensor(state[`${prefix}${name}${suffix}`]!);
    return {
      inputKernel: tf.transpose(values('weight_ih') as tf.Tensor2D),
      inputBias: values('bias_ih') as tf.Tensor1D,
      recurrentKernel: tf.transpose(values('weight_hh') as tf.Tensor2D),
      recurrentBias: values('bias_hh') as tf.Tensor1D,
    };
  }

  const states = (x: tf.Tensor3D, weights: GruParameters, update: GruUpdate, attention?: Float64Array) =>
    gru(x, weights, tf.tensor2d(mask, [size, length]), {
      resetAfter: true,
      update,
      ...(attention && { attention: tf.tensor2d(Float32Array.from(attention), [size, length]) }),
    }).states;

  it('interest extractor', async () => {
    const [output] = await outputsOf({
      inputs: {},
      layer: () => {
        const weights = parameters(golden.extractor.state_dict, 'gru.', '_l0');
        const all = states(tf.tensor3d(golden.keys), weights, 'keep');
        // RecBole gives zeros behind the end, where our states go on.
        return [tf.mul(all, tf.tensor3d(mask, [size, length, 1]))];
      },
    });
    expectClose(output!, golden.extractor.rnn_out.flat(2), 'states', 1e-5);
  });

  it.each([
    ['evolve_AGRU', 'attention'],
    ['evolve_AUGRU', 'attentionGate'],
  ] as const)('%s', async (name, update) => {
    const { state_dict: state, out } = golden[name];
    const attention = attentionOf(golden, state);
    const [output] = await outputsOf({
      inputs: {},
      layer: () => {
        const weights = parameters(state, 'dynamic_rnn.rnn.', '');
        const all = states(tf.tensor3d(golden.keys), weights, update, attention);
        return [tf.slice(all, [0, length - 1, 0], [size, 1, width])];
      },
    });
    expectClose(output!, out.flat(), 'last states', 1e-5);
  });
});

/** RecBole's sequence attention of the query to each key, in float64. */
function attentionOf({ keys, query, lengths }: Golden, state: StateDict): Float64Array {
  const dense = (x: number[] | Float64Array, name: string, activation: 'none' | 'sigmoid') => {
    const rows = state[`attention_layer.${name}.weight`] as number[][];
    const kernel = rows[0]!.flatMap((_, column) => rows.map((row) => row[column]!));
    const bias = state[`attention_layer.${name}.bias`] as number[];
    return linear(x, kernel, bias, rows[0]!.length, rows.length, activation);
  };
  const weights = keys.flatMap((positions, user) => {
    const q = query[user]!;
    const logits = positions.map((k) => {
      const input = [
        ...q,
        ...k,
        ...q.map((value, i) => value - k[i]!),
        ...q.map((value, i) => value * k[i]!),
      ];
      const hidden = dense(
        dense(input, 'att_mlp_layers.mlp_layers.1', 'sigmoid'),
        'att_mlp_layers.mlp_layers.4',
        'sigmoid',
      );
      return dense(hidden, 'dense', 'none')[0]! / Math.sqrt(q.length);
    });
    return [...softmax(logits, (t) => t < lengths[user]!)];
  });
  return Float64Array.from(weights);
}
