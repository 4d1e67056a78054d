import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src/compute/random';
import { Bert4rec } from '../../../src/model/bert4rec/bert4rec';
import type { MaskedBatch } from '../../../src/model/bert4rec/maskedSequences';
import { bert4recSchema, newestCount } from '../../../src/model/bert4rec/options';
import { bert4recPresets } from '../../../src/model/bert4rec/presets';
import { newestSupervised, withoutOldest } from '../../../src/model/bert4rec/quirks';
import { modelData, queryOf } from '../../unit/model/modelData';
import type { GoldenCheck, Nested } from '../goldenCheck';

interface Masked {
  masked_item_seq: number[][];
  pos_items: number[][];
  neg_items: number[][];
  masked_index: number[][];
}

interface Fixture {
  n_items: number;
  mask_token: number;
  max_seq_length: number;
  mask_ratio: number;
  num_heads: number;
  hidden_size: number;
  inner_size: number;
  item_seq: number[][];
  item_seq_len: number[];
  masked: Masked;
  masked_finetune: Masked;
  cases: {
    n_layers: number;
    state_dict: Record<string, Nested>;
    forward_masked: number[][][];
    layers_masked: number[][][][];
    attentions_masked: number[][][][][];
    test_item_seq: number[][];
    full_sort_predict: number[][];
    predict_item: number[];
    predict: number[];
    loss_ce: number;
    loss_bpr: number;
    loss_ce_finetune: number;
    grad_ce?: Record<string, Nested>;
    grad_bpr?: Record<string, Nested>;
  }[];
}

/** RecBole, whose padding is on the right: here it is moved before the items, and their positions count from the oldest. */
export const check: GoldenCheck = (fixture, compare) => {
  const golden = fixture as Fixture;
  const lengths = golden.item_seq_len;
  const length = golden.max_seq_length;
  const moved = (rows: number[][]): number[][] =>
    rows.map((row, user) => [...row.slice(lengths[user]), ...row.slice(0, lengths[user])]);
  const parse = (numBlocks: number, loss: object) =>
    bert4recSchema.parse({
      ...bert4recPresets.recbole.model,
      type: 'bert4rec',
      maxSequenceLength: length,
      hiddenSize: golden.hidden_size,
      innerSize: golden.inner_size,
      numBlocks,
      numHeads: golden.num_heads,
      dropout: 0,
      maskProbability: golden.mask_ratio,
      loss,
    });

  // Which of the masked positions are learned from.
  const selected = golden.masked.masked_item_seq.map((row) =>
    row.flatMap((item, place) => (item === golden.mask_token ? [place] : [])),
  );
  const counted = selected.map((places) =>
    newestSupervised(places, newestCount(parse(1, { type: 'crossEntropy' }))),
  );
  compare(
    'supervised positions',
    counted.flat(),
    golden.masked.masked_index.map((row) => row.filter((place) => place > 0)),
  );
  compare(
    'their items',
    counted.flatMap((places, user) => places.map((place) => golden.item_seq[user]![place]!)),
    golden.masked.pos_items.map((row, user) => row.filter((_, slot) => golden.masked.masked_index[user]![slot]! > 0)),
  );

  const batchOf = (masked: Masked, withNegatives: boolean): MaskedBatch => {
    const slots = masked.masked_index.flatMap((row, user) =>
      row.flatMap((place, slot) => (place > 0 ? [{ user, place, slot }] : [])),
    );
    const at = (values: number[][]) => slots.map(({ user, slot }) => values[user]![slot]!);
    const targets = Int32Array.from(at(masked.pos_items));
    const negatives = at(masked.neg_items);
    const candidates = Int32Array.from([...targets].flatMap((target, row) => [target, negatives[row]!]));
    return {
      size: lengths.length,
      length,
      items: Int32Array.from(moved(masked.masked_item_seq).flat()),
      rows: {
        positions: Int32Array.from(slots, ({ user, place }) => (user + 1) * length - lengths[user]! + place),
        targets,
        candidates: withNegatives ? candidates : null,
        sharedNegatives: null,
      },
    };
  };

  for (const reference of golden.cases) {
    const label = `${reference.n_layers} layers`;
    const create = (loss: object, blocks = reference.n_layers, outputHead = true): Bert4rec => {
      const config = { ...parse(blocks, loss), outputHead };
      const model = new Bert4rec(config, modelData(golden.n_items - 1), 1);
      const names = namesOf(blocks, outputHead);
      const left = new Set(model.variables.keys());
      for (const [theirs, ours] of Object.entries(names)) {
        tf.tidy(() => model.variables.get(ours)!.assign(asOurs(ours, reference.state_dict[theirs]!)));
        left.delete(ours);
      }
      if (left.size > 0) throw new Error(`The reference has no weights for ${[...left].join()}.`);
      return model;
    };
    const gradients = (model: Bert4rec, batch: MaskedBatch, expected: Record<string, Nested>, of: string) => {
      const { value, grads } = tf.variableGrads(
        () => model.loss(batch, new RandomStream(1)),
        [...model.variables.values()],
      );
      for (const [theirs, ours] of Object.entries(namesOf(reference.n_layers))) {
        const gradient = tf.tidy(() => [...asOurs(ours, expected[theirs]!).dataSync()]);
        compare(`${label}, gradient of ${ours}, ${of}`, grads[model.variables.get(ours)!.name]!.dataSync(), gradient);
      }
      tf.dispose([value, grads]);
    };
    const lossOf = (model: Bert4rec, batch: MaskedBatch): number[] => [
      tf.tidy(() => model.loss(batch, new RandomStream(1)).dataSync()[0]!),
    ];

    const model = create({ type: 'crossEntropy', includePadding: true });
    const weights: number[][][][][] = [];
    const histories = Int32Array.from(moved(golden.masked.masked_item_seq).flat());
    const states = tf.tidy(
      () =>
        model
          .states({ size: lengths.length, length, histories }, (_, recorded) => {
            weights.push(recorded.arraySync() as number[][][][]);
          })
          .arraySync(),
    );
    // Rows of padding are nobody's.
    const present = (rows: number[][][]) => rows.map((row, user) => row.slice(length - lengths[user]!));
    const theirs = <T>(rows: T[][]): T[][] => rows.map((row, user) => row.slice(0, lengths[user]));
    compare(`${label}, states`, present(states).flat(2), theirs(reference.forward_masked));
    // What a shorter stack without a head makes is the state between the blocks.
    reference.layers_masked.forEach((layer, index) => {
      const stack = create({ type: 'crossEntropy' }, index + 1, false);
      const between = tf.tidy(() => stack.states({ size: lengths.length, length, histories }).arraySync());
      compare(`${label}, states after block ${index}`, present(between).flat(2), theirs(layer));
      stack.dispose();
    });
    weights.forEach((block, index) => {
      const ours = block.map((heads, user) => {
        const padding = length - lengths[user]!;
        return heads.map((rows) => rows.slice(padding).map((row) => row.slice(padding)));
      });
      const expected = reference.attentions_masked[index]!.map((heads, user) =>
        heads.map((rows) => rows.slice(0, lengths[user]).map((row) => row.slice(0, lengths[user]))),
      );
      compare(`${label}, attention of block ${index}`, ours.flat(3), expected);
    });

    const read = withoutOldest(queryOf(...moved(golden.item_seq))).histories;
    const expected = reference.test_item_seq.map((row) => row.filter((item) => item !== 0 && item !== golden.mask_token));
    compare(`${label}, items read for ranking`, read.filter((item) => item !== 0), expected);

    const scores = tf.tidy(() => {
      const scoring = model.scoring(queryOf(...moved(golden.item_seq)));
      const products = tf.matMul(scoring.states, scoring.items, false, true);
      return tf.add(products, scoring.bias!).arraySync() as number[][];
    });
    compare(`${label}, scores for ranking`, scores.flat(), reference.full_sort_predict.map((row) => row.slice(1)));
    const own = reference.predict_item.map((item, user) => scores[user]![item - 1]!);
    compare(`${label}, scores of one item each`, own, reference.predict);

    const batch = batchOf(golden.masked, false);
    compare(`${label}, cross-entropy`, lossOf(model, batch), reference.loss_ce);
    const last = batchOf(golden.masked_finetune, false);
    compare(`${label}, cross-entropy of the last item`, lossOf(model, last), reference.loss_ce_finetune);
    if (reference.grad_ce) gradients(model, batch, reference.grad_ce, 'cross-entropy');
    model.dispose();

    const bpr = create({ type: 'bpr', numNegatives: 1 });
    const sampled = batchOf(golden.masked, true);
    compare(`${label}, BPR`, lossOf(bpr, sampled), reference.loss_bpr);
    if (reference.grad_bpr) gradients(bpr, sampled, reference.grad_bpr, 'BPR');
    bpr.dispose();
  }
};

/** RecBole's names and ours. */
function namesOf(numBlocks: number, outputHead = true): Record<string, string> {
  const names: Record<string, string> = {
    'item_embedding.weight': 'itemEmbedding',
    'position_embedding.weight': 'positionEmbedding',
  };
  const linear = (theirs: string, ours: string) => {
    names[`${theirs}.weight`] = `${ours}/kernel`;
    names[`${theirs}.bias`] = `${ours}/bias`;
  };
  const norm = (theirs: string, ours: string) => {
    names[`${theirs}.weight`] = `${ours}/gamma`;
    names[`${theirs}.bias`] = `${ours}/beta`;
  };
  norm('LayerNorm', 'inputNorm');
  if (outputHead) {
    names.output_bias = 'itemBias';
    linear('output_ffn', 'head');
    norm('output_ln', 'headNorm');
  }
  for (let block = 0; block < numBlocks; block++) {
    const layer = `trm_encoder.layer.${block}`;
    for (const part of ['query', 'key', 'value'])
      linear(`${layer}.multi_head_attention.${part}`, `block${block}/attention/${part}`);
    linear(`${layer}.multi_head_attention.dense`, `block${block}/attention/output`);
    norm(`${layer}.multi_head_attention.LayerNorm`, `block${block}/attentionNorm`);
    linear(`${layer}.feed_forward.dense_1`, `block${block}/feedForward/inner`);
    linear(`${layer}.feed_forward.dense_2`, `block${block}/feedForward/outer`);
    norm(`${layer}.feed_forward.LayerNorm`, `block${block}/feedForwardNorm`);
  }
  return names;
}

/** A parameter of PyTorch, whose linear kernels are `[out, in]`. */
function asOurs(name: string, values: Nested): tf.Tensor {
  const tensor = tf.tensor(values);
  return name.endsWith('/kernel') ? tf.transpose(tensor) : tensor;
}
