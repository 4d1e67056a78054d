import { defineModel, layers, tf, type Histories, type RandomStream, type Recorder } from 'recsight/v1';

/*
 * A small sequential recommender: attention over the items of a history tells the next item. Change it as you like;
 * docs/own-models.md of RecSight explains all parts.
 *
 * Shapes in comments: B histories, T positions (padding first, the newest item last), d = hiddenSize.
 */
export default defineModel({
  title: 'New model',

  // What a config can set next to `type`. Literals only: the editor reads them without running this file.
  options: {
    maxSequenceLength: {
      type: 'integer',
      minimum: 1,
      maximum: 2048,
      default: 50,
      description: 'Maximum history length that is read; of longer histories, the newest items.',
    },
    hiddenSize: { type: 'integer', minimum: 1, default: 64, description: 'Width d of the item vectors.' },
    dropout: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description: 'Dropout rate in training.',
    },
  },

  create({ options, data, parameters, nextItem }) {
    const { maxSequenceLength, hiddenSize, dropout } = options;

    // Everything that training changes. Row 0 of the item table is the padding of short histories.
    const small = { kind: 'normal', deviation: 0.02 } as const;
    const items = parameters.create('items', [data.numItems + 1, hiddenSize], small);
    const positions = parameters.create('positions', [maxSequenceLength, hiddenSize], small);
    const linear = (name: string) => parameters.createLinear(name, hiddenSize, hiddenSize);
    const attentionNorm = parameters.createLayerNorm('attentionNorm', hiddenSize);
    const query = linear('query');
    const key = linear('key');
    const value = linear('value');
    const output = linear('output');
    const feedForwardNorm = parameters.createLayerNorm('feedForwardNorm', hiddenSize);
    const inner = linear('inner');
    const outer = linear('outer');
    const finalNorm = parameters.createLayerNorm('finalNorm', hiddenSize);

    // Batches, loss and ranking: the score of an item is the product of the newest state and the item's vector.
    const prediction = nextItem(items, { maxSequenceLength, loss: { type: 'crossEntropy' } });

    /** A state for each position, [B, T, d]. `random` is null outside training. */
    function encode(histories: Histories, random: RandomStream | null, record?: Recorder): tf.Tensor3D {
      const vectors = layers.embeddingLookup(items, layers.historyItems(histories)); // [B, T, d]
      const places = tf.slice(positions, [maxSequenceLength - histories.length, 0]); // [T, d]
      let x: tf.Tensor3D = layers.dropout(tf.add(vectors, places), dropout, random);

      const [q, k, v] = layers.projections(x, [query, key, value], attentionNorm);
      const mixed = layers.attention({
        query: q,
        key: k,
        value: v,
        causal: true, // no position sees a later one
        keyMask: layers.itemMask(histories), // nor the padding
        dropout,
        random,
        record: record && ((weights) => record('attention', weights)),
      });
      x = layers.residualLinear(mixed, output, x, dropout, random);
      x = layers.feedForward({
        x,
        normalization: feedForwardNorm,
        inner,
        outer,
        activation: 'gelu',
        innerDropout: dropout,
        outerDropout: dropout,
        random,
      });
      return layers.layerNorm(x, finalNorm);
    }

    return {
      batches: prediction.batches,
      embeddings: [prediction.items], // tables that Show Embedding Projection offers
      attentions: [
        // weights that Show Attention offers
        {
          name: 'attention',
          label: 'Attention',
          of: 'user',
          axes: ['head', 'position', 'position'],
          causal: true,
          normalized: true,
        },
      ],
      loss: (batch, random) => prediction.loss(batch, (histories) => encode(histories, random)),
      scoring: (histories, record, known) => prediction.scoring(encode(histories, null, record), known),
    };
  },
});
