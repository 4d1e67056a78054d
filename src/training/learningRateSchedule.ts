import type { ScheduleConfig } from '../options/trainingSchema';

/** How long a training is planned to be. */
export interface TrainingLength {
  stepsPerEpoch: number;
  epochs: number;
}

/**
 * Share of the configured learning rate that a step takes, of the number of steps before it:
 * - warm-up: (step + 1)/w for the first w steps, times what the schedule says
 * - `exponential`: rate^⌊step/every⌋, the warm-up counted
 * - `cosine`: from 1 after the warm-up to the final share at the planned end, along half a cosine (Loshchilov and Hutter, 2017, eq. 5)
 * @param step from 0
 */
export function scheduledShare(schedule: ScheduleConfig, step: number, length: TrainingLength): number {
  const { warmupSteps } = schedule;
  const warmup = step < warmupSteps ? (step + 1) / warmupSteps : 1;
  return warmup * decayOf(schedule, step, length);
}

function decayOf(schedule: ScheduleConfig, step: number, { stepsPerEpoch, epochs }: TrainingLength): number {
  switch (schedule.type) {
    case 'constant':
      return 1;
    case 'exponential':
      return schedule.rate ** Math.floor(step / (schedule.everySteps ?? stepsPerEpoch));
    case 'cosine': {
      const { finalShare, warmupSteps } = schedule;
      const steps = stepsPerEpoch * epochs - warmupSteps;
      const progress = Math.min(1, Math.max(0, step - warmupSteps) / Math.max(1, steps));
      return finalShare + ((1 - finalShare) * (1 + Math.cos(Math.PI * progress))) / 2;
    }
  }
}
