import * as tf from '@tensorflow/tfjs-core';
import { Hstu } from '../../../src/model/hstu/hstu';
import { hstuSchema } from '../../../src/model/hstu/options';
import { hstuPresets } from '../../../src/model/hstu/presets';
import type { Query } from '../../../src/model/model';
import { modelData } from '../../unit/model/modelData';
import { flat, type GoldenCheck, type Nested } from '../goldenCheck';
import { assignHstu, lossOverPositions } from '../hstuReference';

interface Fixture {
  D: number;
  session_max_len: number;
  n_items: number;
  n_blocks: number;
  logits_t: number;
  x: number[][];
  y: number[][];
  unix_ts: number[][];
  negatives: number[][][];
  cases: {
    num_heads: number;
    attention_dim: number;
    linear_hidden_dim: number;
    state_dict: Record<string, Nested>;
    variants: {
      relative_time_attention: boolean;
      relative_pos_attention: boolean;
      /** After each block. */
      blocks: number[][][][];
      attention: number[][][][][];
      output: number[][][];
      softmax_loss: number;
      sampled_softmax_loss: number;
      cosine_logits_last_position?: number[][];
    }[];
  }[];
}

export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const { x, y, session_max_len: length, n_items: numRows } = golden;
  const query: Query = {
    size: x.length,
    length,
    users: Int32Array.from(x.keys()),
    histories: Int32Array.from(x.flat()),
    times: Float64Array.from(golden.unix_ts.flat()),
  };
  const present = <T>(rows: T[][]): T[] => rows.flatMap((row, user) => row.filter((_, place) => x[user]![place] !== 0));
  const positions = y.flatMap((row, user) =>
    row.flatMap((target, place) => (target === 0 ? [] : [{ user, place, target }])),
  );
  const sampled = positions.map((at) => ({ ...at, negatives: golden.negatives[at.user]![at.place]! }));
  // Softmax over all columns, the padding's among them, is that over the target and all others.
  const whole = positions.map((at) => ({
    ...at,
    negatives: Array.from({ length: numRows }, (_, item) => item).filter((item) => item !== at.target),
  }));

  for (const reference of golden.cases) {
    for (const variant of reference.variants) {
      const { relative_time_attention: byTime, relative_pos_attention: byPosition } = variant;
      const label = `${reference.num_heads} heads, time ${byTime}, position ${byPosition}`;
      const config = hstuSchema.parse({
        ...hstuPresets.rectools.model,
        type: 'hstu',
        maxSequenceLength: length,
        hiddenSize: golden.D,
        numBlocks: golden.n_blocks,
        numHeads: reference.num_heads,
        keySize: reference.attention_dim,
        valueSize: reference.linear_hidden_dim,
        dropout: 0,
        positionBias: byPosition,
        timeBias: byTime ? 'target' : 'none',
        loss: { ...hstuPresets.rectools.model.loss, temperature: golden.logits_t },
      });
      const create = (numNegatives: number, numBlocks = golden.n_blocks): Hstu => {
        const loss = { ...config.loss, numNegatives } as typeof config.loss;
        const model = new Hstu({ ...config, loss, numBlocks }, modelData(numRows - 1), 1);
        assignHstu(model, namesOf(numBlocks, byTime, byPosition), {
          ...reference.state_dict,
          // Theirs counts positions from the newest.
          'pos_encoding_layer.pos_emb.weight': [
            ...(reference.state_dict['pos_encoding_layer.pos_emb.weight'] as Nested[]),
          ].reverse(),
        });
        return model;
      };

      const model = create(4);
      const weights: number[][][][][] = [];
      const states = tf.tidy(() =>
        model
          .states(query, (_, recorded) => weights.push(recorded.arraySync() as number[][][][]))
          .arraySync(),
      );
      compare(`${label}, states`, present(states).flat(), present(variant.output));
      variant.blocks.slice(0, -1).forEach((block, index) => {
        const shallow = create(4, index + 1);
        const after = tf.tidy(() => shallow.states(query).arraySync());
        compare(`${label}, states after block ${index}`, present(after).flat(), present(block));
        shallow.dispose();
      });
      weights.forEach((block, index) =>
        compare(`${label}, attention of block ${index}`, flat(block), variant.attention[index]!),
      );
      const scores = tf.tidy(() => {
        const scoring = model.scoring(query);
        return tf.matMul(scoring.states, scoring.items, false, true).arraySync() as number[][];
      });
      const theirs = variant.cosine_logits_last_position?.map((row) => row.slice(1));
      if (theirs) compare(`${label}, scores`, scores.flat(), theirs);
      model.dispose();

      const of = (supervised: typeof sampled) => [lossOverPositions(create, query, supervised).value];
      compare(`${label}, sampled softmax`, of(sampled), variant.sampled_softmax_loss);
      compare(`${label}, softmax`, of(whole), variant.softmax_loss);
    }
  }
};

/** RecTools' names and ours. */
function namesOf(numBlocks: number, byTime: boolean, byPosition: boolean): Record<string, string> {
  const names: Record<string, string> = {
    'item_model.item_net_blocks.0.ids_emb.weight': 'itemEmbedding',
    'pos_encoding_layer.pos_emb.weight': 'positionEmbedding',
  };
  const norm = (theirs: string, ours: string) => {
    names[`${theirs}.weight`] = `${ours}/gamma`;
    names[`${theirs}.bias`] = `${ours}/beta`;
  };
  for (let block = 0; block < numBlocks; block++) {
    const layer = `transformer_layers.stu_blocks.${block}`;
    names[`${layer}.uvqk_proj`] = `block${block}/projection/kernel`;
    if (byTime) names[`${layer}.rel_attn.time_weights`] = `block${block}/timeBias`;
    if (byPosition) names[`${layer}.rel_attn.pos_weights`] = `block${block}/positionBias`;
    names[`${layer}.output_mlp.weight`] = `block${block}/output/kernel`;
    names[`${layer}.output_mlp.bias`] = `block${block}/output/bias`;
    norm(`${layer}.norm_input`, `block${block}/norm`);
    norm(`${layer}.norm_attn_output`, `block${block}/outputNorm`);
  }
  return names;
}
