import { describe, expect, it } from 'vitest';
import { changeConfig, describeChanges, type LaterCommand } from '../../../src/config/changeConfig';
import { parseConfig } from '../../../src/config/parseConfig';
import type { ExperimentConfig } from '../../../src/config/schema';

const text = JSON.stringify({
  name: 'tiny',
  dataset: { path: 'a.csv' },
  model: { type: 'sasrec', hiddenSize: 16 },
  training: { epochs: 3, schedule: { type: 'cosine' } },
});
const stored: unknown = parseConfig(text, 'json').config;

function refused(command: LaterCommand, ...overrides: string[]): { code: string; message: string } {
  try {
    changeConfig(stored, overrides, command);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('Nothing was refused.');
}

describe('changes of a run’s config', () => {
  it('are put onto it and told, with everything else as it was', () => {
    const { config, changes } = changeConfig(
      stored,
      ['training.epochs=9', 'training.schedule={"type":"constant"}', 'evaluation.cutoffs=[1,10]'],
      'resume',
    );
    expect(describeChanges(changes)).toBe(
      'training.epochs from 3 to 9, training.schedule.type from "cosine" to "constant", ' +
        'training.schedule.finalShare from 0 to nothing, evaluation.cutoffs from [5,10,20] to [1,10]',
    );
    const { training, evaluation, ...rest } = stored as typeof config;
    expect(config).toEqual({
      ...rest,
      training: { ...training, epochs: 9, schedule: { type: 'constant', warmupSteps: 0 } },
      evaluation: { ...evaluation, cutoffs: [1, 10] },
    });
  });

  it('are none where the values are the same', () => {
    expect(changeConfig(stored, ['training.epochs=3'], 'resume')).toEqual({ config: stored, changes: [] });
  });

  it('do not miss the metrics in a config of an older version, which were those of the default', () => {
    const { evaluation, ...others } = stored as ExperimentConfig;
    const { metrics, ...older } = evaluation;
    const { config, changes } = changeConfig({ ...others, evaluation: older }, [], 'resume');
    expect(config.evaluation.metrics).toEqual(metrics);
    expect(changes).toEqual([]);
  });

  it('may be other baselines, with options of their own', () => {
    for (const command of ['resume', 'evaluate'] as const) {
      const set = ['evaluation.baselines=["markov",{"type":"ease","regularization":9}]'];
      const { config, changes } = changeConfig(stored, set, command);
      expect(config.evaluation.baselines).toEqual(['markov', { type: 'ease', regularization: 9 }]);
      expect(describeChanges(changes)).toBe(
        'evaluation.baselines from ["popularity","itemKnn","markov"] to ["markov",{"type":"ease","regularization":9}]',
      );
      expect(changeConfig(config, [], command).changes).toEqual([]);
    }
  });

  it('of an evaluation may be all that it is measured by', () => {
    const set = ['evaluation.candidates={"type":"sampled","count":50}'];
    expect(changeConfig(stored, set, 'evaluate').config.evaluation.candidates).toMatchObject({ count: 50 });
    expect(refused('resume', ...set)).toMatchObject({ code: 'config/fixed' });
  });

  it.each([
    ['resume', 'model.hiddenSize=32'],
    ['resume', 'dataset.path=b.csv'],
    ['resume', 'training.batchSize=8'],
    ['resume', 'training.optimizer.beta1=0.5'],
    ['resume', 'training.earlyStopping.metric=hr@10'],
    ['resume', 'seed=1'],
    ['evaluate', 'training.epochs=9'],
    ['evaluate', 'dataset.minUserInteractions=5'],
  ] as const)('%s refuses %s', (command, override) => {
    const { code, message } = refused(command, override);
    expect(code).toBe('config/fixed');
    expect(message).toContain(`\`${override.split('=')[0]!}\` cannot change`);
  });

  it('are checked like a config, and named as they were written', () => {
    expect(refused('resume', 'training.epochs=many')).toMatchObject({
      code: 'config/invalid',
      message: expect.stringMatching(/^--set training\.epochs=many: .*expected .*found `many`/) as string,
    });
    expect(refused('resume', 'training.epoch=5').message).toMatch(/Did you mean `epochs`\?/);
    // The main metric would not be measured any more.
    expect(refused('resume', 'evaluation.cutoffs=[1]').message).toMatch(
      /^--set evaluation\.cutoffs=\[1\]: `training\.earlyStopping\.metric` needs a cut-off/,
    );
  });

  it('of a refit are none of its training', () => {
    const { training, ...others } = stored as ExperimentConfig;
    const earlyStopping = { ...training.earlyStopping, patience: null };
    const refit = { ...others, training: { ...training, earlyStopping, refit: { plannedEpochs: 9 } } };
    expect(() => changeConfig(refit, ['training.epochs=9'], 'resume')).toThrow('cannot change');
    expect(() => changeConfig(refit, ['training.learningRate=9'], 'resume')).toThrow('cannot change');
    expect(changeConfig(refit, ['training.snapshots=2'], 'resume').config.training.snapshots).toBe(2);
    expect(() => changeConfig(refit, ['training.earlyStopping.patience=3'], 'resume')).toThrow(
      '`training.earlyStopping.patience` must be null with `training.refit`, which leaves no validation to stop by, found `3`.',
    );
  });

  it('of an evaluation may leave out the metric that chose the epoch', () => {
    const set = ['evaluation.cutoffs=[50]', 'evaluation.metrics=["hr"]'];
    const { evaluation, training } = changeConfig(stored, set, 'evaluate').config;
    expect(evaluation).toMatchObject({ cutoffs: [50], metrics: ['hr'] });
    expect(training.earlyStopping.metric).toBe('ndcg@10');
  });
});
