import { z } from 'zod';
import { describe } from '../../options/describe';
import type { BaselineDescription } from '../description';

const clickRateSchema = z
  .strictObject({
    type: z
      .literal('clickRate')
      .meta(describe('Click rate: how often users took each item of what they were shown.')),
    smoothing: z
      .number()
      .min(0)
      .default(10)
      .meta(describe('Rows with the mean click rate that are added to those of each item.')),
  })
  .meta(describe('Click rate of the item, a baseline of labels without training.'));

export const clickRate = {
  kind: 'baseline',
  title: 'click rate',
  summary: 'how often an item was taken of the times it was shown',
  page: 'baselines',
  measuredByDefault: true,
  learnsFromLabels: { withoutEffect: [] },
  options: clickRateSchema,
  load: async () => {
    const { ClickRate } = await import('./clickRate');
    return { fit: (sequences, options) => Promise.resolve(ClickRate.fit(sequences, options)) };
  },
} as const satisfies BaselineDescription<typeof clickRateSchema>;
