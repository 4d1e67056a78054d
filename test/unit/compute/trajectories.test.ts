import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { DIEN_SIZES, DienTask } from '../../bench/models/dien';
import { DIN_SIZES, DinTask } from '../../bench/models/din';
import { SASREC_SIZES, SasrecTask } from '../../bench/models/sasrec';
import { SUM_SIZES, SumTask } from '../../bench/models/sum';
import { TWO_TOWER_SIZES, TwoTowerTask } from '../../bench/models/twoTower';
import { Training, type TrainingTask } from '../../bench/work';
import { TEST_BACKENDS, useBackend } from './useBackend';

const STEPS = 20;
const TOLERANCE = 1e-4;

/** Odd sizes, and histories of every length. */
const small = { batchSize: 9, length: 7, minLength: 1, numItems: 33 };

/** The benchmark's models, small enough for plain JavaScript. */
const tasks: Record<string, () => TrainingTask> = {
  SASRec: () => new SasrecTask({ ...SASREC_SIZES, ...small, width: 12 }),
  DIEN: () => new DienTask({ ...DIEN_SIZES, ...small, width: 11 }),
  SUM: () => new SumTask({ ...SUM_SIZES, ...small, itemWidth: 6, categoryWidth: 3, hidden: 7 }),
  DIN: () => new DinTask({ ...DIN_SIZES, ...small, width: 11 }),
  TwoTower: () => new TwoTowerTask({ ...TWO_TOWER_SIZES, ...small, numUsers: 15, width: 10 }),
};

const references = new Map<string, number[]>();

describe.each(TEST_BACKENDS)('training on %s', (backend) => {
  useBackend(backend);

  it.each(Object.keys(tasks))('%s has the losses that plain JavaScript has', async (name) => {
    if (!references.has(name)) references.set(name, await losses('cpu', name));
    const expected = references.get(name)!;
    const actual = await losses(backend, name);
    actual.forEach((loss, step) => {
      expect(Math.abs(loss / expected[step]! - 1), `step ${step + 1}`).toBeLessThanOrEqual(TOLERANCE);
    });
    // The weights moved, so that gradients and optimizer were compared, and not only the first loss.
    expect(new Set(expected).size).toBeGreaterThan(STEPS / 2);
  });
});

async function losses(backend: string, name: string): Promise<number[]> {
  await tf.setBackend(backend);
  const training = new Training(tasks[name]!());
  const values: number[] = [];
  for (let step = 0; step < STEPS; step++) values.push(await training.step());
  return values;
}
