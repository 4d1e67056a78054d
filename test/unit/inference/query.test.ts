import { describe, expect, it } from 'vitest';
import { configSchema, type EvaluationConfig } from '../../../src/config/schema';
import { evaluateRanking, type RankingBatch } from '../../../src/evaluation/evaluateRanking';
import { rankingMetrics } from '../../../src/evaluation/metrics/metrics';
import { rankingTask } from '../../../src/inference/evaluateModel';
import { queryOf } from '../../../src/inference/query';
import { datasetOf } from './tinyDataset';

const readers = {
  users: [3, -1, 0],
  histories: [Uint32Array.of(1, 2, 3, 4), new Uint32Array(), Uint32Array.of(7)],
  times: [Float64Array.of(10, 20, 30, 40), new Float64Array(), Float64Array.of(5)],
  nextTimes: [100, null, 50],
};

describe('queryOf', () => {
  it('has the newest items, and no times for a model that reads none', () => {
    expect(queryOf(readers, { maxLength: 3 })).toEqual({
      size: 3,
      length: 3,
      users: Int32Array.of(3, -1, 0),
      histories: Int32Array.of(2, 3, 4, 0, 0, 0, 0, 0, 7),
    });
  });

  it('has the times of the items, and of what is to be predicted only for who reads it', () => {
    const { times: known } = queryOf(readers, { maxLength: 3, times: 'history' });
    expect([...known!]).toEqual([20, 30, 40, 40, 0, 0, 0, 0, 5, 5, 5, 5]);
    const { times: told } = queryOf(readers, { maxLength: 3, times: 'target' });
    expect([...told!]).toEqual([20, 30, 40, 100, 0, 0, 0, 0, 5, 5, 5, 50]);
  });

  it('has none where the data have none', () => {
    expect(queryOf({ ...readers, times: null }, { maxLength: 3, times: 'target' }).times).toBeUndefined();
  });
});

describe('the time of the held-out item', () => {
  const untimed = datasetOf([[1, 2, 3, 4], [2, 3, 4]], 5); // prettier-ignore
  const dataset = { ...untimed, times: Float64Array.from(untimed.items, (_, place) => 100 * place) };
  const { evaluation } = configSchema.parse({ dataset: { path: 'unused.csv' }, model: { type: 'sasrec' } });
  const asked = async (config: EvaluationConfig, reads: Parameters<typeof rankingTask>[3]) => {
    let given: RankingBatch | undefined;
    const rank = (batch: RankingBatch) => {
      given = batch;
      return { ranks: batch.users.map(() => ({ best: 1, worst: 1 })), lists: new Int32Array() };
    };
    const { protocol } = await evaluateRanking(
      rankingTask(dataset, 'test', config, reads),
      { rank },
      { metrics: rankingMetrics(['ndcg']), cutoffs: [10], batchSize: 9 },
    );
    return { given: given!, protocol };
  };

  it('reaches nobody by default, and the protocol does not mention it', async () => {
    for (const reads of [undefined, { times: 'history' as const }]) {
      const { given, protocol } = await asked(evaluation, reads);
      expect(given.times!.map((own) => [...own])).toEqual([
        [0, 100, 200],
        [400, 500],
      ]);
      expect(given.nextTimes).toBeUndefined();
      expect(protocol).not.toHaveProperty('targetTime');
    }
  });

  it('reaches a model that reads it, and the protocol says so', async () => {
    const { given, protocol } = await asked(evaluation, { times: 'target' });
    expect(given.nextTimes).toEqual([300, 600]);
    expect(protocol.targetTime).toBe(true);
  });
});
