import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { RandomStream } from '../../src/compute/random';
import { sasrecSchema } from '../../src/model/sasrec/options';
import { sasrecPresets } from '../../src/model/sasrec/presets';
import type { Query, Recorder } from '../../src/model/model';
import type { ExampleBatch } from '../../src/model/batches/exampleBatches';
import type { SequenceBatch } from '../../src/model/batches/sequenceBatches';
import { Sasrec } from '../../src/model/sasrec/sasrec';
import { modelData, queryOf } from '../unit/model/modelData';
import type { Nested } from './goldenCheck';

/* What the checks of SASRec's references have in common. */

/** A SASRec that behaves as a reference does, without dropout. */
export function sasrecLike(
  preset: keyof typeof sasrecPresets,
  numItems: number,
  change: Partial<z.input<typeof sasrecSchema>>,
): Sasrec {
  const { model } = sasrecPresets[preset];
  const config = sasrecSchema.parse({ ...model, dropout: 0, ...change, type: 'sasrec', preset });
  return new Sasrec(config, modelData(numItems), 1);
}

/** Puts the weights of a reference into a model, and says so if the model has no such variable or another is left. */
export class Weights {
  readonly #model: Sasrec;
  readonly #left: Set<string>;

  constructor(model: Sasrec) {
    this.#model = model;
    this.#left = new Set(model.variables.keys());
  }

  assign(name: string, values: Nested | tf.Tensor): void {
    const variable = this.#model.variables.get(name);
    if (variable === undefined) throw new Error(`The model has no variable ${name}.`);
    tf.tidy(() => {
      const tensor = values instanceof tf.Tensor ? values : tf.tensor(values);
      variable.assign(tensor);
    });
    this.#left.delete(name);
  }

  /** A PyTorch linear layer, whose kernel is `[out, in]`. */
  assignLinear(name: string, weight: Nested, bias: Nested): void {
    this.assign(
      `${name}/kernel`,
      tf.tidy(() => tf.transpose(tf.tensor(weight as number[]))),
    );
    this.assign(`${name}/bias`, bias);
  }

  assignNorm(name: string, gamma: Nested, beta: Nested): void {
    this.assign(`${name}/gamma`, gamma);
    this.assign(`${name}/beta`, beta);
  }

  /** @throws Error when a variable still has its own weights */
  finish(): void {
    if (this.#left.size > 0) throw new Error(`The reference has no weights for ${[...this.#left].join()}.`);
  }
}

/** Scores of items 1 to N for each history. */
export function scoresOf(model: Sasrec, histories: number[][]): number[][] {
  return tf.tidy(() => {
    const { states, items } = model.scoring(queryOf(...histories));
    return tf.matMul(states, items, false, true).arraySync() as number[][];
  });
}

/** States at all positions, `[B][T][d]`. */
export function statesOf(model: Sasrec, histories: number[][], record?: Recorder): number[][][] {
  const query: Query = queryOf(...histories);
  return tf.tidy(() => model.states(query, record).arraySync());
}

export function lossOf(model: Sasrec, batch: SequenceBatch | ExampleBatch): number {
  if (batch.kind === 'sequences' && model.batches.unit === 'interactions') throw new Error('Another kind of batch.');
  return tf.tidy(() => model.loss(batch, new RandomStream(1)).dataSync()[0]!);
}

/** A batch of sequences with one negative for each position. */
export function sequencesOf(seq: number[][], pos: number[][], neg: number[][]): SequenceBatch {
  return {
    kind: 'sequences',
    size: seq.length,
    length: seq[0]!.length,
    users: new Int32Array(seq.length),
    items: Int32Array.from(seq.flat()),
    targets: Int32Array.from(pos.flat()),
    negatives: Int32Array.from(neg.flat()),
    numNegatives: 1,
  };
}

/** A batch of examples. @param candidates the item chosen first in each row */
export function examplesOf(histories: number[][], candidates: number[][]): ExampleBatch {
  return {
    kind: 'examples',
    size: histories.length,
    length: histories[0]!.length,
    users: new Int32Array(histories.length),
    histories: Int32Array.from(histories.flat()),
    candidates: Int32Array.from(candidates.flat()),
    numNegatives: candidates[0]!.length - 1,
    negativeHistories: null,
  };
}

/** Products of states and item vectors at each position; item 0 is the padding, whose vector is zero. */
export function productsOf(states: number[][][], items: number[][], table: readonly (readonly number[])[]): number[] {
  return states.flatMap((row, user) =>
    row.map((state, place) => {
      const item = items[user]![place]!;
      return item === 0 ? 0 : state.reduce((sum, value, index) => sum + value * table[item]![index]!, 0);
    }),
  );
}
