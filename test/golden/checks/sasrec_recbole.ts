import * as tf from '@tensorflow/tfjs-core';
import type { GoldenCheck, Nested } from '../goldenCheck';
import { examplesOf, lossOf, sasrecLike, scoresOf, statesOf, Weights } from '../sasrecReference';

interface Fixture {
  num_heads: number;
  ln_eps: number;
  state_dict: Record<string, Nested>;
  seq: number[][];
  lengths: number[];
  target: number[];
  output: number[][];
  logits: number[][];
  ce: number;
}

/** RecBole, whose padding is on the right. */
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const get = (name: string): Nested => {
    const value = golden.state_dict[name];
    if (value === undefined) throw new Error(`The fixture has no ${name}.`);
    return value;
  };
  const table = get('item.weight') as number[][];
  const numBlocks = Object.keys(golden.state_dict).filter((name) => name.endsWith('dense_1.bias')).length;
  const model = sasrecLike('recbole', table.length - 1, {
    maxSequenceLength: (get('pos.weight') as number[][]).length,
    hiddenSize: table[0]!.length,
    innerSize: (get('enc.layer.0.feed_forward.dense_1.bias') as number[]).length,
    numBlocks,
    numHeads: golden.num_heads,
    normEpsilon: golden.ln_eps,
  });
  const weights = new Weights(model);
  weights.assign('itemEmbedding', table);
  weights.assign('positionEmbedding', get('pos.weight'));
  weights.assignNorm('inputNorm', get('ln.weight'), get('ln.bias'));
  for (let block = 0; block < numBlocks; block++) {
    const attention = `enc.layer.${block}.multi_head_attention`;
    const feedForward = `enc.layer.${block}.feed_forward`;
    const linear = (ours: string, theirs: string) =>
      weights.assignLinear(`block${block}/${ours}`, get(`${theirs}.weight`), get(`${theirs}.bias`));
    const norm = (ours: string, theirs: string) =>
      weights.assignNorm(`block${block}/${ours}`, get(`${theirs}.weight`), get(`${theirs}.bias`));
    for (const part of ['query', 'key', 'value']) linear(`attention/${part}`, `${attention}.${part}`);
    linear('attention/output', `${attention}.dense`);
    norm('attentionNorm', `${attention}.LayerNorm`);
    linear('feedForward/inner', `${feedForward}.dense_1`);
    linear('feedForward/outer', `${feedForward}.dense_2`);
    norm('feedForwardNorm', `${feedForward}.LayerNorm`);
  }
  weights.finish();

  // The same histories with the padding on the left.
  const histories = golden.seq.map((row, user) => {
    const length = golden.lengths[user]!;
    return [...row.slice(length), ...row.slice(0, length)];
  });
  const last = statesOf(model, histories).map((row) => row[row.length - 1]!);
  compare('states', last.flat(), golden.output);
  const products = tf.tidy(() =>
    tf.matMul(tf.tensor2d(last), model.variables.get('itemEmbedding') as tf.Tensor2D, false, true).dataSync(),
  );
  compare('scores, the padding’s too', products, golden.logits);
  const scores = scoresOf(model, histories).flat();
  compare('scores for ranking', scores, golden.logits.map((row) => row.slice(1)));
  const batch = examplesOf(
    histories,
    golden.target.map((item) => [item]),
  );
  compare('loss', [lossOf(model, batch)], golden.ce);
  model.dispose();
};
