import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Adam } from '../../../src/compute/adam';
import { RandomStream } from '../../../src/compute/random';
import { sasrecSchema, type SasrecConfig } from '../../../src/config/models/sasrec';
import { Sasrec } from '../../../src/model/sasrec';
import type { ProductScoring, SequenceBatch } from '../../../src/model/model';
import { TEST_BACKENDS, useBackend } from '../compute/useBackend';
import { modelData, queryOf } from './modelData';

const NUM_ITEMS = 12;
const config = (change: Partial<SasrecConfig> = {}): SasrecConfig => ({
  ...sasrecSchema.parse({ type: 'sasrec', maxSequenceLength: 5, hiddenSize: 6, numBlocks: 2, dropout: 0 }),
  initializerRange: 0.5,
  ...change,
});

function batch(rows: number[][], targets: number[][], negatives: number[][] | null = null): SequenceBatch {
  return {
    kind: 'sequences',
    users: new Int32Array(rows.length),
    size: rows.length,
    length: rows[0]!.length,
    items: Int32Array.from(rows.flat()),
    targets: Int32Array.from(targets.flat()),
    negatives: negatives === null ? null : Int32Array.from(negatives.flat()),
    numNegatives: negatives === null ? 0 : 1,
  };
}

const scores = (model: Sasrec, ...rows: number[][]): number[][] =>
  tf.tidy(() => {
    const { states, items } = model.scoring(queryOf(...rows));
    return tf.matMul(states, items, false, true).arraySync() as number[][];
  });

const lossOf = (model: Sasrec, data: SequenceBatch): number =>
  model.loss(data, new RandomStream(1)).dataSync()[0]!;

interface PmixerCase {
  norm_first: boolean;
  num_heads: number;
  state_dict: Record<string, number[] | number[][] | number[][][]>;
  seq: number[][];
  pos: number[][];
  neg: number[][];
  pos_logits: number[][];
  neg_logits: number[][];
  predict_items: number[];
  predict: number[][];
}

/** Puts the weights of pmixer's PyTorch module (`[out, in]`) into our model (`[in, out]`). */
function loadPmixer(model: Sasrec, state: PmixerCase['state_dict']): void {
  const assign = (name: string, values: tf.Tensor) => {
    const variable = model.variables.get(name);
    if (variable === undefined) throw new Error(`no variable ${name}`);
    variable.assign(values);
  };
  const get = (name: string) => tf.tensor(state[name] as number[]);
  assign('itemEmbedding', get('item_emb.weight'));
  // Its position 0 is the padding's; ours has none.
  assign('positionEmbedding', tf.slice(get('pos_emb.weight'), [1, 0]));
  assign('finalNorm/gamma', get('last_layernorm.weight'));
  assign('finalNorm/beta', get('last_layernorm.bias'));
  for (const block of [0, 1]) {
    const kernels = tf.split(get(`attention_layers.${block}.in_proj_weight`), 3);
    const biases = tf.split(get(`attention_layers.${block}.in_proj_bias`), 3);
    ['query', 'key', 'value'].forEach((part, index) => {
      assign(`block${block}/attention/${part}/kernel`, tf.transpose(kernels[index]!));
      assign(`block${block}/attention/${part}/bias`, biases[index]!);
    });
    assign(
      `block${block}/attention/output/kernel`,
      tf.transpose(get(`attention_layers.${block}.out_proj.weight`)),
    );
    assign(`block${block}/attention/output/bias`, get(`attention_layers.${block}.out_proj.bias`));
    for (const [ours, theirs] of [
      ['attentionNorm', 'attention_layernorms'],
      ['feedForwardNorm', 'forward_layernorms'],
    ]) {
      assign(`block${block}/${ours}/gamma`, get(`${theirs}.${block}.weight`));
      assign(`block${block}/${ours}/beta`, get(`${theirs}.${block}.bias`));
    }
    for (const [ours, theirs] of [
      ['inner', 'conv1'],
      ['outer', 'conv2'],
    ]) {
      const kernel = tf.squeeze(get(`forward_layers.${block}.${theirs}.weight`), [2]);
      assign(`block${block}/feedForward/${ours}/kernel`, tf.transpose(kernel));
      assign(`block${block}/feedForward/${ours}/bias`, get(`forward_layers.${block}.${theirs}.bias`));
    }
  }
}

describe.each(TEST_BACKENDS)('SASRec on %s against pmixer/SASRec.pytorch', (backend) => {
  useBackend(backend);
  const { cases } = JSON.parse(readFileSync('test/golden/sasrec_pmixer.json', 'utf8')) as {
    cases: PmixerCase[];
  };

  it.each(
    cases.map((golden) => ({ golden, name: `norm_first ${golden.norm_first}, ${golden.num_heads} heads` })),
  )('$name: the same scores and loss for a history without padding', ({ golden }) => {
    const numItems = golden.state_dict['item_emb.weight']!.length - 1;
    const normalization = golden.norm_first ? 'pre' : 'post';
    const bce = { type: 'bce', numNegatives: 1 } as const;
    const model = new Sasrec(
      config({ normalization, numHeads: golden.num_heads, loss: bce }),
      modelData(numItems),
      1,
    );
    loadPmixer(model, golden.state_dict);

    // Rows with padding differ on purpose: pmixer lets padded keys take part in attention.
    const row = golden.seq.findIndex((sequence) => !sequence.includes(0));
    const predicted = scores(model, golden.seq[row]!)[0]!;
    golden.predict_items.forEach((item, index) => {
      expect(Math.abs(predicted[item - 1]! - golden.predict[row]![index]!)).toBeLessThan(1e-5);
    });

    const softplus = (x: number) => Math.log1p(Math.exp(x));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const expected =
      mean(golden.pos_logits[row]!.map((logit) => softplus(-logit))) +
      mean(golden.neg_logits[row]!.map(softplus));
    const data = batch([golden.seq[row]!], [golden.pos[row]!], [golden.neg[row]!]);
    expect(Math.abs(lossOf(model, data) - expected)).toBeLessThan(1e-5);
  });
});

describe.each(TEST_BACKENDS)('SASRec on %s', (backend) => {
  useBackend(backend);

  it.each(['pre', 'post'] as const)(
    'with %s-norm does not see padding: a longer row gives the same scores',
    (normalization) => {
      const model = new Sasrec(config({ normalization, numHeads: 2 }), modelData(NUM_ITEMS), 3);
      const [short] = scores(model, [4, 9, 2]);
      const [long] = scores(model, [0, 0, 4, 9, 2]);
      short!.forEach((value, index) => expect(value).toBeCloseTo(long![index]!, 5));
    },
  );

  it('does not see the future: the loss at a position ignores the items behind it', () => {
    const model = new Sasrec(config(), modelData(NUM_ITEMS), 3);
    const targets = [[0, 5, 0, 0]];
    const first = lossOf(model, batch([[1, 2, 3, 4]], targets));
    expect(lossOf(model, batch([[1, 2, 11, 12]], targets))).toBeCloseTo(first, 6);
    expect(Math.abs(lossOf(model, batch([[1, 7, 3, 4]], targets)) - first)).toBeGreaterThan(1e-4);
  });

  it('uses the order of items', () => {
    const model = new Sasrec(config(), modelData(NUM_ITEMS), 3);
    const [first] = scores(model, [1, 2, 3]);
    const [second] = scores(model, [2, 1, 3]);
    expect(Math.abs(first![0]! - second![0]!)).toBeGreaterThan(1e-4);
  });

  it.each([
    [
      'cross-entropy, pre-norm, relu',
      { normalization: 'pre', activation: 'relu', loss: { type: 'crossEntropy' } },
    ],
    [
      'BCE, post-norm, gelu, two heads',
      { normalization: 'post', activation: 'gelu', numHeads: 2, loss: { type: 'bce', numNegatives: 1 } },
    ],
  ] as const)('%s: gradients agree with finite differences', (_, change) => {
    const model = new Sasrec(config({ ...change, hiddenSize: 4, numBlocks: 1 }), modelData(6), 5);
    const data = batch(
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
      [
        [0, 2, 3],
        [4, 5, 6],
      ],
      [
        [0, 6, 6],
        [1, 1, 2],
      ],
    );
    const variables = [...model.variables.values()];
    const { grads } = tf.variableGrads(() => model.loss(data, new RandomStream(1)), variables);
    const step = 1e-2;
    let compared = 0;
    for (const [name, variable] of model.variables) {
      const gradient = grads[variable.name]!.dataSync();
      const values = Float32Array.from(variable.dataSync());
      for (const index of [0, Math.floor(values.length / 2), values.length - 1]) {
        const at = (shift: number): number => {
          const shifted = values.slice();
          shifted[index]! += shift;
          variable.assign(tf.tensor(shifted, variable.shape));
          return lossOf(model, data);
        };
        const numeric = (at(step) - at(-step)) / (2 * step);
        variable.assign(tf.tensor(values, variable.shape));
        expect(Math.abs(numeric - gradient[index]!), `${name}[${index}]`).toBeLessThan(
          2e-3 + 0.02 * Math.abs(numeric),
        );
        compared++;
      }
    }
    expect(compared).toBe(3 * model.variables.size);
  });

  it('keeps no tensors from step to step', () => {
    const model = new Sasrec(config({ dropout: 0.2 }), modelData(NUM_ITEMS), 2);
    const data = batch([[0, 1, 2, 3]], [[0, 2, 3, 4]]);
    const step = () => {
      const { value, grads } = tf.variableGrads(
        () => model.loss(data, new RandomStream(1)),
        [...model.variables.values()],
      );
      tf.dispose([value, grads]);
      const { states, items } = tf.tidy(
        () => model.scoring(queryOf([1, 2])) as ProductScoring & tf.TensorContainer,
      );
      tf.dispose([states, items]);
    };
    step();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 10; count++) step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('SASRec', () => {
  useBackend('wasm');

  it.each(['crossEntropy', 'bce'] as const)('learns a small dataset by heart with %s', (type) => {
    const loss = type === 'bce' ? ({ type, numNegatives: 1 } as const) : ({ type } as const);
    const model = new Sasrec(
      config({ loss, hiddenSize: 16, initializerRange: 0.1 }),
      modelData(NUM_ITEMS),
      2,
    );
    const rows = Array.from({ length: 8 }, (_, user) =>
      Array.from({ length: 5 }, (_, step) => 1 + ((user * 5 + step * (user + 1)) % NUM_ITEMS)),
    );
    const targets = rows.map((row) => row.map((item) => 1 + (item % NUM_ITEMS)));
    const negatives = rows.map((row) => row.map((item) => 1 + ((item + 4) % NUM_ITEMS)));
    const data = batch(rows, targets, type === 'bce' ? negatives : null);
    const adam = new Adam(model.variables, { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    for (let step = 0; step < 100; step++) {
      const { value, grads } = tf.variableGrads(
        () => model.loss(data, new RandomStream(step)),
        [...model.variables.values()],
      );
      adam.apply(model.variables, grads);
      tf.dispose([value, grads]);
    }
    expect(lossOf(model, data)).toBeLessThan(0.1);
  });
});
