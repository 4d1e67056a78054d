import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../compute/parameters';
import type { RandomStream } from '../../compute/random';
import type { FeatureEmbedding, LookupOptions } from '../parts/featureEmbedding';
import { createMlp, mlp, type Mlp } from '../parts/multilayerPerceptron';
import type { StatisticsMode } from '../parts/runningStatistics';

/**
 * The layers of LibRecommender: batch norm of the input; then linear → activation → batch norm → dropout, and after the last
 * layer nothing.
 */
const LAYERS = {
  activation: 'relu',
  linearLast: true,
  dropoutAt: 'output',
  batchNorm: 'afterActivation',
  batchNormInput: true,
  decay: 0.99,
  epsilon: 1e-3,
} as const;
/** Below the square of any length that comes up: a vector of zeros stays one. */
const LEAST_SQUARE = 1e-12;
/** Rows that go through a tower at once where there is no end to them. */
const BLOCK = 16_384;

export interface TowerOptions {
  of: 'users' | 'items';
  /** Of ids and features; null where only what comes beside them is read. */
  embedding: FeatureEmbedding | null;
  /** Width of what comes beside ids and features; 0 for nothing. */
  contextWidth: number;
  /** Whether training knows an id. */
  isKnown: (id: number) => boolean;
  hiddenSizes: readonly number[];
  useBatchNorm: boolean;
  dropout: number;
  /** Whether vectors are scaled to length 1. */
  normalizeOutput: boolean;
  /** Share of ids that training takes for unknown. */
  idDropout: number;
}

/** How rows go through a tower. */
export interface TowerPass extends LookupOptions {
  /** Null outside training. */
  training: RandomStream | null;
  statistics?: StatisticsMode;
  /** What is known beside ids and features, `[ids, contextWidth]`. */
  context?: tf.Tensor2D | null;
}

/** Vectors of ids, and what there is of them for ids that training does not know. */
interface IdVectors {
  table: tf.Tensor2D;
  /** Row that stands for the unknown: of items that of the padding, of users the last. */
  unknown: number;
  /** 1 for each row that training learns, otherwise 0. */
  known: Float32Array;
}

/**
 * A network that makes a vector of an id, its features, and of what else is known. An id that training does not know has
 * the mean of all learned vectors, or, where training drops ids, the vector that it learns in their place.
 *
 * Shapes in comments: R rows, d = width of the last layer.
 */
export class Tower {
  readonly #options: TowerOptions;
  readonly #layers: Mlp;
  readonly #ids: IdVectors | null;

  /** Makes the layers `<name>/<n>/…`. */
  constructor(parameters: Parameters, name: string, options: TowerOptions) {
    this.#options = options;
    const { of, embedding, contextWidth, isKnown, hiddenSizes, useBatchNorm, dropout } = options;
    const inputWidth = (embedding?.width ?? 0) + contextWidth;
    this.#layers = createMlp(parameters, name, inputWidth, hiddenSizes, {
      ...LAYERS,
      dropout,
      ...(!useBatchNorm && { batchNorm: 'none', batchNormInput: false }),
    });
    const table = embedding?.ids ?? null;
    this.#ids = table && idVectors(table, of === 'items' ? 0 : table.shape[0] - 1, isKnown);
  }

  /** `[R, d]` */
  run(ids: Int32Array, { training, statistics, context = null, ...lookup }: TowerPass): tf.Tensor2D {
    const { embedding, normalizeOutput } = this.#options;
    const own = (embedding?.lookup(ids, [ids.length], lookup) ?? null) as tf.Tensor2D | null;
    const parts = [own, context].filter((part) => part !== null);
    const output = mlp(parts.length === 1 ? parts[0]! : tf.concat2d(parts, 1), this.#layers, {
      training,
      ...(statistics !== undefined && { statistics }),
    });
    if (!normalizeOutput) return output;
    const squares = tf.sum(tf.square(output), 1, true);
    return tf.mul(output, tf.rsqrt(tf.maximum(squares, LEAST_SQUARE)));
  }

  /** Vectors in training, some of whose ids it takes for unknown, `[R, d]`. */
  train(ids: Int32Array, random: RandomStream, context: tf.Tensor2D | null = null): tf.Tensor2D {
    return this.run(ids, { training: random, context, ...this.trainingLookup(ids, random) });
  }

  /** Vectors outside training, in blocks, because there may be very many, `[R, d]`. */
  infer(
    ids: Int32Array,
    lookup: Pick<LookupOptions, 'unknown'> = {},
    context: tf.Tensor2D | null = null,
  ): tf.Tensor2D {
    const { idVector, ...others } = this.inferenceLookup(ids, lookup);
    const blocks: tf.Tensor2D[] = [];
    for (let from = 0; from < ids.length; from += BLOCK) {
      const block = ids.subarray(from, from + BLOCK);
      const pass: TowerPass = {
        ...others,
        training: null,
        context: context && tf.slice(context, [from, 0], [block.length, -1]),
        ...(idVector !== undefined && {
          idVector: { ...idVector, instead: idVector.instead.subarray(from, from + BLOCK) },
        }),
      };
      blocks.push(tf.tidy(() => this.run(block, pass)));
    }
    return blocks.length === 1 ? blocks[0]! : tf.concat2d(blocks, 0);
  }

  /** How ids are looked up in training, which takes some for unknown. */
  trainingLookup(ids: Int32Array, random: RandomStream): LookupOptions {
    const { idDropout } = this.#options;
    if (this.#ids === null || idDropout === 0) return {};
    const instead = Float32Array.from(ids, () => (random.nextFloat() < idDropout ? 1 : 0));
    return { idVector: { instead, vector: unknownVector(this.#ids) } };
  }

  /**
   * How ids are looked up outside training: with a vector in the place of those that it does not know. The padding among
   * them is left as it is.
   */
  inferenceLookup(ids: Int32Array, { unknown }: Pick<LookupOptions, 'unknown'> = {}): LookupOptions {
    const hidden = typeof unknown === 'string' ? { unknown } : {};
    const own = this.#ids;
    if (own === null) return hidden;
    const { of, idDropout } = this.#options;
    const padding = of === 'items' ? 0 : null;
    let anyCold = false;
    const instead = new Float32Array(ids.length);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      const isCold = unknown === null || (id !== padding && own.known[id < 0 ? own.unknown : id] === 0);
      if (!isCold) continue;
      instead[row] = 1;
      anyCold = true;
    }
    // The mean takes a pass over the whole table, so it is made only where somebody needs it.
    if (!anyCold) return hidden;
    return {
      ...hidden,
      idVector: { instead, vector: idDropout === 0 ? meanVector(own) : unknownVector(own) },
    };
  }
}

function idVectors(table: tf.Tensor2D, unknown: number, isKnown: (id: number) => boolean): IdVectors {
  const known = Float32Array.from({ length: table.shape[0] }, (_, row) =>
    row !== unknown && isKnown(row) ? 1 : 0,
  );
  return { table, unknown, known };
}

/** The vector that training learns for the unknown, `[1, width]`. */
function unknownVector({ table, unknown }: IdVectors): tf.Tensor2D {
  return tf.slice(table, [unknown, 0], [1, -1]);
}

/** Mean of the vectors that training learns, `[1, width]`. */
function meanVector({ table, known }: IdVectors): tf.Tensor2D {
  const count = known.reduce((sum, isKnown) => sum + isKnown, 0);
  return tf.tidy(() => tf.div(tf.matMul(tf.tensor2d(known, [1, known.length]), table), Math.max(1, count)));
}
