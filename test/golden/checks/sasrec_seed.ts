import type { GoldenCheck, Nested } from '../goldenCheck';
import { examplesOf, lossOf, sasrecLike, scoresOf, Weights } from '../sasrecReference';

interface Layer {
  kernel: Nested;
  bias: number[];
}
interface Norm {
  gamma: Nested;
  beta: Nested;
}
interface Block {
  wq: Layer;
  wk: Layer;
  wv: Layer;
  conv1: Layer;
  conv2: Layer;
  ln1: Norm;
  ln2: Norm;
}
interface Fixture {
  ln_eps: number;
  embed_reg: number;
  cases: {
    causality: boolean;
    item_emb: number[][];
    pos_emb: number[][];
    blocks: Block[];
    seq: number[][];
    pos: number[][];
    neg: number[][];
    logits_pos_then_neg: number[][];
    losses: number[];
  }[];
}

/** RecoHut's notebook. Losses are the main one and the L2 terms of items and positions. */
export const check: GoldenCheck = (fixture, compare) => {
  const { cases, ln_eps, embed_reg } = fixture as Fixture;
  for (const golden of cases) {
    const label = `causality ${golden.causality}`;
    const create = (embeddingL2: number) => {
      const model = sasrecLike('recohut', golden.item_emb.length - 1, {
        maxSequenceLength: golden.pos_emb.length,
        hiddenSize: golden.item_emb[0]!.length,
        numBlocks: golden.blocks.length,
        innerSize: golden.blocks[0]!.conv1.bias.length,
        causal: golden.causality,
        normEpsilon: ln_eps,
        embeddingL2,
        loss: { type: 'bce', numNegatives: golden.neg[0]!.length, weighting: 'halved' },
      });
      const weights = new Weights(model);
      weights.assign('itemEmbedding', golden.item_emb);
      weights.assign('positionEmbedding', golden.pos_emb);
      golden.blocks.forEach((block, index) => {
        const assign = (name: string, { kernel, bias }: Layer) => {
          weights.assign(`block${index}/${name}/kernel`, kernel);
          weights.assign(`block${index}/${name}/bias`, bias);
        };
        assign('attention/query', block.wq);
        assign('attention/key', block.wk);
        assign('attention/value', block.wv);
        assign('feedForward/inner', block.conv1);
        assign('feedForward/outer', block.conv2);
        weights.assignNorm(`block${index}/attentionNorm`, block.ln1.gamma, block.ln1.beta);
        weights.assignNorm(`block${index}/feedForwardNorm`, block.ln2.gamma, block.ln2.beta);
      });
      weights.finish();
      return model;
    };

    const candidates = golden.pos.map((row, index) => [...row, ...golden.neg[index]!]);
    const batch = examplesOf(golden.seq, candidates);
    const model = create(0);
    const scores = scoresOf(model, golden.seq);
    const logits = candidates.flatMap((row, index) => row.map((item) => scores[index]![item - 1]!));
    compare(`${label}, scores`, logits, golden.logits_pos_then_neg);
    const main = lossOf(model, batch);
    compare(`${label}, loss`, [main], golden.losses[0]!);

    // With the weight 1 the penalty is no rounding error beside the loss.
    const penalized = create(1);
    const penalty = (lossOf(penalized, batch) - main) * embed_reg;
    compare(`${label}, L2`, [penalty], golden.losses[1]! + golden.losses[2]!, embed_reg * 1e-4);
    const total = create(embed_reg);
    compare(`${label}, whole loss`, [lossOf(total, batch)], golden.losses.reduce((sum, part) => sum + part));
    for (const each of [model, penalized, total]) each.dispose();
  }
};
