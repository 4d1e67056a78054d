import * as tf from '@tensorflow/tfjs-core';
import { sumSchema, type SumConfig } from '../../../src/model/sum/options';
import type { Query } from '../../../src/model/model';
import { Sum } from '../../../src/model/sum/sum';
import type { GoldenCheck, Nested } from '../goldenCheck';

interface Case {
  cell: 'SUM' | 'SUMV2';
  /** With the highway channel. */
  slots: number;
  hidden: number;
  input: number;
  /** Those of writing only for SUMV2. */
  params: Record<string, Nested>;
  /** `[B, T, d]` */
  inputs: number[][][];
  /** Steps of each row; behind them its state stays. */
  lengths: number[];
  /** `[T, B, slots·h + d]`: the state after each step, which is memory slots, highway channel and last input. */
  states: number[][][];
  query_att_W: Nested;
  /** `[B, d]` */
  query: number[][];
  att_res: number[][];
  att_weights: number[][];
}

/** Our names of the cell's parameters. */
const PARAMETERS: Readonly<Record<string, string>> = {
  heads: 'heads',
  erase_W: 'erase/kernel',
  erase_b: 'erase/bias',
  reset_W: 'reset/kernel',
  reset_b: 'reset/bias',
  add_W: 'add/kernel',
  add_b: 'add/bias',
  alpha: 'alpha',
  beta: 'beta',
  writing_W: 'writing/kernel',
  writing_b: 'writing/bias',
  writing_W02: 'writing/heads',
};

/**
 * Microsoft's SUM and SUMV2 cells and the attention of a query over their state, through the model itself: every input and
 * query is an item whose vector it is, histories of 1, 2, … of a row's items show the state after each step, and a head that
 * copies one value of what was read shows that. The last input, which is part of the reference's state, is the item itself.
 */
export const check: GoldenCheck = (fixture, compare) => {
  for (const golden of (fixture as { cases: Case[] }).cases) {
    for (const alpha of ['free', 'exponential', 'softplus'] as const) {
      const name = `${golden.cell}, ${golden.slots} slots, α ${alpha}`;
      const model = modelOf(golden, alpha);
      golden.states.forEach((states, step) => {
        const memory = tf.tidy(() => {
          const { encoded } = model.scoring(queryAfter(golden, step + 1));
          return encoded[0]!.dataSync();
        });
        const expected = states.map((state) => state.slice(0, golden.slots * golden.hidden));
        compare(`${name}: state after step ${step + 1}`, memory, expected);
      });
      compareReading(name, model, golden, compare);
      model.dispose();
    }
  }
};

function compareReading(
  name: string,
  model: Sum,
  golden: Case,
  compare: Parameters<GoldenCheck>[1],
): void {
  const size = golden.lengths.length;
  const numInputs = golden.inputs.flat().length;
  const candidates = Int32Array.from({ length: size }, (_, row) => 1 + numInputs + row);
  // Every candidate is scored for every user; the reference has one for each.
  const own = <T>(values: ArrayLike<T>, width: number): T[] =>
    Array.from({ length: size }, (_, row) =>
      Array.from({ length: width }, (__, index) => values[(row * size + row) * width + index]!),
    ).flat();
  const read = new Float32Array(size * golden.hidden);
  for (let place = 0; place < golden.hidden; place++) {
    const head = new Float32Array(golden.hidden + golden.input);
    head[place] = 1;
    assign(model, 'head/0/kernel', tf.tensor2d(head, [head.length, 1]));
    tf.tidy(() => {
      const scoring = model.scoring(queryAfter(golden, golden.states.length));
      const scores = scoring.score(candidates, (view, weights) => {
        if (view === 'query' && place === 0)
          compare(`${name}: attention of the query`, own(weights.dataSync(), golden.slots), golden.att_weights);
      });
      own(scores.dataSync(), 1).forEach((value, row) => (read[row * golden.hidden + place] = value));
    });
  }
  compare(`${name}: what the query reads`, read, golden.att_res);
}

function modelOf(golden: Case, alpha: SumConfig['alpha']): Sum {
  const config = sumSchema.parse({
    type: 'sum',
    cell: golden.cell,
    slots: golden.slots,
    hiddenSize: golden.hidden,
    itemEmbeddingSize: golden.input,
    alpha,
    layerSizes: [],
  });
  const vectors = [Array<number>(golden.input).fill(0), ...golden.inputs.flat(), ...golden.query];
  const numItems = vectors.length - 1;
  const data = { numUsers: 1, numItems, itemCounts: new Uint32Array(numItems + 1), itemFeatures: [], userFeatures: [] };
  const model = new Sum(config, data, 1);
  assign(model, 'items/id', tf.tensor(vectors));
  assign(model, 'query/kernel', tf.tensor(golden.query_att_W));
  for (const [theirs, value] of Object.entries(golden.params)) {
    const ours = PARAMETERS[theirs];
    if (ours === undefined) throw new Error(`The cell has no parameter ${theirs}.`);
    const tensor = tf.tensor(value);
    assign(model, `cell/${ours}`, ours === 'alpha' ? inverse(tensor, alpha) : tensor);
  }
  return model;
}

/** θ of an α. */
function inverse(value: tf.Tensor, form: SumConfig['alpha']): tf.Tensor {
  if (form === 'free') return value;
  return form === 'exponential' ? tf.log(value) : tf.log(tf.expm1(value));
}

function assign(model: Sum, name: string, values: tf.Tensor): void {
  const variable = model.variables.get(name);
  if (variable === undefined) throw new Error(`The model has no variable ${name}.`);
  variable.assign(values);
}

/** The histories after so many steps. */
function queryAfter({ inputs, lengths }: Case, steps: number): Query {
  const total = inputs[0]!.length;
  const histories = new Int32Array(lengths.length * steps);
  lengths.forEach((length, row) => {
    const taken = Math.min(length, steps);
    for (let step = 0; step < taken; step++)
      histories[(row + 1) * steps - taken + step] = 1 + row * total + step;
  });
  return { size: lengths.length, length: steps, users: new Int32Array(lengths.length), histories };
}
