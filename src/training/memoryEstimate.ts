import { freemem, totalmem } from 'node:os';
import { optimizerSize } from '../compute/optimizers/createOptimizer';
import type { TrainedConfig } from '../config/schema';
import type { BaselineDescription } from '../model/description';
import type { ModelSize } from '../model/model';
import type { MemoryEstimate } from '../protocol/run';
import { thousands } from '../protocol/thousands';
import type { RunRecorder } from './runRecorder';
import { TrainingError } from './trainingError';

const BYTES = 4;
/** Blocks are handed out by size class, and steps of other lengths leave some space between them. */
const ALLOWANCE = 1.15;
/** Taken by the process whatever it trains: JavaScript, the engine's scratch. */
const BASE_BYTES = 200e6;
/** What has to be left for everything else on the machine. */
const USABLE_SHARE = 0.9;

/**
 * What training is going to take, before anything is allocated: tables and layers with their gradients and the
 * optimizer's state, what a step keeps for its backward pass or for the update, and the process itself. The interactions themselves are small beside it.
 */
export function estimateMemory(
  { training }: Pick<TrainedConfig, 'training'>,
  { parameters, activations }: ModelSize,
): MemoryEstimate {
  const optimizer = optimizerSize(training.optimizer);
  // While a gradient is clipped, it is there twice.
  const clipped = training.clipping === null ? 0 : 1;
  const bytes = {
    parameters: BYTES * parameters,
    gradients: BYTES * parameters,
    optimizer: BYTES * optimizer.state * parameters,
    // The update comes when nothing is left of the backward pass but the gradients.
    activations: BYTES * Math.max(activations, (optimizer.working + clipped) * parameters),
  };
  return inAll(bytes, availableBytes());
}

/** The estimate with what the activations of a step were measured to take, in bytes. */
export function withActivations(estimate: MemoryEstimate, activations: number): MemoryEstimate {
  const { parameters, gradients, optimizer, available } = estimate;
  const bytes = {
    parameters,
    gradients,
    optimizer,
    activations: Math.max(estimate.activations, activations),
  };
  return inAll(bytes, available);
}

function inAll(
  bytes: Pick<MemoryEstimate, 'parameters' | 'gradients' | 'optimizer' | 'activations'>,
  available: number,
): MemoryEstimate {
  const tensors = ALLOWANCE * (bytes.parameters + bytes.gradients + bytes.optimizer + bytes.activations);
  return { ...bytes, tensors, total: tensors + BASE_BYTES, available };
}

/** Puts an estimate into the run, and tells of it. */
export function tellMemory(recorder: RunRecorder, estimate: MemoryEstimate): void {
  recorder.event({ kind: 'memory', estimate });
  recorder.update({ memory: estimate });
}

/**
 * @param engineLimit what the engine can hold in all, null if only the machine limits it
 * @throws TrainingError with the numbers when the training cannot fit
 */
export function checkMemory(estimate: MemoryEstimate, engineLimit: number | null): void {
  const { tensors, total, available } = estimate;
  const ways =
    'Lower `training.batchSize`, `model.maxSequenceLength` or `model.hiddenSize`, or leave out rare items with `dataset.minItemInteractions`.';
  if (engineLimit !== null && tensors > engineLimit) {
    throw new TrainingError(
      'memory/engine-limit',
      `This run needs about ${gigabytes(tensors)} of tensors (${describe(estimate)}), but the engine is limited to ${gigabytes(engineLimit)}. ` +
        `${ways} The backend \`tensorflow\` has no such limit.`,
    );
  }
  if (total > USABLE_SHARE * available) {
    throw new TrainingError(
      'memory/too-small',
      `This run needs about ${gigabytes(total)} (${describe(estimate)}), but this machine has ${gigabytes(available)} free. ${ways}`,
    );
  }
}

/**
 * Refuses baselines that cannot be fitted before anything else is done, since most are fitted after a long training.
 * @throws TrainingError with the numbers
 */
export function checkBaselineMemory(
  baselines: readonly Pick<BaselineDescription, 'title' | 'fitBytes'>[],
  numItems: number,
  available = availableBytes(),
): void {
  for (const { title, fitBytes } of baselines) {
    const bytes = BASE_BYTES + (fitBytes?.(numItems) ?? 0);
    if (fitBytes === undefined || bytes <= USABLE_SHARE * available) continue;
    throw new TrainingError(
      'memory/too-small',
      `Fitting ${title} to ${thousands(numItems)} items needs about ${gigabytes(bytes)}, but this machine has ` +
        `${gigabytes(available)} free. Leave out rare items with \`dataset.minItemInteractions\`, or use another baseline.`,
    );
  }
}

function describe({ parameters, gradients, optimizer, activations }: MemoryEstimate): string {
  return (
    `${gigabytes(parameters)} parameters, ${gigabytes(gradients + optimizer)} gradients and optimizer, ` +
    `${gigabytes(activations)} activations`
  );
}

function gigabytes(bytes: number): string {
  return bytes < 0.95e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Memory that a process may still take. On Linux `freemem` counts what the system would give back from its caches. */
function availableBytes(): number {
  const limit = process.constrainedMemory();
  // A container's limit; without one the answer is 0 or beyond what the machine has.
  const share = limit > 0 && limit < totalmem() ? limit - process.memoryUsage.rss() : Infinity;
  return Math.min(freemem(), share);
}
