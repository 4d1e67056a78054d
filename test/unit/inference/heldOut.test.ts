import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';
import { isTrained } from '../../../src/config/schema';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { catalogScores } from '../../../src/inference/catalogScores';
import { catalogOf } from '../../../src/inference/catalogOf';
import { modelDataOf } from '../../../src/inference/modelData';
import { queryOf } from '../../../src/inference/query';
import { createModel, fitBaseline } from '../../../src/model/createModel';
import type { BaselineDescription } from '../../../src/model/description';
import { BASELINE_MODELS, MODELS, typeOf, type BaselineConfig } from '../../../src/model/models';
import type { Scoring } from '../../../src/model/model';
import { useBackend } from '../compute/useBackend';
import { tinyDataset, withFeatures, withTimes } from './tinyDataset';

const SPLIT = withTimes(withFeatures(tinyDataset(24, 12)));
/** Users of all kinds: without training, without validation, and with several held-out items. */
const DATASET: PreparedDataset = {
  ...SPLIT,
  trainEnd: SPLIT.trainEnd.map((end, user) => (user % 6 === 0 ? SPLIT.offsets[user]! : end - (user % 3))),
  validationEnd: SPLIT.validationEnd.map((end, user) => (user % 6 === 1 ? SPLIT.trainEnd[user]! - 1 : end)),
};
/** The same with other interactions held out. */
const OTHER: PreparedDataset = {
  ...DATASET,
  items: DATASET.items.map((item, row) => (isTraining(row) ? item : 1 + ((item + row) % DATASET.numItems))),
  times: DATASET.times!.map((time, row) => (isTraining(row) ? time : 7 * row)),
};

function isTraining(row: number): boolean {
  const user = DATASET.offsets.findLastIndex((start) => start <= row);
  return row < DATASET.trainEnd[user]!;
}

function configOf(type: string) {
  const features = { itemFeatures: ['category', 'tags'], userFeatures: ['age', 'group'] };
  const text = JSON.stringify({
    dataset: {
      path: 'a.csv',
      items: { path: 'i.csv', features: { category: { type: 'category' }, tags: { type: 'multi' } } },
      users: { path: 'u.csv', features: { age: { type: 'number' }, group: { type: 'category' } } },
    },
    model: { type, ...(type === 'twoTower' && { ...features, selfSupervised: null }) },
  });
  const { config, problems } = parseConfig(text, 'json');
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

/** Those of labels have tests of their own. */
const RANKING_BASELINES = BASELINE_MODELS.filter(
  (model: BaselineDescription) => model.learnsFromLabels === undefined,
);
const TRAINED = MODELS.filter(({ kind }) => kind === 'trained').map(typeOf);

describe('what is held out', () => {
  useBackend('native');

  it('is in no number that models and metrics know of the items', () => {
    expect(modelDataOf(OTHER)).toEqual(modelDataOf(DATASET));
    expect(catalogOf(OTHER)).toEqual(catalogOf(DATASET));
  });

  it.each(TRAINED)('is in no batch of %s', async (type) => {
    const config = configOf(type);
    if (!isTrained(config)) throw new Error(type);
    const model = await createModel(config.model, modelDataOf(DATASET), 5);
    try {
      const [one, other] = [DATASET, OTHER].map((data) => model.batches.build(data, 16, 3));
      expect(one!.stepsPerEpoch).toBeGreaterThan(0);
      expect(other!.stepsPerEpoch).toBe(one!.stepsPerEpoch);
      for (let index = 0; index < one!.stepsPerEpoch; index++)
        expect(other!.batch(1, index)).toEqual(one!.batch(1, index));
    } finally {
      model.dispose();
    }
  });

  it.each(RANKING_BASELINES.map(typeOf))('is in no score of %s', async (type) => {
    const scores = async (dataset: PreparedDataset) => {
      const baseline = await fitBaseline(
        configOf(type).model as BaselineConfig,
        { ...dataset, ends: dataset.trainEnd },
        1,
        () => undefined,
      );
      return baseline.score([Uint32Array.of(3, 4), new Uint32Array()]);
    };
    const found = await scores(DATASET);
    expect(await scores(OTHER)).toEqual(found);
    expect(found.every(Number.isFinite)).toBe(true);
  });
});

describe('a user without history', () => {
  useBackend('native');

  it.each(TRAINED)('gets finite scores of %s, which are theirs alone', async (type) => {
    const config = configOf(type);
    if (!isTrained(config)) throw new Error(type);
    const model = await createModel(config.model, modelDataOf(DATASET), 5);
    try {
      const scoresOf = async (histories: number[][]) => {
        const query = queryOf(
          {
            users: histories.map((_, row) => 6 + row),
            histories: histories.map((history) => Uint32Array.from(history)),
            times: histories.map((history) => Float64Array.from(history.keys())),
          },
          model.batches,
        );
        const scoring = tf.tidy(() => model.scoring(query) as Scoring & tf.TensorContainer);
        const scores = await catalogScores(scoring, histories.length, DATASET.numItems);
        tf.dispose(scoring.kind === 'joint' ? scoring.encoded : [scoring.states, scoring.items]);
        return scores;
      };
      const alone = await scoresOf([[]]);
      expect(alone.every(Number.isFinite)).toBe(true);
      const among = await scoresOf([[], [1, 2, 3]]);
      alone.forEach((score, item) => expect(among[item]).toBeCloseTo(score, 5));
    } finally {
      model.dispose();
    }
  });
});
