import * as tf from '@tensorflow/tfjs-core';
import { attend } from '../compute/layers/attention';
import { dropout } from '../compute/layers/dropout';
import { embeddingLookup } from '../compute/layers/embedding';
import { layerNorm } from '../compute/layers/layerNorm';
import { linear } from '../compute/layers/linear';
import { binaryCrossEntropy, candidateCrossEntropy, rowwiseScores } from '../compute/layers/losses';
import { projections, type Projection } from '../compute/layers/projections';
import { residualLinear } from '../compute/layers/residualLinear';
import { Parameters } from '../compute/parameters';
import type { RandomStream } from '../compute/random';
import type { SasrecConfig } from '../config/models/sasrec';
import type {
  AttentionView,
  EmbeddingView,
  Model,
  ModelData,
  ModelSize,
  ProductScoring,
  Query,
  SequenceBatch,
  SequenceRequest,
  SizeContext,
} from './model';

const LAYER_NORM_EPSILON = 1e-8;

interface Norm {
  gamma: tf.Tensor1D;
  beta: tf.Tensor1D;
}

/** Parameters of one transformer block. */
interface Block {
  query: Projection;
  key: Projection;
  value: Projection;
  output: Projection;
  attentionNorm: Norm;
  inner: Projection;
  outer: Projection;
  feedForwardNorm: Norm;
}

/**
 * SASRec (Kang and McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018, arXiv 1808.09781).
 *
 * Item and position vectors are added (section III-A), pass through causal self-attention blocks (III-B to III-D), and the
 * state at each position is scored against the item vectors themselves (III-E, shared embedding).
 *
 * Where the public implementations differ from the paper or from each other, this is the corrected form: padded keys are
 * masked, several heads are real heads with an output projection, LayerNorm sits before each sub-layer or after its
 * residual, and the padding's vector is zero and no candidate.
 *
 * Shapes in comments: B users, T positions, d = hiddenSize, N items, P positions that have a target.
 */
export class Sasrec implements Model {
  readonly batches: SequenceRequest;
  readonly embeddings: readonly EmbeddingView[];
  readonly attentions: readonly AttentionView[] = [];
  readonly #config: SasrecConfig;
  readonly #numItems: number;
  readonly #parameters: Parameters;
  readonly #itemEmbedding: tf.Variable; // [N + 1, d]; row 0 is the padding
  readonly #positionEmbedding: tf.Variable; // [maxSequenceLength, d]
  readonly #blocks: Block[];
  readonly #finalNorm: Norm;

  constructor(config: SasrecConfig, { numItems }: ModelData, seed: number) {
    this.#config = config;
    this.#numItems = numItems;
    this.batches = {
      kind: 'sequences',
      maxLength: config.maxSequenceLength,
      numNegatives: config.loss.type === 'bce' ? config.loss.numNegatives : 0,
      sampler: 'unconsumed',
      sharedNegatives: false,
    };
    this.embeddings = [
      { name: 'items', label: 'Items', rows: 'items', vectors: () => this.#items() },
      {
        name: 'positions',
        label: 'Positions',
        rows: 'positions',
        vectors: () => tf.clone(this.#positionEmbedding) as tf.Tensor2D,
      },
    ];

    const parameters = new Parameters(seed);
    const width = config.hiddenSize;
    const embedding = { kind: 'normal', deviation: config.initializerRange } as const;
    this.#parameters = parameters;
    this.#itemEmbedding = parameters.create('itemEmbedding', [numItems + 1, width], embedding);
    this.#positionEmbedding = parameters.create(
      'positionEmbedding',
      [config.maxSequenceLength, width],
      embedding,
    );
    this.#blocks = Array.from({ length: config.numBlocks }, (_, index) =>
      createBlock(parameters, `block${index}`, width, config.innerSize ?? width),
    );
    this.#finalNorm = createNorm(parameters, 'finalNorm', width);
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#parameters.state;
  }

  loss(batch: SequenceBatch, random: RandomStream): tf.Scalar {
    const { positions, targets } = positionsWithTarget(batch);
    const states = this.#encode(batch.items, batch.size, batch.length, random);
    const flat: tf.Tensor2D = tf.reshape(states, [-1, this.#config.hiddenSize]);
    const read = embeddingLookup(flat, tf.tensor1d(positions, 'int32'));
    const learned = norm(read, this.#finalNorm) as tf.Tensor2D; // [P, d]

    if (this.#config.loss.type === 'crossEntropy') {
      const rows = targets.map((item) => item - 1); // the catalogue's rows start with item 1
      return candidateCrossEntropy(learned, this.#items(), tf.tensor1d(rows, 'int32'));
    }
    const candidates = targetsAndNegatives(targets, positions, batch); // [P, 1 + k]
    const logits = rowwiseScores(learned, this.#itemEmbedding as tf.Tensor2D, candidates);
    return targetAgainstSampled(logits);
  }

  scoring({ histories, size, length }: Query): ProductScoring {
    const encoded = this.#encode(histories, size, length, null);
    const last = tf.squeeze<tf.Tensor2D>(tf.slice(encoded, [0, length - 1, 0], [size, 1, -1]), [1]);
    return { kind: 'product', states: norm(last, this.#finalNorm) as tf.Tensor2D, items: this.#items() };
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  /** States of all positions before the final norm, `[B, T, d]`. `random` is null outside training. */
  #encode(sequences: Int32Array, size: number, length: number, random: RandomStream | null): tf.Tensor {
    const { dropout: rate, normalization, maxSequenceLength } = this.#config;
    const present = new Float32Array(sequences.length);
    for (let place = 0; place < present.length; place++) present[place] = sequences[place] === 0 ? 0 : 1;
    const mask = tf.tensor2d(present, [size, length]);

    const width = this.#config.hiddenSize;
    const embedded = embeddingLookup(
      this.#itemEmbedding as tf.Tensor2D,
      tf.tensor2d(sequences, [size, length], 'int32'),
    ); // [B, T, d]
    const items = this.#config.scaleEmbedding ? tf.mul(embedded, Math.sqrt(width)) : embedded;
    const positions = tf.slice(this.#positionEmbedding, [maxSequenceLength - length, 0], [length, -1]);
    // Padding is no key of attention, and nothing else looks from one position to another: its states reach nobody.
    let x = dropout(tf.add(items, positions), rate, random);
    for (const block of this.#blocks) {
      x =
        normalization === 'pre'
          ? this.#preNormBlock(block, x, mask, random)
          : this.#postNormBlock(block, x, mask, random);
    }
    return x;
  }

  /** x + Attention(LN(x)), then x + FFN(LN(x)). */
  #preNormBlock(block: Block, x: tf.Tensor, mask: tf.Tensor2D, random: RandomStream | null): tf.Tensor {
    const attended = this.#addAttention(block, x, norm(x, block.attentionNorm), mask, random);
    return this.#addFeedForward(block, attended, norm(attended, block.feedForwardNorm), random);
  }

  /** LN(x + Attention(x)), then LN(x + FFN(x)). */
  #postNormBlock(block: Block, x: tf.Tensor, mask: tf.Tensor2D, random: RandomStream | null): tf.Tensor {
    const attended = norm(this.#addAttention(block, x, x, mask, random), block.attentionNorm);
    return norm(this.#addFeedForward(block, attended, attended, random), block.feedForwardNorm);
  }

  /** residual + dropout(Attention(x)) */
  #addAttention(
    block: Block,
    residual: tf.Tensor,
    x: tf.Tensor,
    mask: tf.Tensor2D,
    random: RandomStream | null,
  ): tf.Tensor {
    const { numHeads, dropout: rate } = this.#config;
    const [query, key, value] = projections(x, [block.query, block.key, block.value]);
    const mixed = attend({ query, key, value, numHeads, causal: true, keyMask: mask, dropout: rate, random });
    return residualLinear(mixed, block.output, residual, rate, random);
  }

  /** residual + dropout(FFN(x)) */
  #addFeedForward(block: Block, residual: tf.Tensor, x: tf.Tensor, random: RandomStream | null): tf.Tensor {
    const { activation, dropout: rate } = this.#config;
    const { kernel, bias } = block.inner;
    const inner = dropout(linear(x, kernel, bias, activation), rate, random);
    return residualLinear(inner, block.outer, residual, rate, random);
  }

  /** The vectors of all items without the padding, `[N, d]`. */
  #items(): tf.Tensor2D {
    return tf.slice(this.#itemEmbedding, [1, 0], [this.#numItems, -1]) as tf.Tensor2D;
  }
}

/** How much a SASRec takes. Every layer's output stays until the backward pass is through, and so does its gradient. */
export function sasrecSize(
  {
    hiddenSize: d,
    innerSize,
    numBlocks,
    numHeads,
    maxSequenceLength: length,
    dropout: rate,
    loss,
  }: SasrecConfig,
  { data: { numItems }, batchSize, threads }: SizeContext,
): ModelSize {
  const inner = innerSize ?? d;
  const positions = batchSize * length;
  const block = 4 * (d * d + d) + 2 * d * inner + inner + d + 4 * d;
  const dropped = rate > 0 ? 1 : 0;
  // Norm, query, key, value, mixed, sum, norm, inner, sum, each with its gradient; the weights have none that stays.
  const perBlock = 2 * (8 * d + (1 + dropped) * inner) + numHeads * length;
  const perPosition = (5 + dropped) * d + numBlocks * perBlock + 4 * d;
  // Gradients of the catalogue, one for each thread and two more, and a block of scores for each thread.
  const scoreRows = Math.min(64, Math.max(16, 524_288 / numItems));
  const perLoss =
    loss.type === 'crossEntropy'
      ? (2 + threads) * numItems * d + threads * scoreRows * numItems + positions * d
      : 2 * numItems * d + positions * (6 * (1 + loss.numNegatives) + 3 * d);
  return {
    parameters: (numItems + 1 + length + 2) * d + numBlocks * block,
    activations: positions * perPosition + perLoss,
  };
}

function createBlock(parameters: Parameters, name: string, width: number, innerSize: number): Block {
  return {
    query: createDense(parameters, `${name}/attention/query`, width, width),
    key: createDense(parameters, `${name}/attention/key`, width, width),
    value: createDense(parameters, `${name}/attention/value`, width, width),
    output: createDense(parameters, `${name}/attention/output`, width, width),
    attentionNorm: createNorm(parameters, `${name}/attentionNorm`, width),
    inner: createDense(parameters, `${name}/feedForward/inner`, width, innerSize),
    outer: createDense(parameters, `${name}/feedForward/outer`, innerSize, width),
    feedForwardNorm: createNorm(parameters, `${name}/feedForwardNorm`, width),
  };
}

function createDense(
  parameters: Parameters,
  name: string,
  inputSize: number,
  outputSize: number,
): Projection {
  return {
    kernel: parameters.create(`${name}/kernel`, [inputSize, outputSize], {
      kind: 'glorotUniform',
    }) as tf.Tensor2D,
    bias: parameters.create(`${name}/bias`, [outputSize], { kind: 'constant', value: 0 }) as tf.Tensor1D,
  };
}

function createNorm(parameters: Parameters, name: string, width: number): Norm {
  return {
    gamma: parameters.create(`${name}/gamma`, [width], { kind: 'constant', value: 1 }) as tf.Tensor1D,
    beta: parameters.create(`${name}/beta`, [width], { kind: 'constant', value: 0 }) as tf.Tensor1D,
  };
}

function norm(x: tf.Tensor, { gamma, beta }: Norm): tf.Tensor {
  return layerNorm(x, gamma, beta, LAYER_NORM_EPSILON);
}

/** Flat indices of the positions that have a target, and those targets. */
function positionsWithTarget({ targets }: SequenceBatch): { positions: Int32Array; targets: Int32Array } {
  const positions = new Int32Array(targets.length);
  let count = 0;
  for (let place = 0; place < targets.length; place++) if (targets[place] !== 0) positions[count++] = place;
  const learned = positions.slice(0, count);
  return { positions: learned, targets: learned.map((place) => targets[place]!) };
}

/** For each of the given positions its target and then its negatives, int32 `[P, 1 + k]`. */
function targetsAndNegatives(
  targets: Int32Array,
  positions: Int32Array,
  { negatives, numNegatives }: SequenceBatch,
): tf.Tensor2D {
  if (negatives === null) throw new Error('This loss needs sampled negatives, and the batch has none.');
  const columns = 1 + numNegatives;
  const items = new Int32Array(positions.length * columns);
  for (let row = 0; row < positions.length; row++) {
    items[row * columns] = targets[row]!;
    const from = positions[row]! * numNegatives;
    for (let k = 0; k < numNegatives; k++) items[row * columns + 1 + k] = negatives[from + k]!;
  }
  return tf.tensor2d(items, [positions.length, columns], 'int32');
}

/**
 * Binary cross-entropy in which a row's negatives weigh as much together as its target, as a sum of both means:
 * mean of −log σ(target) plus mean of −log(1 − σ(negative)).
 * @param logits `[P, 1 + k]`, the target first
 */
function targetAgainstSampled(logits: tf.Tensor2D): tf.Scalar {
  const [rows, columns] = logits.shape;
  const labels = new Float32Array(rows * columns);
  const weights = new Float32Array(rows * columns).fill(1 / (columns - 1));
  for (let target = 0; target < labels.length; target += columns) labels[target] = weights[target] = 1;
  const shape: [number, number] = [rows, columns];
  const mean = binaryCrossEntropy(logits, tf.tensor2d(labels, shape), tf.tensor2d(weights, shape));
  return tf.mul(mean, 2);
}
