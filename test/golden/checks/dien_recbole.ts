import * as tf from '@tensorflow/tfjs-core';
import { Parameters } from '../../../src/compute/parameters';
import { RandomStream } from '../../../src/compute/random';
import { dienSchema } from '../../../src/model/dien/options';
import { dienPresets } from '../../../src/model/dien/presets';
import { dinSchema } from '../../../src/model/din/options';
import { dinPresets } from '../../../src/model/din/presets';
import { Dien } from '../../../src/model/dien/dien';
import { createGru } from '../../../src/model/parts/gruLayer';
import { evolutionKeys, evolveInterests, type EvolutionType } from '../../../src/model/dien/interestEvolution';
import { extractInterests } from '../../../src/model/dien/interestExtractor';
import { createTargetAttention } from '../../../src/model/parts/targetAttention';
import { modelData } from '../../unit/model/modelData';
import {
  attendedVectors,
  attentionWeights,
  catalogOf,
  dinOn,
  ownColumns,
  paddingFirst,
  paddingLast,
} from '../attentionModel';
import { shapeOf, type Compare, type GoldenCheck, type Nested } from '../goldenCheck';

type StateDict = Record<string, number[] | number[][]>;

interface Inputs {
  /** `[B, T, D]`, the padding last */
  keys: number[][][];
  neg_keys: number[][][];
  /** `[B, D]` */
  query: number[][];
  lengths: number[];
}

interface Part {
  state_dict: StateDict;
  out: Nested;
}

interface Extractor {
  state_dict: StateDict;
  /** `[B, T, D]` */
  rnn_out: number[][][];
  aux_loss: number;
}

/** What the fixture has beside the parts that were run. */
const NO_PARTS: ReadonlySet<string> = new Set(['source', 'keys', 'neg_keys', 'query', 'lengths']);

/** RecBole's DIEN in its parts. Its linear layers have kernels `[out, in]`, and its GRUs the gates r, u, n. */
export const check: GoldenCheck = (fixture, compare) => {
  const inputs = fixture as Inputs;
  for (const [name, part] of Object.entries(fixture as object)) {
    if (NO_PARTS.has(name)) continue;
    const [kind, ...options] = name.split('_');
    if (kind === 'att') checkAttention(name, inputs, part as Part, options, compare);
    else if (kind === 'evolve') checkEvolution(name, inputs, part as Part, options[0] as EvolutionType, compare);
    else if (kind === 'extractor') checkExtractor(inputs, part as Extractor, compare);
    else throw new Error(`The fixture has a part ${name}, which no check knows.`);
  }
};

/** Attention through our DIN, whose items have the fixture's vectors. */
function checkAttention(
  name: string,
  { keys, query, lengths }: Inputs,
  { state_dict, out }: Part,
  options: string[],
  compare: Compare,
): void {
  const linears = linearLayers(state_dict, 'att_mlp_layers.');
  const config = dinSchema.parse({
    type: 'din',
    preset: 'recbole',
    ...dinPresets.recbole.model,
    maxSequenceLength: keys[0]!.length,
    embeddingSize: query[0]!.length,
    attentionLayers: linears.map(({ bias }) => bias.length),
    attentionSoftmax: options.includes('softmax1'),
    headInputs: ['interest'],
    headLayers: [],
  });
  const { model, query: users, candidates } = dinOn(config, keys, lengths, query);
  load(model.variables, attentionWeightsOf(state_dict, ''));
  if (options.includes('weights1')) {
    const weights = attentionWeights(model, users, candidates).map((row, user) => row[user]!);
    compare(`${name}: weights`, paddingLast(weights, lengths).flat(), out);
  } else {
    compare(`${name}: attended history`, ownColumns(attendedVectors(model, users, candidates)), out);
  }
  model.dispose();
}

/** The interest evolving layer, whose inputs are the fixture's keys. */
function checkEvolution(
  name: string,
  { keys, query, lengths }: Inputs,
  { state_dict, out }: Part,
  type: EvolutionType,
  compare: Compare,
): void {
  const [size, length, width] = shapeOf(keys) as [number, number, number];
  const preset = dienSchema.parse({ type: 'dien', ...dienPresets.recbole.model });
  const parameters = new Parameters(1);
  const attention = createTargetAttention(parameters, 'attention', width, {
    layers: linearLayers(state_dict, 'attention_layer.att_mlp_layers.').map(({ bias }) => bias.length),
    activation: preset.attentionActivation,
    scaled: preset.attentionScale,
    softmax: preset.attentionSoftmax,
    dice: { decay: 0, epsilon: 0 },
  });
  const evolution = {
    type,
    attentionUpdate: preset.attentionUpdate,
    resetAfter: preset.resetGate === 'after',
    attention,
    gru: createGru(parameters, 'evolution', width, width, 'uniform', 0),
  };
  const plain = 'dynamic_rnn.weight_ih_l0' in state_dict;
  load(parameters.variables, {
    ...attentionWeightsOf(state_dict, 'attention_layer.'),
    ...gruWeightsOf(state_dict, plain ? 'dynamic_rnn.' : 'dynamic_rnn.rnn.', plain ? '_l0' : '', 'evolution'),
  });
  const present = Float32Array.from(
    paddingFirst(
      keys.map((row, user) => row.map((_, place) => (place < lengths[user]! ? 1 : 0))),
      lengths,
    ).flat(),
  );
  const interest = tf.tidy(() => {
    const inputs = tf.tensor3d(paddingFirst(keys, lengths));
    const { keys: seen } = evolutionKeys(inputs, tf.tensor2d(present, [size, length]), evolution);
    const candidates = tf.tensor3d(query.map((row) => [row]));
    return evolveInterests(candidates, seen, present, evolution, 'running').interest.dataSync();
  });
  compare(`${name}: last interest`, interest, out);
  parameters.dispose();
}

/** The interest extractor; its auxiliary loss through our DIEN, whose other loss is −log ½ once its output is 0. */
function checkExtractor(
  { keys, neg_keys, query, lengths }: Inputs,
  { state_dict, rnn_out, aux_loss }: Extractor,
  compare: Compare,
): void {
  const [size, length, width] = shapeOf(keys) as [number, number, number];
  const linears = linearLayers(state_dict, 'auxiliary_net.');
  const config = dienSchema.parse({
    type: 'dien',
    ...dienPresets.recbole.model,
    maxSequenceLength: length,
    embeddingSize: width,
    auxiliaryLayers: linears.slice(0, -1).map(({ bias }) => bias.length),
    headInputs: ['interest'],
    headLayers: [],
  });
  const { vectors, query: users, candidates } = catalogOf(keys, lengths, [...query, ...neg_keys.flat()]);
  const model = new Dien(config, modelData(vectors.length - 1), 1);
  const weights: Record<string, Nested> = {
    'items/id': vectors,
    ...gruWeightsOf(state_dict, 'gru.', '_l0', 'interest'),
    'output/kernel': Array.from({ length: width }, () => [0]),
    'output/bias': [0],
  };
  linears.forEach(({ weight, bias }, index) => {
    const name = index === linears.length - 1 ? 'output' : String(index);
    weights[`auxiliary/${name}/kernel`] = transposed(weight);
    weights[`auxiliary/${name}/bias`] = bias;
  });
  load(model.variables, weights);

  const present = users.histories.map((item) => (item === 0 ? 0 : 1));
  const states = tf.tidy(() => {
    const gru = {
      inputKernel: model.variables.get('interest/inputKernel') as tf.Tensor as tf.Tensor2D,
      inputBias: model.variables.get('interest/inputBias') as tf.Tensor as tf.Tensor1D,
      recurrentKernel: model.variables.get('interest/recurrentKernel') as tf.Tensor as tf.Tensor2D,
      recurrentBias: model.variables.get('interest/recurrentBias') as tf.Tensor as tf.Tensor1D,
    };
    const mask = tf.tensor2d(Float32Array.from(present), [size, length]);
    return extractInterests(tf.tensor3d(paddingFirst(keys, lengths)), mask, gru, true).states.arraySync();
  });
  // Behind the end of a history the reference has zeros, and ours has nothing.
  const ended = paddingLast(states, lengths).map((row, user) =>
    row.map((state, place) => (place < lengths[user]! ? state : state.map(() => 0))),
  );
  compare('extractor: interests', ended.flat(2), rnn_out);

  // The negative of a position is as many items behind it as there are between both lists.
  const shift = size * length + query.length;
  const loss = tf.tidy(() =>
    model
      .loss(
        {
          kind: 'examples',
          size,
          length,
          users: users.users,
          histories: users.histories,
          candidates: Int32Array.from({ length: 2 * size }, () => candidates[0]!),
          numNegatives: 1,
          negativeHistories: users.histories.map((item) => (item === 0 ? 0 : item + shift)),
        },
        new RandomStream(1),
      )
      .dataSync(),
  );
  compare('extractor: auxiliary loss', [loss[0]! - Math.log(2)], aux_loss);
  model.dispose();
}

/** The linear layers of an MLP of RecBole, in their order; there is dropout and the like between their numbers. */
function linearLayers(state: StateDict, prefix: string): { weight: number[][]; bias: number[] }[] {
  const start = `${prefix}mlp_layers.`;
  return Object.keys(state)
    .filter((key) => key.startsWith(start) && key.endsWith('.weight'))
    .map((key) => Number(key.slice(start.length, -'.weight'.length)))
    .sort((a, b) => a - b)
    .map((index) => ({
      weight: state[`${start}${index}.weight`] as number[][],
      bias: state[`${start}${index}.bias`] as number[],
    }));
}

function attentionWeightsOf(state: StateDict, prefix: string): Record<string, Nested> {
  const weights: Record<string, Nested> = {
    'attention/output/kernel': transposed(state[`${prefix}dense.weight`] as number[][]),
    'attention/output/bias': state[`${prefix}dense.bias`]!,
  };
  linearLayers(state, `${prefix}att_mlp_layers.`).forEach(({ weight, bias }, index) => {
    weights[`attention/${index}/kernel`] = transposed(weight);
    weights[`attention/${index}/bias`] = bias;
  });
  return weights;
}

function gruWeightsOf(state: StateDict, prefix: string, suffix: string, name: string): Record<string, Nested> {
  return {
    [`${name}/inputKernel`]: transposed(state[`${prefix}weight_ih${suffix}`] as number[][]),
    [`${name}/inputBias`]: state[`${prefix}bias_ih${suffix}`]!,
    [`${name}/recurrentKernel`]: transposed(state[`${prefix}weight_hh${suffix}`] as number[][]),
    [`${name}/recurrentBias`]: state[`${prefix}bias_hh${suffix}`]!,
  };
}

function load(variables: ReadonlyMap<string, tf.Variable>, weights: Record<string, Nested>): void {
  for (const [name, values] of Object.entries(weights)) {
    const variable = variables.get(name);
    if (variable === undefined) throw new Error(`There is no variable ${name}.`);
    tf.tidy(() => variable.assign(tf.tensor(values as number[])));
  }
}

function transposed(matrix: number[][]): number[][] {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}
