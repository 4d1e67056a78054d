import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src/compute/random';
import type { Exclusions } from '../../../src/compute/ranking';
import { evaluateRanking, type RankingTask } from '../../../src/evaluation/evaluateRanking';
import { rankingMetrics } from '../../../src/evaluation/metrics/metrics';
import { ModelRanker } from '../../../src/inference/modelRanker';
import type { Model } from '../../../src/model/model';
import type { HostTensor, Problem, Work } from '../work';
import { drawSeen, drawVectors, type RankingSizes } from './ranking';

const SEED = 7;
const CUTOFF = 20;

/** A whole evaluation beyond the forward pass: each user's held-out items ranked among all unseen ones, and NDCG@20 of that. */
export class TargetRanking implements Work {
  readonly #users: tf.Tensor2D;
  readonly #items: tf.Tensor2D;
  readonly #seen: Exclusions;
  /** Rows of users. */
  readonly #targets: Uint32Array;
  readonly #numTargets: number;
  readonly #task: RankingTask;
  readonly #ranker: ModelRanker;

  constructor(sizes: RankingSizes, numTargets: number) {
    const { numUsers, numItems } = sizes;
    const random = new RandomStream(SEED);
    this.#users = drawVectors(random, numUsers, sizes.width);
    this.#items = drawVectors(random, numItems, sizes.width);
    this.#seen = drawSeen(random, sizes);
    this.#numTargets = numTargets;
    const { offsets, columns } = this.#seen;
    const histories = Array.from({ length: numUsers }, (_, user) =>
      Uint32Array.from(columns.subarray(offsets[user], offsets[user + 1]), (column) => column + 1),
    );
    const targets = histories.map((history) => {
      const met = new Set(history);
      const drawn = new Set<number>();
      while (drawn.size < numTargets) {
        const item = 1 + random.nextInt(numItems);
        if (!met.has(item)) drawn.add(item);
      }
      return Uint32Array.from(drawn);
    });
    this.#targets = Uint32Array.from(targets.flatMap((own) => [...own]));
    this.#task = {
      part: 'test',
      split: { type: 'generated', badge: '', text: '' },
      numItems,
      users: Uint32Array.from(histories.keys()),
      numTargets: this.#targets.length,
      filterSeen: true,
      seenTargets: 0,
      history: (user) => histories[user]!,
      targets: (user) => targets[user]!,
      catalog: () => {
        throw new Error('No metric asks for it.');
      },
    };
    this.#ranker = new ModelRanker(this.#model(), () => undefined);
  }

  async step(): Promise<number> {
    const options = { metrics: rankingMetrics(['ndcg']), cutoffs: [CUTOFF], batchSize: 256 };
    const { metrics } = await evaluateRanking(this.#task, this.#ranker, options);
    return metrics[`ndcg@${CUTOFF}`]!;
  }

  problem(): Problem {
    const host = (tensor: tf.Tensor): HostTensor => ({
      shape: tensor.shape,
      values: tensor.dataSync().slice() as Float32Array,
    });
    const { offsets, columns } = this.#seen;
    const targets = Int32Array.from(this.#targets, (item) => item - 1);
    return {
      settings: { k: CUTOFF },
      tensors: new Map([
        ['weights:users', host(this.#users)],
        ['weights:items', host(this.#items)],
        ['batch0:offsets', { shape: [offsets.length], values: offsets }],
        ['batch0:columns', { shape: [columns.length], values: columns }],
        ['batch0:targets', { shape: [this.#users.shape[0], this.#numTargets], values: targets }],
      ]),
    };
  }

  /** Whose forward pass looks up its user vectors, and does nothing else. */
  #model(): Model {
    const model: Pick<Model, 'scoring'> & { batches: Pick<Model['batches'], 'maxLength'> } = {
      batches: { maxLength: 1 },
      scoring: ({ users }) => ({
        kind: 'product',
        states: tf.gather(this.#users, tf.tensor1d(users, 'int32')),
        items: tf.keep(this.#items),
      }),
    };
    return model as Model;
  }
}
