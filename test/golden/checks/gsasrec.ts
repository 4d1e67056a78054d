import type { GoldenCheck, Nested } from '../goldenCheck';
import { sasrecLike, statesOf, Weights } from '../sasrecReference';

interface Fixture {
  ln_eps: number;
  pad_id: number;
  num_items: number;
  num_heads: number;
  state_dict: Record<string, Nested>;
  seq: number[][];
  seq_emb: Nested;
  attentions: Nested[];
}

/** asash/gSASRec-pytorch; its padding has the last row of the table. */
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const get = (name: string): Nested => {
    const value = golden.state_dict[name];
    if (value === undefined) throw new Error(`The fixture has no ${name}.`);
    return value;
  };
  const table = get('item_embedding.weight') as number[][];
  const numBlocks = golden.attentions.length;
  const model = sasrecLike('gsasrec', golden.num_items, {
    maxSequenceLength: (get('position_embedding.weight') as number[][]).length,
    hiddenSize: table[0]!.length,
    innerSize: (get('transformer_blocks.0.dense1.bias') as number[]).length,
    numBlocks,
    numHeads: golden.num_heads,
    normEpsilon: golden.ln_eps,
    outputEmbedding: 'shared',
  });
  const weights = new Weights(model);
  weights.assign('itemEmbedding', [table[golden.pad_id]!, ...table.slice(1, golden.num_items + 1)]);
  weights.assign('positionEmbedding', get('position_embedding.weight'));
  for (let block = 0; block < numBlocks; block++) {
    const linear = (ours: string, theirs: string) => {
      const name = `transformer_blocks.${block}.${theirs}`;
      weights.assignLinear(`block${block}/${ours}`, get(`${name}.weight`), get(`${name}.bias`));
    };
    const norm = (ours: string, theirs: string) => {
      const name = `transformer_blocks.${block}.${theirs}`;
      weights.assignNorm(`block${block}/${ours}`, get(`${name}.weight`), get(`${name}.bias`));
    };
    linear('attention/query', 'multihead_attention.query_proj');
    linear('attention/key', 'multihead_attention.key_proj');
    linear('attention/value', 'multihead_attention.val_proj');
    linear('feedForward/inner', 'dense1');
    linear('feedForward/outer', 'dense2');
    norm('attentionNorm', 'first_norm');
    norm('feedForwardNorm', 'second_norm');
  }
  weights.assignNorm('finalNorm', get('seq_norm.weight'), get('seq_norm.bias'));
  weights.finish();

  const recorded = new Map<string, Float32Array>();
  const histories = golden.seq.map((row) => row.map((item) => (item === golden.pad_id ? 0 : item)));
  const states = statesOf(model, histories, (name, attention) =>
    recorded.set(name, attention.dataSync<'float32'>()),
  );
  compare('states', states.flat(2), golden.seq_emb);
  model.attentions.forEach(({ name, label }, block) =>
    compare(`attention of ${label}`, recorded.get(name)!, golden.attentions[block]!),
  );
  model.dispose();
};
