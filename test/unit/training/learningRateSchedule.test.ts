import { expect, it } from 'vitest';
import type { z } from 'zod';
import { trainingSchema } from '../../../src/options/trainingSchema';
import { scheduledShare } from '../../../src/training/learningRateSchedule';

type ScheduleInput = NonNullable<NonNullable<z.input<typeof trainingSchema>>['schedule']>;

const LENGTH = { stepsPerEpoch: 4, epochs: 3 };
const HALF_ROOT = (1 + Math.SQRT1_2) / 2;

it.each([
  [{ type: 'constant' }, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [{ type: 'constant', warmupSteps: 4 }, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [{ type: 'exponential', rate: 0.5 }, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]],
  [
    { type: 'exponential', rate: 0.1, everySteps: 5, warmupSteps: 2 },
    [0.5, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01],
  ],
  [
    { type: 'cosine', warmupSteps: 8 },
    [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1, HALF_ROOT, 0.5, 1 - HALF_ROOT],
  ],
  [{ type: 'cosine', finalShare: 1 }, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  // A warm-up longer than the training.
  [{ type: 'cosine', warmupSteps: 24 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((step) => step / 24)],
] as [ScheduleInput, number[]][])('%o', (input, shares) => {
  const { schedule } = trainingSchema.parse({ schedule: input });
  shares.forEach((share, step) => expect(scheduledShare(schedule, step, LENGTH)).toBeCloseTo(share, 12));
});

it('cosine falls all the way to its final share, and never below', () => {
  const { schedule } = trainingSchema.parse({
    schedule: { type: 'cosine', finalShare: 0.1, warmupSteps: 3 },
  });
  const shares = Array.from({ length: 12 }, (_, step) => scheduledShare(schedule, step, LENGTH));
  for (let step = 4; step < 12; step++) expect(shares[step]).toBeLessThan(shares[step - 1]!);
  expect(shares[11]).toBeGreaterThan(0.1);
  expect(scheduledShare(schedule, 12, LENGTH)).toBeCloseTo(0.1, 12);
  expect(scheduledShare(schedule, 99, LENGTH)).toBeCloseTo(0.1, 12);
});
