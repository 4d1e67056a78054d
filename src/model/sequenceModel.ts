import type * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../compute/random';

/** Sequences of one optimizer step. All arrays are row-major over `size × length`; 0 is padding, on the left. */
export interface SequenceBatch {
  size: number;
  length: number;
  /** Item index at each position. */
  items: Int32Array;
  /** Item that follows each position; 0 where nothing is to be learned. */
  targets: Int32Array;
  /** `numNegatives` sampled items for each position, or null when the loss needs none. */
  negatives: Int32Array | null;
  numNegatives: number;
}

/** How much a model takes, in numbers of values. */
export interface ModelSize {
  /** Trainable values. */
  parameters: number;
  /** What one training step has at once beside parameters and their gradients, about. */
  activations: number;
}

/** A model that reads a user's items in order and scores every item as the next one. */
export interface SequenceModel {
  /** Everything that training changes, by name. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Longest sequence the model reads. */
  readonly maxSequenceLength: number;
  /** Negatives that the loss wants for each position. */
  readonly numNegatives: number;
  /** Training loss of a batch, to be differentiated with respect to `variables`. */
  loss(batch: SequenceBatch, random: RandomStream): tf.Scalar;
  /**
   * What the score of every item as the next one is the product of.
   * @param sequences left-padded item indices, `size × length`
   * @returns `states [size, d]` and `items [numItems, d]`, of which row j belongs to item index j + 1
   */
  vectors(sequences: Int32Array, size: number, length: number): { states: tf.Tensor2D; items: tf.Tensor2D };
  dispose(): void;
}
