import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';

type Fields = Record<string, object>;

const LABELED = { path: 'log.csv', columns: { label: 'clicked' } };

const parse = ({ dataset = LABELED, model = { type: 'din' }, ...others }: Fields = {}) =>
  parseConfig(JSON.stringify({ dataset, model, ...others }), 'json');

function problemsOf(fields: Fields): string[] {
  return parse(fields).problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
}

describe('a config of data with labels', () => {
  it.each(['din', 'dien', 'sum', 'logisticRegression'])('measures %s by labels', (type) => {
    const { config, problems } = parse({ model: { type } });
    expect(problems).toEqual([]);
    expect(config!.evaluation.metrics).toEqual(['auc', 'gauc', 'logLoss', 'prAuc', 'calibrationError']);
    expect(config!.evaluation.baselines).toEqual(['clickRate', 'logisticRegression']);
    expect(config!.training.earlyStopping.metric).toBe('auc');
  });

  it.each([
    { path: 'r.csv', columns: { rating: 'stars' }, positiveRating: 4 },
    { path: 'log.csv', columns: { impressions: 'shown' } },
  ])('has them by any of its fields: %j', (dataset) => {
    expect(parse({ dataset }).config?.training.earlyStopping.metric).toBe('auc');
  });

  it('takes what it names itself, and the metric that chooses the epoch from that', () => {
    const { config, problems } = parse({
      evaluation: { metrics: ['ndcg', 'logLoss', 'gauc'], cutoffs: [5], baselines: ['clickRate'] },
    });
    expect(problems).toEqual([]);
    expect(config!.training.earlyStopping.metric).toBe('gauc');
    const named = parse({ training: { earlyStopping: { metric: 'logLoss' } } });
    expect(named.config!.training.earlyStopping.metric).toBe('logLoss');
    const ranks = parse({
      evaluation: { metrics: ['ndcg'], cutoffs: [5] },
      training: { earlyStopping: { metric: 'ndcg@5' } },
    });
    expect(ranks.problems).toEqual([]);
  });

  it('measures other models by how they rank what users took', () => {
    const { config, problems } = parse({ model: { type: 'sasrec' } });
    expect(problems).toEqual([]);
    expect(config!.evaluation.metrics).toEqual(['hr', 'ndcg', 'mrr']);
    expect(config!.evaluation.baselines).toEqual(['popularity', 'itemKnn', 'markov']);
    expect(config!.training.earlyStopping.metric).toBe('ndcg@10');
  });

  it.each<[Fields, string, string]>([
    [{ evaluation: { metrics: ['auc', 'coverage'] } }, 'evaluation.metrics.1', 'from the whole catalog'],
    [
      { evaluation: { baselines: ['popularity'] } },
      'evaluation.baselines.0',
      '`clickRate`, `logisticRegression`',
    ],
    [
      { evaluation: { candidates: { type: 'sampled' } } },
      'evaluation.candidates.type',
      'measured on what users were shown: leave it out',
    ],
    [{ evaluation: { protocol: 'recbole-uni100' } }, 'evaluation.protocol', 'leave it out'],
    [
      { training: { earlyStopping: { metric: 'auc@10' } } },
      'training.earlyStopping.metric',
      'must look like `ndcg@10`, or be a metric of labels, such as `auc`',
    ],
    [
      { model: { type: 'sasrec' }, evaluation: { metrics: ['ndcg', 'auc'] } },
      'evaluation.metrics.1',
      '`sasrec` does not learn from them: it is measured by how it ranks what users took. Models that learn from labels are `sum`, `din`, `dien`',
    ],
    [
      { model: { type: 'sasrec' }, evaluation: { baselines: [{ type: 'clickRate' }] } },
      'evaluation.baselines.0.type',
      '`sasrec` does not learn from them',
    ],
    [
      { dataset: { path: 'log.csv' }, model: { type: 'logisticRegression' } },
      'model.type',
      'learns from labels, and the dataset has none: name their column in `dataset.columns.label`',
    ],
    [
      { dataset: { path: 'log.csv' }, evaluation: { metrics: ['ndcg'], baselines: ['clickRate'] } },
      'evaluation.baselines.0',
      'and the dataset has none',
    ],
  ])('is refused: %j', (fields, path, message) => {
    const errors = parse(fields).problems.filter(({ severity }) => severity === 'error');
    expect(errors.map((error) => error.path)).toContain(path);
    expect(errors.find((error) => error.path === path)!.message).toContain(message);
  });

  it('warns of options that have no effect, where it names them', () => {
    expect(
      problemsOf({
        model: { type: 'din', numNegatives: 3, headLayers: [8] },
        evaluation: { filterSeen: true },
      }),
    ).toEqual([
      'warning model.numNegatives: `model.numNegatives` has no effect: the dataset has labels, from which `din` learns.',
      'warning evaluation.filterSeen: `evaluation.filterSeen` has no effect: the dataset has labels, and what users were shown is scored, seen or not.',
    ]);
    expect(problemsOf({ model: { type: 'sum', loss: { type: 'mse' } } })).toHaveLength(1);
  });
});
