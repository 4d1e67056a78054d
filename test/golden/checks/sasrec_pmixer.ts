import type { GoldenCheck, Nested } from '../goldenCheck';
import { lossOf, productsOf, sasrecLike, scoresOf, sequencesOf, statesOf, Weights } from '../sasrecReference';

interface Fixture {
  ln_eps: number;
  cases: {
    norm_first: boolean;
    num_heads: number;
    state_dict: Record<string, Nested>;
    seq: number[][];
    pos: number[][];
    neg: number[][];
    feats: Nested;
    pos_logits: number[][];
    neg_logits: number[][];
    predict_items: number[];
    predict: number[][];
    loss: number;
  }[];
}

/** pmixer/SASRec.pytorch. */
export const check: GoldenCheck = (fixture, compare) => {
  const { cases, ln_eps } = fixture as Fixture;
  for (const golden of cases) {
    const label = `norm_first ${golden.norm_first}, ${golden.num_heads} heads`;
    const get = (name: string): Nested => {
      const value = golden.state_dict[name];
      if (value === undefined) throw new Error(`The fixture has no ${name}.`);
      return value;
    };
    const table = get('item_emb.weight') as number[][];
    const numBlocks = Object.keys(golden.state_dict).filter((name) => name.endsWith('in_proj_bias')).length;
    const model = sasrecLike('pmixer', table.length - 1, {
      maxSequenceLength: (get('pos_emb.weight') as number[][]).length - 1, // its position 0 is the padding's
      hiddenSize: table[0]!.length,
      numBlocks,
      numHeads: golden.num_heads,
      normalization: golden.norm_first ? 'pre' : 'post',
      normEpsilon: ln_eps,
    });
    const weights = new Weights(model);
    weights.assign('itemEmbedding', table);
    weights.assign('positionEmbedding', get('pos_emb.weight'));
    for (let block = 0; block < numBlocks; block++) {
      // The rows of one kernel are those of query, key and value.
      const thirds = (name: string): Nested[] => {
        const rows = get(`attention_layers.${block}.${name}`) as readonly Nested[];
        const third = rows.length / 3;
        return [0, 1, 2].map((part) => rows.slice(part * third, (part + 1) * third));
      };
      const kernels = thirds('in_proj_weight');
      const biases = thirds('in_proj_bias');
      ['query', 'key', 'value'].forEach((part, index) =>
        weights.assignLinear(`block${block}/attention/${part}`, kernels[index]!, biases[index]!),
      );
      const linear = (ours: string, theirs: string) =>
        weights.assignLinear(`block${block}/${ours}`, get(`${theirs}.weight`), get(`${theirs}.bias`));
      const norm = (ours: string, theirs: string) =>
        weights.assignNorm(`block${block}/${ours}`, get(`${theirs}.weight`), get(`${theirs}.bias`));
      const convolution = (ours: string, theirs: string) => {
        const kernel = (get(`${theirs}.weight`) as number[][][]).map((row) => row.map(([value]) => value!));
        weights.assignLinear(`block${block}/${ours}`, kernel, get(`${theirs}.bias`));
      };
      linear('attention/output', `attention_layers.${block}.out_proj`);
      norm('attentionNorm', `attention_layernorms.${block}`);
      norm('feedForwardNorm', `forward_layernorms.${block}`);
      convolution('feedForward/inner', `forward_layers.${block}.conv1`);
      convolution('feedForward/outer', `forward_layers.${block}.conv2`);
    }
    weights.assignNorm('finalNorm', get('last_layernorm.weight'), get('last_layernorm.bias'));
    weights.finish();

    const states = statesOf(model, golden.seq);
    compare(`${label}, states`, states.flat(2), golden.feats);
    compare(`${label}, scores of targets`, productsOf(states, golden.pos, table), golden.pos_logits);
    compare(`${label}, scores of negatives`, productsOf(states, golden.neg, table), golden.neg_logits);
    const scores = scoresOf(model, golden.seq);
    const asked = scores.flatMap((row) => golden.predict_items.map((item) => row[item - 1]!));
    compare(`${label}, scores for ranking`, asked, golden.predict);
    compare(`${label}, loss`, [lossOf(model, sequencesOf(golden.seq, golden.pos, golden.neg))], golden.loss);
    model.dispose();
  }
};
