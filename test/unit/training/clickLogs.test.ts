import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { createOptimizer } from '../../../src/compute/optimizers/createOptimizer';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import { auc } from '../../../src/evaluation/metrics/auc';
import { calibrationError } from '../../../src/evaluation/metrics/calibrationError';
import { modelProbabilities } from '../../../src/inference/labelScores';
import { modelDataOf } from '../../../src/inference/modelData';
import { sequencesUntil } from '../../../src/inference/sequencesUntil';
import { shownTask } from '../../../src/inference/shownTask';
import { createModel, fitBaseline } from '../../../src/model/createModel';
import { defaultBaseline } from '../../../src/model/models';
import { trainStep } from '../../../src/training/trainStep';
import { useBackend } from '../compute/useBackend';
import { clickLog, READ } from '../inference/clickLog';

/*
 * Learning from a click log whose probabilities are known, so that the best possible AUC is. A small log by default; with
 * RECSIGHT_CLICK_LOG=large the one whose numbers docs/labels.md states, which takes minutes and prints them.
 */

const IS_LARGE = process.env.RECSIGHT_CLICK_LOG === 'large';
/** How far from the best AUC, and from the probabilities. */
const REACH = IS_LARGE
  ? { numUsers: 6000, epochs: 4, batchSize: 256, auc: 0.005, calibration: 0.01 }
  : { numUsers: 250, epochs: 6, batchSize: 64, auc: 0.03, calibration: 0.05 };

const LAYERS = { maxSequenceLength: READ, embeddingSize: 8, attentionLayers: [16], headLayers: [32, 16] };
const MODELS = {
  DIN: { type: 'din', ...LAYERS, userIds: false },
  DIEN: { type: 'dien', ...LAYERS, userIds: false, auxiliaryLayers: [16] },
};

describe('a click log with known probabilities', () => {
  useBackend('native');
  const { dataset, labeled, probabilities } = clickLog(REACH.numUsers, 10);
  const task = shownTask(dataset, labeled, 'test', { cutoffs: [10], maxValidationUsers: null });
  const truth = Float64Array.from(
    [...labeled.validationEnd.keys()].flatMap((user) => {
      const [from, to] = [labeled.validationEnd[user]!, labeled.offsets[user + 1]!];
      return Array.from({ length: to - from }, (_, place) => probabilities[from + place]!);
    }),
  );
  const { users, labels } = task.shown;
  const best = auc.of({ users, labels, scores: truth });

  it.each(['DIN', 'DIEN'] as const)(
    'is learned by %s nearly as well as it can be',
    async (name) => {
      const config = configSchema.parse({
        dataset: { path: 'log.csv' },
        model: MODELS[name],
      }) as TrainedConfig;
      const model = await createModel(config.model, modelDataOf(dataset), 1);
      const optimizer = createOptimizer(config.training.optimizer, model.variables);
      const batches = model.batches.build(dataset, REACH.batchSize, 1);
      const total = REACH.epochs * batches.stepsPerEpoch;
      for (let step = 0; step < total; step++) {
        const epoch = 1 + Math.floor(step / batches.stepsPerEpoch);
        const batch = batches.batch(epoch, step % batches.stepsPerEpoch);
        // Down to nothing: what the last rows add is averaged then.
        const learningRate = 0.004 * (1 - step / total);
        await trainStep(model, optimizer, batch, new RandomStream(step), { learningRate, clipping: null });
      }
      const scores = await modelProbabilities(model, task, () => undefined);
      const found = {
        auc: auc.of({ users, labels, scores }),
        ece: calibrationError.of({ users, labels, scores }),
      };
      const regression = await fitBaseline(
        defaultBaseline('logisticRegression'),
        sequencesUntil(dataset, 'validation'),
        1,
      );
      const linear = auc.of({ users, labels, scores: regression.probabilities!(users, task.shown.items) });
      if (IS_LARGE)
        process.stdout.write(
          `${name}: AUC ${found.auc.toFixed(4)}, ECE ${found.ece.toFixed(4)}; best AUC ${best.toFixed(4)} (its ECE ${calibrationError.of({ users, labels, scores: truth }).toFixed(4)}), logistic regression ${linear.toFixed(4)}, ${labels.length} rows\n`,
        );
      expect(found.auc).toBeGreaterThan(best - REACH.auc);
      expect(found.auc).toBeGreaterThan(linear);
      expect(found.ece).toBeLessThan(REACH.calibration);
      model.dispose();
    },
    30 * 60_000,
  );
});
