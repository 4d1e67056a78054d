import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';
import type { EvaluationConfig } from '../../../src/config/schema';
import type { TrainedModelConfig } from '../../../src/model/models';
import { rankOf } from '../../../src/evaluation/rankMetrics';
import { createModel } from '../../../src/model/createModel';
import type { JointScoring, Model } from '../../../src/model/model';
import { evaluateModel, rankingTask } from '../../../src/inference/evaluateModel';
import { queryOf } from '../../../src/inference/query';
import { modelDataOf } from '../../../src/inference/modelData';
import { useBackend } from '../compute/useBackend';
import { tinyDataset, withFeatures } from './tinyDataset';

const DATASET = withFeatures(tinyDataset(30, 40));

function configOf(model: object): { model: TrainedModelConfig; evaluation: EvaluationConfig } {
  const text = JSON.stringify({
    dataset: { path: 'data.csv' },
    model,
    evaluation: { cutoffs: [5, 10], candidates: { type: 'sampled', count: 7, seed: 3 } },
  });
  const { config, problems } = parseConfig(text, 'json');
  if (config === null) throw new Error(JSON.stringify(problems));
  return config as { model: TrainedModelConfig; evaluation: EvaluationConfig };
}

const models: Model[] = [];
const create = async (config: TrainedModelConfig): Promise<Model> => {
  const model = await createModel(config, modelDataOf(DATASET), 5);
  models.push(model);
  return model;
};

describe('scoring in an evaluation', () => {
  useBackend('native');
  afterEach(() => {
    for (const model of models.splice(0)) model.dispose();
  });

  it.each(['din', 'dien', 'sum'])('%s scores each user’s own candidates as it scores all', async (type) => {
    const { model: config, evaluation } = configOf({ type });
    const model = await create(config);
    const task = rankingTask(DATASET, 'test', evaluation);
    const users = [...task.users];
    const query = queryOf({ users, histories: users.map((user) => task.history(user)) }, model.batches);
    const all = Int32Array.from({ length: DATASET.numItems }, (_, place) => place + 1);
    const scores = tf.tidy(() => (model.scoring(query) as JointScoring).score(all).arraySync());
    const expected = users.map((user, row) => {
      const candidates = [...task.targets(user), ...task.sampled!.of(user)];
      return rankOf(
        Float32Array.from(candidates, (item) => scores[row]![item - 1]!),
        0,
      );
    });
    const before = tf.memory().numTensors;
    const { ranks } = await evaluateModel(model, DATASET, 'test', evaluation);
    expect(users.map((_, row) => ({ best: ranks.best[row], worst: ranks.worst[row] }))).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['sasrec', 'gru4rec', 'twoTower'])(
    '%s makes the items’ vectors once, and takes them again',
    async (type) => {
      const { model: config, evaluation } = configOf({ type });
      const model = await create(config);
      const query = queryOf(
        { users: [1, 2], histories: [DATASET.items.subarray(0, 3), DATASET.items.subarray(0, 2)] },
        model.batches,
      );
      tf.tidy(() => {
        const first = model.scoring(query);
        if (first.kind === 'joint') throw new Error('Not products.');
        const again = model.scoring(query, undefined, first.items);
        expect(again).toMatchObject({ kind: 'product', items: first.items });
      });
      const before = tf.memory().numTensors;
      await evaluateModel(model, DATASET, 'test', evaluation);
      await evaluateModel(model, DATASET, 'test', { ...evaluation, candidates: { type: 'full' } });
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
