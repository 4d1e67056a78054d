import { describe, expect, it } from 'vitest';
import { configSchema, type ExperimentConfig } from '../../../src/config/schema';
import { evaluateBaseline, evaluateBaselines, measuredBaselines } from '../../../src/inference/evaluateModel';
import { defaultBaseline, type BaselineConfig } from '../../../src/model/models';
import { tinyDataset } from './tinyDataset';

const dataset = tinyDataset(60);

const configOf = (baselines: unknown[], model: object = { type: 'sasrec' }): ExperimentConfig =>
  configSchema.parse({ dataset: { path: 'a.csv' }, model, evaluation: { baselines } });

describe('baselines next to a model', () => {
  it('are fitted with their options, each as a run of its own has it', async () => {
    const config = configOf([
      'itemKnn',
      { type: 'itemKnn', numNeighbors: 1 },
      { type: 'ease', regularization: 3 },
    ]);
    const results = await evaluateBaselines(dataset, config);
    expect([...results.keys()]).toEqual(['itemKnn', 'itemKnn(numNeighbors=1)', 'ease(regularization=3)']);
    const [named, ...tuned] = config.evaluation.baselines;
    expect(named).toBe('itemKnn');
    const models = [defaultBaseline('itemKnn'), ...(tuned as BaselineConfig[])];
    for (const [place, result] of [...results.values()].entries())
      expect(result).toEqual(await evaluateBaseline({ ...config, model: models[place]! }, dataset, 'test'));
    const [all, nearest] = [...results.values()];
    expect(nearest!.metrics).not.toEqual(all!.metrics);
  });

  it('are known before they are fitted, whether by name or as objects', () => {
    const titles = (config: ExperimentConfig) => measuredBaselines(config).map(({ title }) => title);
    expect(titles(configOf(['markov', { type: 'ease' }, { type: 'ease', regularization: 3 }]))).toEqual([
      'Markov',
      'EASE',
    ]);
    expect(titles(configOf([], { type: 'ials' }))).toEqual(['iALS']);
  });
});
