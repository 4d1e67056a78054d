import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src/compute/random';
import { topItems, type Exclusions } from '../../../src/compute/ranking';
import type { HostTensor, Problem, Work } from '../work';

export interface RankingSizes {
  numUsers: number;
  numItems: number;
  width: number;
  k: number;
  /** Items that each user has seen and must not be shown, at most. */
  numSeen: number;
}

export const EVALUATION_SIZES: RankingSizes = {
  numUsers: 6040,
  numItems: 3416,
  width: 64,
  k: 50,
  numSeen: 100,
};

/** A large catalog, with fewer users so that it takes no longer. */
export const EVALUATION_100K_SIZES: RankingSizes = { ...EVALUATION_SIZES, numUsers: 1000, numItems: 100_000 };

/** The best items of each user among all, without those the user has seen. */
export class Ranking implements Work {
  readonly #sizes: RankingSizes;
  readonly #users: tf.Tensor2D;
  readonly #items: tf.Tensor2D;
  readonly #seen: Exclusions;

  constructor(sizes: RankingSizes) {
    this.#sizes = sizes;
    const { numUsers, numItems, width } = sizes;
    const random = new RandomStream(SEED);
    this.#users = drawVectors(random, numUsers, width);
    this.#items = drawVectors(random, numItems, width);
    this.#seen = drawSeen(random, sizes);
  }

  async step(): Promise<number> {
    const { k, numItems } = this.#sizes;
    const { columns, scores } = await topItems(this.#users, this.#items, k, { excluded: this.#seen });
    let sum = 0;
    scores.forEach((score, place) => (sum += score * (1 + columns[place]! / numItems)));
    return sum / scores.length;
  }

  problem(): Problem {
    const host = (tensor: tf.Tensor): HostTensor => ({
      shape: tensor.shape,
      values: tensor.dataSync().slice() as Float32Array,
    });
    const { offsets, columns } = this.#seen;
    return {
      settings: { k: this.#sizes.k },
      tensors: new Map([
        ['weights:users', host(this.#users)],
        ['weights:items', host(this.#items)],
        ['batch0:offsets', { shape: [offsets.length], values: offsets }],
        ['batch0:columns', { shape: [columns.length], values: columns }],
      ]),
    };
  }
}

export function drawVectors(random: RandomStream, rows: number, width: number): tf.Tensor2D {
  const values = Float32Array.from({ length: rows * width }, () => random.nextNormal());
  return tf.tensor2d(values, [rows, width]);
}

export function drawSeen(random: RandomStream, { numUsers, numItems, numSeen }: RankingSizes): Exclusions {
  const offsets = new Int32Array(numUsers + 1);
  const columns: number[] = [];
  for (let user = 0; user < numUsers; user++) {
    const seen = new Set<number>();
    for (let count = 0; count < numSeen; count++) seen.add(Math.floor(numItems * random.nextFloat() ** 2));
    columns.push(...seen);
    offsets[user + 1] = columns.length;
  }
  return { offsets, columns: Int32Array.from(columns) };
}

const SEED = 6;
