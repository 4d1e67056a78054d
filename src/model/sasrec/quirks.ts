import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../../compute/layers/embedding';
import { layerNorm } from '../../compute/layers/layerNorm';
import { linear } from '../../compute/layers/linear';
import type { Histories } from '../model';
import { historyMask } from '../parts/historyMask';
import {
  addAttention,
  addFeedForward,
  type BlockPass,
  type TransformerBlock,
} from '../parts/transformerBlock';
import type { SasrecConfig } from './options';

/*
 * What public implementations of SASRec do otherwise than the paper, or than each other. Each has an option, and the presets
 * set all of them. With the defaults nothing here changes anything.
 */

/**
 * How padding is treated in a forward pass. By default nobody attends to it, and because nothing else looks from one position
 * to another, its states reach nobody.
 *
 * Shapes in comments: B users, T positions, d = hiddenSize.
 */
export class Padding {
  /** What the model reads: of T positions each. */
  readonly histories: Histories;
  /** `[B, T]`: 1 where there is an item, 0 where there is padding. */
  readonly present: tf.Tensor2D;
  readonly masks: Pick<BlockPass, 'keyMask' | 'queryMask'>;
  readonly #config: SasrecConfig;

  constructor(given: Histories, config: SasrecConfig) {
    const { padding, maxSequenceLength } = config;
    // Where padding is seen, how much of it a user sees must not depend on who else is in the batch.
    const length = padding === 'masked' ? given.length : Math.max(given.length, maxSequenceLength);
    this.histories = length === given.length ? given : widened(given, length);
    this.present = tf.tensor2d(historyMask(this.histories.histories), [given.size, length]);
    // A query of zeros divides its attention evenly: what the references' masking of padded queries comes to.
    this.masks = {
      keyMask: padding === 'masked' ? this.present : null,
      ...(padding === 'zeroed' && { queryMask: this.present }),
    };
    this.#config = config;
  }

  /** Vectors of the histories' items, `[B, T, d]`, with that of the padding. */
  items(vectors: tf.Tensor): tf.Tensor {
    return this.#isVisibleZero ? this.#onlyPresent(vectors) : vectors;
  }

  /** States between blocks, `[B, T, d]`. */
  states(states: tf.Tensor): tf.Tensor {
    const { padding, normalization } = this.#config;
    return padding === 'zeroed' || normalization === 'kang' ? this.#onlyPresent(states) : states;
  }

  /**
   * Vectors of the positions of each history, `[B, T, d]`, where they are not those of the columns: counted from the oldest
   * item (`fromOldest`), or with row 0 for all padding (`fromNewestPaddingZero`).
   * @param table `[positions, d]`
   */
  positions(table: tf.Tensor2D): tf.Tensor {
    const { histories, size, length } = this.histories;
    const { positions, maxSequenceLength } = this.#config;
    const first = maxSequenceLength - length;
    const places = new Int32Array(histories.length);
    for (let row = 0; row < places.length; row += length) {
      let seen = 0;
      for (let place = 0; place < length; place++) {
        if (histories[row + place] === 0) continue;
        places[row + place] = positions === 'fromOldest' ? seen++ : first + place + 1;
      }
    }
    const vectors = embeddingLookup(table, tf.tensor2d(places, [size, length], 'int32'));
    const isZero = this.#isVisibleZero && positions === 'fromNewestPaddingZero';
    return isZero ? this.#onlyPresent(vectors) : vectors;
  }

  /** Whether padding is a position like any other, whose vector is zero. */
  get #isVisibleZero(): boolean {
    const { padding, paddingVector } = this.#config;
    return padding === 'visible' && paddingVector === 'zero';
  }

  /** Zeros in the place of what padding has, `[B, T, d]`. */
  #onlyPresent(x: tf.Tensor): tf.Tensor {
    return tf.mul(x, tf.expandDims(this.present, -1));
  }
}

/** Rows of the position table; 0 for none. One more where padding has a position of its own. */
export function positionRows({ positions, maxSequenceLength }: SasrecConfig): number {
  if (positions === 'none') return 0;
  return maxSequenceLength + (positions === 'fromNewestPaddingZero' ? 1 : 0);
}

/**
 * The block of the original code: y + Attention(y, x) with y = LN(x), then z + FFN(z) with z = LN of that. Queries and
 * residuals are normalized, keys and values are not.
 */
export function kangBlock(x: tf.Tensor, block: TransformerBlock, pass: BlockPass): tf.Tensor {
  const asking = layerNorm(x, block.attentionNorm);
  const projected = [
    linear(asking, block.query.kernel, block.query.bias),
    linear(x, block.key.kernel, block.key.bias),
    linear(x, block.value.kernel, block.value.bias),
  ] as const;
  const attended = addAttention(asking, projected, block, pass);
  return addFeedForward(layerNorm(attended, block.feedForwardNorm), null, block, pass);
}

/** The histories with more padding before them. */
function widened({ histories, size, length: from }: Histories, length: number): Histories {
  const rows = new Int32Array(size * length);
  for (let row = 0; row < size; row++)
    rows.set(histories.subarray(row * from, (row + 1) * from), (row + 1) * length - from);
  return { histories: rows, size, length };
}
