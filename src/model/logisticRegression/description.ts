import { z } from 'zod';
import { describe } from '../../options/describe';
import type { BaselineDescription } from '../description';

const logisticRegressionSchema = z
  .strictObject({
    type: z
      .literal('logisticRegression')
      .meta(describe('Logistic regression on the user, the item and all their features.')),
    l2: z
      .number()
      .positive()
      .default(1)
      .meta(
        describe(
          'Weight of half the squared norm of all weights but the intercept, next to the sum of the losses of all rows: 1/C of scikit-learn.',
        ),
      ),
  })
  .meta(describe('Logistic regression, a baseline of labels without epochs.'));

export const logisticRegression = {
  kind: 'baseline',
  title: 'logistic regression',
  summary: 'a weight of each user, item and feature value',
  page: 'baselines',
  measuredByDefault: true,
  learnsFromLabels: { withoutEffect: [] },
  options: logisticRegressionSchema,
  load: async () => {
    const { LogisticRegression } = await import('./logisticRegression');
    return {
      fit: (sequences, options, _seed, letEventsIn) =>
        LogisticRegression.fit(sequences, options, letEventsIn),
    };
  },
} as const satisfies BaselineDescription<typeof logisticRegressionSchema>;
