import type { GoldenCheck, Nested } from '../goldenCheck';
import { lossOf, productsOf, sasrecLike, scoresOf, sequencesOf, statesOf, Weights } from '../sasrecReference';

interface Fixture {
  ln_eps: number;
  cases: {
    num_heads: number;
    vars_in_creation_order: { tag: string; value: Nested }[];
    seq: number[][];
    pos: number[][];
    neg: number[][];
    seq_out: Nested;
    pos_logits: number[];
    neg_logits: number[];
    loss: number;
    test_items_first12: number[];
    test_logits_first12: number[][];
  }[];
}

/** Variables of a block, in the order in which the original makes them. */
const BLOCK = [
  'attentionNorm/beta',
  'attentionNorm/gamma',
  'attention/query/kernel',
  'attention/query/bias',
  'attention/key/kernel',
  'attention/key/bias',
  'attention/value/kernel',
  'attention/value/bias',
  'feedForwardNorm/beta',
  'feedForwardNorm/gamma',
  'feedForward/inner/kernel',
  'feedForward/inner/bias',
  'feedForward/outer/kernel',
  'feedForward/outer/bias',
];

/** The original TensorFlow code (kang205/SASRec). */
export const check: GoldenCheck = (fixture, compare) => {
  const { cases, ln_eps } = fixture as Fixture;
  for (const golden of cases) {
    const label = `${golden.num_heads} heads`;
    const values = golden.vars_in_creation_order.map(({ value }) => value);
    const table = values[0] as number[][];
    const numBlocks = (values.length - 4) / BLOCK.length;
    const model = sasrecLike('kang205', table.length - 1, {
      maxSequenceLength: (values[1] as number[][]).length,
      hiddenSize: table[0]!.length,
      numBlocks,
      numHeads: golden.num_heads,
      normEpsilon: ln_eps,
    });
    const weights = new Weights(model);
    const names = ['itemEmbedding', 'positionEmbedding'];
    for (let block = 0; block < numBlocks; block++) names.push(...BLOCK.map((name) => `block${block}/${name}`));
    names.push('finalNorm/beta', 'finalNorm/gamma');
    names.forEach((name, index) => weights.assign(name, values[index]!));
    weights.finish();

    const states = statesOf(model, golden.seq);
    compare(`${label}, states`, states.flat(2), golden.seq_out);
    compare(`${label}, scores of targets`, productsOf(states, golden.pos, table), golden.pos_logits);
    compare(`${label}, scores of negatives`, productsOf(states, golden.neg, table), golden.neg_logits);
    const scores = scoresOf(model, golden.seq);
    const asked = scores.flatMap((row) => golden.test_items_first12.map((item) => row[item - 1]!));
    compare(`${label}, scores for ranking`, asked, golden.test_logits_first12);
    compare(`${label}, loss`, [lossOf(model, sequencesOf(golden.seq, golden.pos, golden.neg))], golden.loss);
    model.dispose();
  }
};
