import type * as tf from '@tensorflow/tfjs-core';
import type { GruParameters } from '../../compute/layers/gru';
import type { LayerNormalization } from '../../compute/layers/layerNorm';
import type { Activation } from '../../compute/layers/linear';
import type { Projection } from '../../compute/layers/projections';
import { Parameters, type Initializer } from '../../compute/parameters';
import { createDense } from '../../model/parts/dense';
import { createGru } from '../../model/parts/gruLayer';
import { createLayerNorm, createTransformerBlock } from '../../model/parts/transformerBlock';

/** Options of a transformer block; `width` is all that must be said. */
export interface BlockOptions {
  /** Width d of its input and output. */
  width: number;
  /** Width of the feed-forward layer's hidden part; `width` if left out. */
  innerSize?: number;
  /** 1 if left out. */
  numHeads?: number;
  /** Position i sees no later position. Yes if left out. */
  causal?: boolean;
  /** Of the feed-forward layer; `gelu` if left out. */
  activation?: Activation;
  /** Rate of all dropout in the block; 0 if left out. */
  dropout?: number;
}

/** Parameters of `layers.transformerBlock`, which alone knows what is in them. */
export interface TransformerBlock {
  /** The name that attention weights are recorded under. */
  readonly name: string;
}

/** Added to the variance by layer normalization. */
const NORM_EPSILON = 1e-8;

/**
 * Makes a model's parameters. Each has a name, under which checkpoints store it, and starts from a stream of random numbers of
 * its own, drawn from the run's seed. Variables made with `tf.variable` are neither trained nor stored.
 */
export class ModelParameters {
  /** Where each was made, for messages. */
  readonly #madeAt = new Map<string, Error>();
  readonly #parameters: Parameters;

  /** @internal */
  constructor(seed: number) {
    this.#parameters = new Parameters(seed);
  }

  /**
   * Makes a parameter, which the optimizer trains.
   * @param name unique; a path such as `block0/query`
   * @param initializer what it starts from
   */
  create(name: string, shape: [number], initializer: Initializer): tf.Variable<tf.Rank.R1>;
  create(name: string, shape: [number, number], initializer: Initializer): tf.Variable<tf.Rank.R2>;
  create(name: string, shape: [number, number, number], initializer: Initializer): tf.Variable<tf.Rank.R3>;
  create(name: string, shape: number[], initializer: Initializer): tf.Variable;
  create(name: string, shape: number[], initializer: Initializer): tf.Variable {
    return this.#made(name, () => this.#parameters.create(name, shape, initializer));
  }

  /** Makes a vector that checkpoints store and no optimizer changes, such as a running mean. It starts at `value`. */
  createStatistic(name: string, size: number, value: number): tf.Variable<tf.Rank.R1> {
    const variable = this.#made(name, () => this.#parameters.createStatistic(name, size, value));
    return variable as tf.Variable<tf.Rank.R1>;
  }

  /**
   * Makes the parameters of `layers.linear`: `<name>/kernel` `[inputSize, outputSize]`, and `<name>/bias`, which starts at 0.
   * @param initializer of the kernel; `glorotUniform` if left out
   */
  createLinear(name: string, inputSize: number, outputSize: number, initializer?: Initializer): Projection {
    return this.#made(name, () => createDense(this.#parameters, name, inputSize, outputSize, initializer));
  }

  /** Makes the parameters of `layers.layerNorm`: `<name>/gamma`, which starts at 1, and `<name>/beta`, at 0. */
  createLayerNorm(name: string, width: number): LayerNormalization {
    return this.#made(name, () => createLayerNorm(this.#parameters, name, width, NORM_EPSILON));
  }

  /** Makes the parameters of `layers.gru`; its recurrent kernel starts orthogonal. */
  createGru(name: string, inputSize: number, width: number): GruParameters {
    return this.#made(name, () => createGru(this.#parameters, name, inputSize, width, 'orthogonal', 0));
  }

  /** Makes the parameters of `layers.transformerBlock`. */
  createTransformerBlock(name: string, options: BlockOptions): TransformerBlock {
    const { width, dropout = 0 } = options;
    return this.#made(name, () =>
      createTransformerBlock(this.#parameters, name, {
        innerSize: width,
        numHeads: 1,
        causal: true,
        activation: 'gelu',
        ...options,
        outputProjection: true,
        normEpsilon: NORM_EPSILON,
        dropout: { attention: dropout, attentionOutput: dropout, inner: dropout, outer: dropout },
        kernelInitializer: () => ({ kind: 'glorotUniform' }),
      }),
    );
  }

  /** @internal */
  get own(): Parameters {
    return this.#parameters;
  }

  /**
   * An error made where the model file made this parameter, for its stack.
   * @internal
   */
  madeAt(name: string): Error | undefined {
    return this.#madeAt.get(name);
  }

  #made<T>(name: string, make: () => T): T {
    const before = new Set(this.#parameters.state.keys());
    const made = make();
    const place = new Error(name);
    for (const key of this.#parameters.state.keys()) if (!before.has(key)) this.#madeAt.set(key, place);
    return made;
  }
}
