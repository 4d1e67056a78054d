import type { BaselineDescription } from '../description';
import { ialsSchema } from './options';

export const ials = {
  kind: 'baseline',
  title: 'iALS',
  summary: 'matrix factorization of implicit feedback by alternating least squares',
  page: 'baselines',
  measuredByDefault: false,
  options: ialsSchema,
  load: async () => {
    const { Ials } = await import('./ials');
    return {
      fit: (sequences, options, seed, letEventsIn) => Ials.fit(sequences, options, seed, letEventsIn),
    };
  },
} as const satisfies BaselineDescription<typeof ialsSchema>;
