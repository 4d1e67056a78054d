import { describe, expect, expectTypeOf, it } from 'vitest';
import { createOwnModel, ownImplementation } from '../../../src/userCode/ownModel';
import {
  defineMetric,
  defineModel,
  exampleBatches,
  layers,
  randomStream,
  RandomStream,
  tf,
  type DefinedModel,
  type ExampleBatch,
  type ModelContext,
  type ModelParts,
  type NextItemOptions,
} from '../../../src/userCode/v1';
import { useBackend } from '../compute/useBackend';
import { modelData, queryOf } from '../model/modelData';
import { checkTensors, lossOf, scoresOf, train, users } from '../model/nextItemModel';

const NUM_ITEMS = 40;

/** A state of each position: the mean of what came before, by attention. */
const attentive = defineModel({
  title: 'Attentive',
  options: {
    hiddenSize: { type: 'integer', minimum: 1, default: 8 },
    dropout: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0 },
    pooling: { enum: ['attention', 'last'], default: 'attention' },
    normalize: { type: 'boolean', default: true },
    layerSizes: { type: 'array', items: { type: 'integer' }, default: [] },
  },
  create({ options, data, parameters, nextItem }) {
    expectTypeOf(options.hiddenSize).toEqualTypeOf<number>();
    expectTypeOf(options.pooling).toEqualTypeOf<'attention' | 'last'>();
    expectTypeOf(options.normalize).toEqualTypeOf<boolean>();
    expectTypeOf(options.layerSizes).toEqualTypeOf<readonly number[]>();
    const width = options.hiddenSize;
    const items = parameters.create('items', [data.numItems + 1, width], { kind: 'normal', deviation: 0.3 });
    const block = parameters.createTransformerBlock('attention', { width, dropout: options.dropout });
    const prediction = nextItem(items, { maxSequenceLength: 5 });
    return {
      batches: prediction.batches,
      embeddings: [prediction.items],
      attentions: [
        {
          name: 'attention',
          label: 'Attention',
          of: 'user',
          axes: ['head', 'position', 'position'],
          causal: true,
          normalized: true,
        },
      ],
      loss: (batch, random) =>
        prediction.loss(batch, (histories) => {
          const vectors = layers.embeddingLookup(items, layers.historyItems(histories));
          return layers.transformerBlock(vectors, block, { keyMask: layers.itemMask(histories), random });
        }),
      scoring(query, record, known) {
        const vectors = layers.embeddingLookup(items, layers.historyItems(query));
        const keyMask = layers.itemMask(query);
        return prediction.scoring(
          layers.transformerBlock(vectors, block, { keyMask, random: null, record }),
          known,
        );
      },
    };
  },
});

const OPTIONS = { hiddenSize: 8, dropout: 0, pooling: 'attention', normalize: true, layerSizes: [] };

/** A model whose states are the mean of a history's items, with parts replaced. */
function meanModel(
  change: (parts: ModelParts, context: ModelContext) => object = (parts) => parts,
  options: Partial<NextItemOptions> = { trainOn: 'last' },
): DefinedModel {
  return defineModel({
    title: 'Mean',
    create(context) {
      const { data, parameters, nextItem } = context;
      const items = parameters.create('items', [data.numItems + 1, 4], { kind: 'normal', deviation: 1 });
      const prediction = nextItem(items, { maxSequenceLength: 5, ...options });
      const mean = (histories: Parameters<typeof layers.historyItems>[0]) =>
        layers.embeddingBag(items, layers.historyItems(histories), 'mean');
      const parts: ModelParts = {
        batches: prediction.batches,
        loss: (batch) => prediction.loss(batch, mean),
        scoring: (query, _record, known) => prediction.scoring(mean(query), known),
      };
      return change(parts, context) as ModelParts;
    },
  });
}

const create = (definition: DefinedModel, options: object = {}) =>
  createOwnModel(definition, options, modelData(NUM_ITEMS), 1);

describe('a model of a model file', () => {
  useBackend('wasm');

  it('learns the next item, and leaves no tensors', () => {
    const model = createOwnModel(attentive, OPTIONS, modelData(NUM_ITEMS), 1);
    const { rows, targets } = users(NUM_ITEMS);
    const batch = {
      kind: 'sequences' as const,
      size: rows.length,
      length: rows[0]!.length,
      users: new Int32Array(rows.length),
      items: Int32Array.from(rows.flat()),
      targets: Int32Array.from(targets.flat()),
      negatives: null,
      numNegatives: 0,
    };
    const start = lossOf(model, batch);
    train(model, () => batch, 60);
    expect(lossOf(model, batch)).toBeLessThan(start / 2);
    checkTensors(model, batch);
  });

  it('draws the same parameters from the same seed, and names where each was made', () => {
    const [one, same] = [1, 2].map(() => createOwnModel(attentive, OPTIONS, modelData(9), 7));
    expect([...one!.variables.keys()]).toContain('attention/attention/query/kernel');
    for (const [name, variable] of one!.variables) {
      expect(same!.variables.get(name)!.dataSync()).toEqual(variable.dataSync());
      expect(one!.madeAt(name)!.stack).toContain('ownModel.test.ts');
    }
  });

  it('records attention where someone wants it', () => {
    const model = createOwnModel(attentive, OPTIONS, modelData(NUM_ITEMS), 1);
    const shapes: number[][] = [];
    tf.tidy(() => {
      model.scoring(queryOf([0, 1, 2], [3, 4, 5]), (name, { shape }) => {
        expect(name).toBe('attention');
        shapes.push(shape);
      });
    });
    expect(shapes).toEqual([[2, 1, 3, 3]]);
  });

  it('scores by the last of all states, and by a state for each history', () => {
    expect(scoresOf(create(attentive, OPTIONS), [1, 2, 3])[0]).toHaveLength(NUM_ITEMS);
    expect(scoresOf(create(meanModel()), [1, 2, 3])[0]).toHaveLength(NUM_ITEMS);
  });

  it('learns from examples of its own request', () => {
    const definition = meanModel((parts, { parameters }) => {
      const bias = parameters.create('bias', [NUM_ITEMS + 1, 1], { kind: 'constant', value: 0 });
      return {
        ...parts,
        batches: exampleBatches({
          maxLength: 3,
          minLength: 0,
          numNegatives: 2,
          sampler: 'uniform',
          negativeHistories: false,
        }),
        loss({ candidates, size }: ExampleBatch) {
          const scores = layers.embeddingLookup(bias, tf.tensor2d(candidates, [size, 3], 'int32'));
          return layers.sampledCrossEntropy(tf.squeeze<tf.Tensor2D>(scores, [2]));
        },
      };
    });
    const model = create(definition);
    const data = {
      numUsers: 1,
      numItems: NUM_ITEMS,
      offsets: Uint32Array.of(0, 4),
      trainEnd: Uint32Array.of(4),
      items: Uint32Array.of(1, 2, 3, 4),
      times: null,
    };
    expect(lossOf(model, model.batches.build(data, 4, 1).batch(1, 0))).toBeCloseTo(Math.log(3), 5);
  });

  it('counts its parameters, and what a step takes where it says so', () => {
    const context = { data: modelData(NUM_ITEMS), batchSize: 10, threads: 1 };
    const before = tf.memory().numTensors;
    expect(ownImplementation(meanModel()).size({}, context)).toEqual({
      parameters: (NUM_ITEMS + 1) * 4,
      activations: 0,
    });
    const says = meanModel((parts) => ({ ...parts, activations: (batchSize: number) => 7 * batchSize }));
    expect(ownImplementation(says).size({}, context).activations).toBe(70);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps constants that it makes for as long as it lives', () => {
    const before = tf.memory().numTensors;
    const model = create(
      meanModel((parts) => {
        const scale = tf.scalar(2);
        return { ...parts, loss: () => tf.mul(scale, 3) };
      }),
    );
    expect(lossOf(model, { size: 1 })).toBe(6);
    expect(lossOf(model, { size: 1 })).toBe(6);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const rejected: Record<string, [DefinedModel, RegExp]> = {
    'parts without batches': [
      meanModel((parts) => ({ ...parts, batches: undefined })),
      /must return `batches`: those of `nextItem`/,
    ],
    'parts without a loss': [
      meanModel((parts) => ({ ...parts, loss: 3 })),
      /a function `loss\(batch, random\)`/,
    ],
    'two views of one name': [
      meanModel((parts) => ({ ...parts, embeddings: [{ name: 'a' }, { name: 'a' }] })),
      /each of `embeddings` with a name of its own; two are named `a`/,
    ],
    'a variable that is no parameter': [
      meanModel((parts) => {
        tf.variable(tf.zeros([2, 3]));
        return parts;
      }),
      /made the variable \S+ \[2, 3\] with `tf.variable`, which is neither trained nor stored/,
    ],
    'a table of another size': [
      defineModel({
        title: 'Table',
        create({ parameters, nextItem }) {
          const items = parameters.create('items', [3, 4], { kind: 'constant', value: 0 });
          return nextItem(items, { maxSequenceLength: 5 }) as never;
        },
      }),
      /has the shape \[3, 4\]; `nextItem` expected \[41, d\]/,
    ],
    'a loss that there is not': [
      meanModel((parts) => parts, { loss: { type: 'bpr', numNegatives: 0 } }),
      /The option `loss.numNegatives` of `nextItem`/,
    ],
  };
  it.each(Object.entries(rejected))('rejects %s', (_, [definition, message]) => {
    expect(() => create(definition)).toThrow(message);
  });

  it('says which shapes states have and should have', () => {
    const batch = {
      ...{
        kind: 'sequences',
        size: 2,
        length: 3,
        users: new Int32Array(2),
        negatives: null,
        numNegatives: 0,
      },
      items: Int32Array.of(1, 2, 3, 4, 5, 6),
      targets: Int32Array.of(2, 3, 4, 5, 6, 7),
    };
    expect(() => lossOf(create(meanModel(undefined, {})), batch)).toThrow(
      /The states have the shape \[2, 4\], one for each history, but every position learns its next item/,
    );
    const narrow = defineModel({
      title: 'Narrow',
      create({ data, parameters, nextItem }) {
        const items = parameters.create('items', [data.numItems + 1, 4], { kind: 'constant', value: 0 });
        const prediction = nextItem(items, { maxSequenceLength: 5 });
        return {
          batches: prediction.batches,
          loss: (given) => prediction.loss(given, ({ size, length }) => tf.zeros([size, length, 3])),
          scoring: ({ size }) => prediction.scoring(tf.zeros([size, 3])),
        };
      },
    });
    expect(() => lossOf(create(narrow), batch)).toThrow(/\[2, 3, 3\], but the item table is 4 wide/);
    expect(() => scoresOf(create(narrow), [1])).toThrow(/\[1, 3\], but the item table is 4 wide/);
  });
});

describe('a metric of a metric file', () => {
  it('is what it was defined as', () => {
    const metric = defineMetric({
      title: 'First',
      definition: 'Whether the first item is relevant.',
      higherIsBetter: true,
      needs: 'rank',
      of: ({ places }) => (places[0] === 1 ? 1 : 0),
    });
    expect(metric).toMatchObject({ kind: 'metric', needs: 'rank' });
  });
});

describe('random numbers of own batch builders', () => {
  it('depend on what they are named by, and are no other stream of the seed', () => {
    const first = (stream: RandomStream) => stream.nextUint32();
    expect(first(randomStream(1, 2, 3))).toBe(first(randomStream(1, 2, 3)));
    expect(first(randomStream(1, 2, 3))).not.toBe(first(randomStream(1, 3, 2)));
    expect(first(randomStream(1, 2, 3))).not.toBe(first(new RandomStream(1, 2, 3)));
  });
});
