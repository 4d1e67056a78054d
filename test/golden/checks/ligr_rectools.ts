import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src/compute/random';
import type { SequenceBatch } from '../../../src/model/batches/sequenceBatches';
import { sasrecSchema } from '../../../src/model/sasrec/options';
import { sasrecPresets } from '../../../src/model/sasrec/presets';
import { Sasrec } from '../../../src/model/sasrec/sasrec';
import { modelData, queryOf } from '../../unit/model/modelData';
import type { GoldenCheck, Nested } from '../goldenCheck';
import { lossOf, Weights } from '../sasrecReference';

type Mask = 'causal' | 'causal+keypad' | 'keypad';

interface Fixture {
  D: number;
  session_max_len: number;
  num_heads: number;
  n_items: number;
  ln_eps: number;
  logits_t: number;
  x: number[][];
  y: number[][];
  yw: number[][];
  negatives: number[][][];
  cases: {
    n_blocks: number;
    ff_activation: 'swiglu' | 'gelu' | 'relu';
    bias_in_ff: boolean;
    ff_factors_multiplier: number;
    mask: Mask;
    state_dict: Record<string, Nested>;
    stack_input: number[][][];
    blocks: number[][][][];
    attention: number[][][][][];
    output: number[][][];
    logits_last_position: number[][];
    softmax_loss: number;
    sampled_softmax_loss: number;
    grad_sampled_softmax?: Record<string, Nested>;
  }[];
}

/** RecTools' LiGR layers, the blocks of eSASRec. */
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const { D: width, session_max_len: length, x, y, yw } = golden;
  const numNegatives = golden.negatives[0]![0]!.length;
  const batch = (negatives: number[][][] | null): SequenceBatch => ({
    kind: 'sequences',
    size: x.length,
    length,
    users: new Int32Array(x.length),
    items: Int32Array.from(x.flat()),
    targets: Int32Array.from(y.flatMap((row, user) => row.map((item, place) => (yw[user]![place] === 0 ? 0 : item)))),
    negatives: negatives && Int32Array.from(negatives.flat(2)),
    numNegatives: negatives === null ? 0 : numNegatives,
  });

  for (const reference of golden.cases) {
    const { ff_activation: activation, bias_in_ff: feedForwardBias, n_blocks: numBlocks, mask } = reference;
    const label = `${activation}, ${feedForwardBias ? '' : 'no '}bias, ${numBlocks} blocks, ${mask}`;
    /** @param blocks how many of them run */
    const create = (loss: object, blocks = numBlocks): Sasrec => {
      const config = sasrecSchema.parse({
        ...sasrecPresets.esasrec.model,
        type: 'sasrec',
        maxSequenceLength: length,
        hiddenSize: width,
        innerSize: reference.ff_factors_multiplier * width,
        numHeads: golden.num_heads,
        activation,
        feedForwardBias,
        normEpsilon: golden.ln_eps,
        padding: mask === 'causal' ? 'visible' : 'masked',
        paddingVector: 'trained',
        dropout: 0,
        loss,
      });
      // A config may not train all positions with attention in both directions, or have no blocks; the model can.
      const beyond = { causal: mask !== 'keypad', numBlocks: blocks };
      const model = new Sasrec({ ...config, ...beyond }, modelData(golden.n_items - 1), 1);
      const weights = new Weights(model);
      const left = new Set(Object.keys(reference.state_dict));
      for (const [theirs, ours] of namesOf(blocks, activation, feedForwardBias)) {
        left.delete(theirs);
        ours.forEach((name, part) => weights.assign(name, asOurs(name, partOf(reference.state_dict[theirs]!, part, ours.length))));
      }
      weights.finish();
      if (blocks === numBlocks && left.size > 0) throw new Error(`Unused weights: ${[...left].join()}.`);
      return model;
    };
    /** Rows that are somebody's: with masked padding, that of the padding is nobody's. */
    const seen = <T>(rows: T[][]): T[] =>
      rows.flatMap((row, user) => (mask === 'causal' ? row : row.filter((_, place) => x[user]![place] !== 0)));
    const byPosition = <T>(heads: T[][][]): T[][][] =>
      heads.map((rows) => rows[0]!.map((_, place) => rows.map((head) => head[place]!)));

    // Without a norm behind them, the states of a shorter stack are what its last block makes.
    const outputs = reference.blocks.map((expected, block) => ({ blocks: block + 1, expected }));
    for (const { blocks, expected } of [{ blocks: 0, expected: reference.stack_input }, ...outputs]) {
      const stack = create({ type: 'crossEntropy' }, blocks);
      const states = tf.tidy(() => stack.states(queryOf(...x)).arraySync());
      compare(`${label}, states after ${blocks} blocks`, seen(states).flat(), seen(expected));
      stack.dispose();
    }

    const model = create({ type: 'crossEntropy', includePadding: true });
    const recorded: number[][][][][] = [];
    const states = tf.tidy(() =>
      model
        .states(queryOf(...x), (_, weights) => recorded.push(weights.arraySync() as number[][][][]))
        .arraySync(),
    );
    compare(`${label}, output`, seen(states).flat(), seen(reference.output));
    if (recorded.length !== numBlocks) throw new Error(`${recorded.length} blocks were recorded.`);
    recorded.forEach((weights, block) =>
      compare(
        `${label}, attention of block ${block}`,
        seen(byPosition(weights)).flat(2),
        seen(byPosition(reference.attention[block]!)),
      ),
    );
    const scores = tf.tidy(() => {
      const { states: last, items } = model.scoring(queryOf(...x));
      return tf.matMul(last, items, false, true).dataSync();
    });
    compare(`${label}, logits`, scores, reference.logits_last_position.map((row) => row.slice(1)));
    const table = reference.state_dict[ITEMS] as number[][];
    const padding = states.map((row) => row.at(-1)!.reduce((sum, value, place) => sum + value * table[0]![place]!, 0));
    compare(`${label}, logits of the padding`, padding, reference.logits_last_position.map((row) => row[0]!));
    compare(`${label}, softmax`, [lossOf(model, batch(null))], reference.softmax_loss);
    model.dispose();

    const sampled = create({ type: 'sampledSoftmax', numNegatives, temperature: golden.logits_t });
    compare(`${label}, sampled softmax`, [lossOf(sampled, batch(golden.negatives))], reference.sampled_softmax_loss);
    if (reference.grad_sampled_softmax !== undefined) {
      const { value, grads } = tf.variableGrads(
        () => sampled.loss(batch(golden.negatives), new RandomStream(1)),
        [...sampled.variables.values()],
      );
      for (const [theirs, names] of namesOf(numBlocks, activation, feedForwardBias)) {
        names.forEach((name, part) => {
          const expected = asOurs(name, partOf(reference.grad_sampled_softmax![theirs]!, part, names.length));
          const own = grads[sampled.variables.get(name)!.name]!;
          // RecTools leaves the vector of the padding as it was drawn; here it is trained.
          const from = theirs === ITEMS ? width : 0;
          compare(`${label}, gradient of ${name}`, own.dataSync().slice(from), [...expected.dataSync().slice(from)]);
          expected.dispose();
        });
      }
      tf.dispose([value, grads]);
    }
    sampled.dispose();
  }
};

const ITEMS = 'item_model.item_net_blocks.0.ids_emb.weight';
const POSITIONS = 'positionEmbedding';

/** RecTools' names and ours; query, key and value are thirds of one matrix. */
function namesOf(numBlocks: number, activation: string, feedForwardBias: boolean): Map<string, readonly string[]> {
  const names = new Map<string, readonly string[]>([
    [ITEMS, ['itemEmbedding']],
    ['pos_encoding_layer.pos_emb.weight', [POSITIONS]],
  ]);
  for (let block = 0; block < numBlocks; block++) {
    const layer = `transformer_layers.transformer_blocks.${block}`;
    const add = (theirs: string, weight: string, bias: string, ...ours: string[]) => {
      const of = (part: string) => ours.map((name) => `block${block}/${name}/${part}`);
      names.set(`${layer}.${theirs}weight`, of(weight));
      if (bias !== '') names.set(`${layer}.${theirs}bias`, of(bias));
    };
    const projections = ['query', 'key', 'value'].map((part) => `attention/${part}`);
    add('multi_head_attn.in_proj_', 'kernel', 'bias', ...projections);
    add('multi_head_attn.out_proj.', 'kernel', 'bias', 'attention/output');
    add('layer_norm_1.', 'gamma', 'beta', 'attentionNorm');
    add('layer_norm_2.', 'gamma', 'beta', 'feedForwardNorm');
    add('gating_linear_1.', 'kernel', 'bias', 'gate/attention');
    add('gating_linear_2.', 'kernel', 'bias', 'gate/feedForward');
    const bias = feedForwardBias ? 'bias' : '';
    add('feed_forward.ff_linear_1.', 'kernel', bias, 'feedForward/inner');
    add('feed_forward.ff_linear_2.', 'kernel', bias, 'feedForward/outer');
    if (activation === 'swiglu') add('feed_forward.ff_linear_3.', 'kernel', bias, 'feedForward/linear');
  }
  return names;
}

/** One of the equal parts of a parameter's rows. */
function partOf(values: Nested, part: number, parts: number): Nested {
  const rows = values as readonly Nested[];
  const count = rows.length / parts;
  return rows.slice(part * count, (part + 1) * count);
}

/** A parameter of PyTorch, whose linear kernels are `[out, in]`; RecTools counts positions from the newest. */
function asOurs(name: string, values: Nested): tf.Tensor {
  return tf.tidy(() => {
    const tensor = tf.tensor(values);
    if (name === POSITIONS) return tf.reverse(tensor, 0);
    return name.endsWith('/kernel') ? tf.transpose(tensor) : tf.clone(tensor);
  });
}
