import { Adam } from '../../compute/adam';
import { BACKEND_NAMES, type BackendName } from '../../compute/backends/backend';
import { startOnly } from '../../compute/engine';
import { RandomStream } from '../../compute/random';
import { createModel } from '../../model/createModel';
import type { ModelData } from '../../model/model';
import type { SequenceBatch } from '../../model/batches/sequenceBatches';
import { BACKEND_PROBE } from '../../model/models';
import type { BackendReport } from '../../protocol/backends';
import { errorText } from '../../protocol/errorText';
import { TrainingError } from '../trainingError';
import { trainStep } from '../trainStep';

const NUM_ITEMS = 1000;
const DATA: ModelData = {
  numUsers: 1,
  numItems: NUM_ITEMS,
  itemCounts: new Uint32Array(NUM_ITEMS + 1),
  itemFeatures: [],
  userFeatures: [],
};
const BATCH_SIZE = 32;
const OPTIMIZER = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const STEP = { learningRate: 0.001 };
const SEED = 42;

/**
 * Starts one backend in this process and trains a small model on random sequences for a while. Never throws for a backend
 * that does not work: that is what the report is for.
 * @param milliseconds how long the speed check takes, after a first step that is not counted
 * @throws TrainingError when there is no backend of that name
 */
export async function probeBackend(
  name: string,
  searchPaths: readonly string[],
  assets: string,
  milliseconds = 2000,
): Promise<BackendReport> {
  const known = BACKEND_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new TrainingError(
      'trainer/usage',
      `There is no backend \`${name}\`. There are: ${BACKEND_NAMES.join(', ')}.`,
    );
  }
  try {
    return await measure(known, searchPaths, assets, milliseconds);
  } catch (error) {
    return {
      name,
      available: false,
      version: null,
      device: null,
      threads: null,
      isGpu: false,
      stepsPerSecond: null,
      reason: errorText(error),
    };
  }
}

async function measure(
  name: BackendName,
  searchPaths: readonly string[],
  assets: string,
  milliseconds: number,
): Promise<BackendReport> {
  const backend = await startOnly(name, { assets, searchPaths });
  const model = await createModel(BACKEND_PROBE, DATA, SEED);
  const optimizer = new Adam(model.variables, OPTIMIZER);
  const takeStep = async (step: number) => {
    const started = performance.now();
    const loss = await trainStep(model, optimizer, randomBatch(step), new RandomStream(SEED, step), STEP);
    if (!Number.isFinite(loss))
      throw new Error(`It computes wrong results: the loss of a training step is ${loss}.`);
    return performance.now() - started;
  };
  // The first step compiles and allocates, so it counts only where it takes all the time there is.
  let elapsed = await takeStep(0);
  let steps = 1;
  if (elapsed < milliseconds) {
    for (elapsed = 0, steps = 0; elapsed < milliseconds; steps++) elapsed += await takeStep(steps + 1);
  }
  return { ...backend, available: true, stepsPerSecond: (1000 * steps) / elapsed, reason: null };
}

/** Full sequences: every position has an item and a target. */
function randomBatch(step: number): SequenceBatch {
  const random = new RandomStream(SEED, step);
  const length = BACKEND_PROBE.maxSequenceLength;
  const draw = () => Int32Array.from({ length: BATCH_SIZE * length }, () => 1 + random.nextInt(NUM_ITEMS));
  return {
    kind: 'sequences',
    size: BATCH_SIZE,
    length,
    users: new Int32Array(BATCH_SIZE),
    items: draw(),
    targets: draw(),
    negatives: null,
    numNegatives: 0,
  };
}
