import { cpSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import type { RunEvent } from '../../../src/protocol/events';
import { EventLogReader } from '../../../src/runs/eventLog';
import { createRun, RunDirectory } from '../../../src/runs/runDirectory';
import { decodeSafetensors } from '../../../src/formats/safetensors';
import { encodeState, readState, stateFileOf } from '../../../src/runs/checkpointState';
import { RunRecorder } from '../../../src/training/runRecorder';
import { snapshotStride } from '../../../src/training/snapshots';
import { TrainingLoop, type TrainingOutcome } from '../../../src/training/trainingLoop';
import { useBackend } from '../compute/useBackend';
import { tinyDataset } from '../inference/tinyDataset';

const dataset = tinyDataset(40);

function config(change: object = {}, training: object = {}): TrainedConfig {
  return configSchema.parse({
    seed: 7,
    dataset: { path: 'unused.csv' },
    model: { type: 'sasrec', maxSequenceLength: 8, hiddenSize: 8, numBlocks: 1, dropout: 0.2, ...change },
    training: { epochs: 3, batchSize: 8, learningRate: 0.01, earlyStopping: { patience: null }, ...training },
  }) as TrainedConfig;
}

describe('TrainingLoop', () => {
  useBackend('wasm');
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-loop-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const newRun = (): Promise<RunDirectory> =>
    createRun(folder, {
      name: 'tiny',
      model: 'sasrec',
      configPath: path.join(folder, 'tiny.recsight.json'),
      config: config(),
      configDigest: '',
      seed: 7,
      mainMetric: 'ndcg@10',
      epochs: 3,
      git: null,
      versions: {},
    });

  /** Trains until `stopAtStep`, or to the end, in a loop of its own as a new process would. */
  async function trainUntil(
    run: RunDirectory,
    stopAtStep: number,
    { resume = false, settings = config() } = {},
  ): Promise<TrainingOutcome> {
    const recorder = await RunRecorder.open(run);
    try {
      const loop = await TrainingLoop.create(settings, dataset, recorder);
      if (resume) await loop.restore();
      await recorder.setStatus('running');
      const append = recorder.event.bind(recorder);
      recorder.event = (body) => {
        append(body);
        if (body.kind === 'step' && body.step === stopAtStep) recorder.requestStop();
      };
      return await loop.run();
    } finally {
      await recorder.close();
    }
  }

  async function weightsOf(
    run: RunDirectory,
    which: 'last' | 'best' | `epoch-${number}`,
    kind: 'model' | 'optimizer',
  ): Promise<unknown> {
    const directory = run.checkpointPath(which);
    const state = JSON.parse(await readFile(path.join(directory, 'state.json'), 'utf8')) as {
      files: Record<string, string>;
    };
    return decodeSafetensors(await readFile(path.join(directory, state.files[kind]!)));
  }

  const eventsOf = (run: RunDirectory): Promise<RunEvent[]> => new EventLogReader(run.eventsPath).readNew();
  const lossesOf = async (run: RunDirectory): Promise<number[]> =>
    (await eventsOf(run)).flatMap((event) => (event.kind === 'step' ? [event.loss] : []));

  it('gives the same run twice for the same seed', async () => {
    const [first, second] = [await newRun(), await newRun()];
    await trainUntil(first, Infinity);
    await trainUntil(second, Infinity);
    expect(await lossesOf(first)).toEqual(await lossesOf(second));
    expect(await weightsOf(first, 'last', 'model')).toEqual(await weightsOf(second, 'last', 'model'));
  });

  it.each([
    ['cross-entropy, in the middle of an epoch', 8, {}, {}],
    ['BCE, at the end of an epoch', 5, { loss: { type: 'bce', numNegatives: 2 } }, {}],
    ['SGD', 3, {}, { optimizer: { type: 'sgd' } }],
    ['momentum', 8, {}, { optimizer: { type: 'sgd', momentum: 0.9, nesterov: true } }],
    [
      'lazy Adam, exponential',
      8,
      {},
      { optimizer: { type: 'adam', lazy: true }, schedule: { type: 'exponential' } },
    ],
    ['AdamW, cosine', 8, {}, { optimizer: { type: 'adamw' }, schedule: { type: 'cosine', warmupSteps: 10 } }],
    [
      'Adagrad, clipped',
      8,
      {},
      { optimizer: { type: 'adagrad' }, clipping: { type: 'globalNorm', norm: 0.1 } },
    ],
    ['RMSProp', 8, {}, { optimizer: { type: 'rmsprop', momentum: 0.5, centered: true } }],
    ['Adadelta', 8, {}, { optimizer: { type: 'adadelta' }, clipping: { type: 'variableNorm', norm: 0.1 } }],
    ['FTRL', 8, {}, { optimizer: { type: 'ftrl', l1: 1e-4 } }],
  ])(
    'a resumed run equals an uninterrupted one to the last bit: %s',
    async (_, stopAtStep, change, training) => {
      const settings = config(change, training);
      const [whole, parts] = [await newRun(), await newRun()];
      expect(await trainUntil(whole, Infinity, { settings })).toBe('completed');
      expect(await trainUntil(parts, stopAtStep, { settings })).toBe('stopped');
      expect(await trainUntil(parts, Infinity, { settings, resume: true })).toBe('completed');

      expect(await lossesOf(parts)).toEqual(await lossesOf(whole));
      for (const which of ['last', 'best'] as const) {
        expect(await weightsOf(parts, which, 'model')).toEqual(await weightsOf(whole, which, 'model'));
      }
      expect(await weightsOf(parts, 'last', 'optimizer')).toEqual(
        await weightsOf(whole, 'last', 'optimizer'),
      );
      expect((await parts.readManifest()).best).toEqual((await whole.readManifest()).best);
    },
  );

  it('records the learning rate of each step, which the schedule decides', async () => {
    const run = await newRun();
    const schedule = { type: 'exponential', rate: 0.5, warmupSteps: 2 };
    await trainUntil(run, 12, { settings: config({}, { schedule }) });
    const rates = (await eventsOf(run)).flatMap((event) =>
      event.kind === 'step' ? [event.learningRate] : [],
    );
    const share = [0.5, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25];
    expect(rates).toEqual(share.map((part) => 0.01 * part));
  });

  it('clips: steps of gradient descent are no longer than the norm', async () => {
    const weightsAfter = async (step: number) => {
      const run = await newRun();
      const training = { optimizer: { type: 'sgd' }, clipping: { type: 'globalNorm', norm: 1e-4 } };
      await trainUntil(run, step, { settings: config({}, { ...training, learningRate: 10 }) });
      const tensors = (await weightsOf(run, 'last', 'model')) as Map<string, { values: Float32Array }>;
      return [...tensors.values()].flatMap(({ values }) => [...values]);
    };
    const [first, third] = [await weightsAfter(1), await weightsAfter(3)];
    const moved = Math.hypot(...first.map((value, place) => value - third[place]!));
    expect(moved).toBeGreaterThan(1e-4);
    expect(moved).toBeLessThan(2 * 10 * 1e-4 * 1.01);
  });

  it('learns: the loss falls, and validation names the best epoch', async () => {
    const run = await newRun();
    await trainUntil(run, Infinity);
    const losses = await lossesOf(run);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const { best, last, progress } = await run.readManifest();
    expect(last?.epoch).toBe(3);
    expect(progress).toMatchObject({ epoch: 3, epochs: 3, step: 15, stepsPerEpoch: 5 });
    const validations = (await eventsOf(run)).flatMap((event) =>
      event.kind === 'validation' ? [event] : [],
    );
    expect(best?.metrics['ndcg@10']).toBe(Math.max(...validations.map(({ metrics }) => metrics['ndcg@10']!)));
  });

  describe('of a refit', () => {
    const refit = (plannedEpochs: number) =>
      config({}, { schedule: { type: 'cosine' }, refit: { plannedEpochs } });

    it('validates nothing, takes the last epoch, and is resumed to the last bit', async () => {
      const settings = refit(9);
      const [whole, parts] = [await newRun(), await newRun()];
      expect(await trainUntil(whole, Infinity, { settings })).toBe('completed');
      const { best, last, protocol, progress } = await whole.readManifest();
      expect(best).toEqual({ epoch: 3, step: progress.step, metrics: {} });
      expect({ last, protocol }).toEqual({ last: best, protocol: null });
      expect((await eventsOf(whole)).some(({ kind }) => kind === 'validation')).toBe(false);
      expect(await weightsOf(whole, 'best', 'model')).toEqual(await weightsOf(whole, 'last', 'model'));

      expect(await trainUntil(parts, 8, { settings })).toBe('stopped');
      expect(await trainUntil(parts, Infinity, { settings, resume: true })).toBe('completed');
      expect(await lossesOf(parts)).toEqual(await lossesOf(whole));
      expect(await weightsOf(parts, 'best', 'model')).toEqual(await weightsOf(whole, 'best', 'model'));
      expect((await parts.readManifest()).best).toEqual(best);
    });

    it('follows the schedule of the run whose epochs it trains', async () => {
      const ratesOf = async (settings: TrainedConfig): Promise<number[]> => {
        const run = await newRun();
        await trainUntil(run, Infinity, { settings });
        return (await eventsOf(run)).flatMap((event) =>
          event.kind === 'step' ? [event.learningRate ?? Number.NaN] : [],
        );
      };
      const planned = await ratesOf(config({}, { schedule: { type: 'cosine' }, epochs: 9 }));
      const own = await ratesOf(refit(9));
      // Users are batched as before, so that both have the same steps.
      expect(own).toEqual(planned.slice(0, own.length));
      expect(own.at(-1)).toBeGreaterThan(0.005);
    });
  });

  it('ends with a clear error when the loss is no number, and keeps the last good checkpoint', async () => {
    const run = await newRun();
    await trainUntil(run, 6);
    const settings = config();
    settings.training.learningRate = 1e38;
    await expect(trainUntil(run, Infinity, { settings, resume: true })).rejects.toThrow(
      /The loss is (NaN|Infinity).*learningRate/,
    );
    expect((await weightsOf(run, 'last', 'model')) instanceof Map).toBe(true);
  });

  describe('snapshots', () => {
    const epochsKept = async (run: RunDirectory): Promise<number[]> =>
      (await run.checkpoints())
        .filter((name) => name.startsWith('epoch-'))
        .map((name) => Number(name.slice('epoch-'.length)))
        .sort((a, b) => a - b);

    it('are of epochs that are spread evenly, no more than asked for, also when the run is resumed', async () => {
      const settings = config({}, { epochs: 9, snapshots: 3 });
      const [whole, parts] = [await newRun(), await newRun()];
      await trainUntil(whole, 3 * 5, { settings });
      expect(await epochsKept(whole)).toEqual([1, 2]);
      await trainUntil(whole, Infinity, { settings, resume: true });
      expect(await epochsKept(whole)).toEqual([4, 8]);
      for (const stopAtStep of [4, 7, 20, 23, 41])
        await trainUntil(parts, stopAtStep, { settings, resume: stopAtStep > 4 });
      await trainUntil(parts, Infinity, { settings, resume: true });
      expect(await epochsKept(parts)).toEqual([4, 8]);
      for (const name of ['epoch-4', 'epoch-8'] as const)
        expect(await weightsOf(parts, name, 'model')).toEqual(await weightsOf(whole, name, 'model'));
    });

    it('hold the weights after their epoch, and leave the other checkpoints as they are', async () => {
      const [some, none] = [await newRun(), await newRun()];
      await trainUntil(some, Infinity, { settings: config({}, { snapshots: 10 }) });
      await trainUntil(none, Infinity, { settings: config({}, { snapshots: 0 }) });
      expect(await epochsKept(some)).toEqual([1, 2, 3]);
      expect(await epochsKept(none)).toEqual([]);
      const last = await weightsOf(some, 'last', 'model');
      expect(await weightsOf(some, 'epoch-3', 'model')).toEqual(last);
      expect(await weightsOf(some, 'epoch-2', 'model')).not.toEqual(last);
      for (const which of ['last', 'best'] as const)
        expect(await weightsOf(some, which, 'model')).toEqual(await weightsOf(none, which, 'model'));
      expect(await weightsOf(some, 'last', 'optimizer')).toEqual(await weightsOf(none, 'last', 'optimizer'));
    });

    it('that could not be removed in their time are removed when the run is resumed', async () => {
      const settings = config({}, { snapshots: 2 });
      const run = await newRun();
      await trainUntil(run, Infinity, { settings });
      expect(await epochsKept(run)).toEqual([2]);
      cpSync(run.checkpointPath('epoch-2'), run.checkpointPath('epoch-1'), { recursive: true });
      await trainUntil(run, Infinity, { settings, resume: true });
      expect(await epochsKept(run)).toEqual([2]);
    });

    it('that cannot be written are left out with a warning', async () => {
      const run = await newRun();
      await mkdir(path.join(run.path, 'checkpoints'));
      await writeFile(run.checkpointPath('epoch-2'), 'a file in the way');
      await trainUntil(run, Infinity);
      expect(await lossesOf(run)).toHaveLength(15);
      const warnings = (await eventsOf(run)).flatMap((event) =>
        event.kind === 'log' ? [event.message] : [],
      );
      expect(warnings).toEqual([expect.stringMatching(/weights of epoch 2 were not saved\..*epoch-2/)]);
    });

    it.each([
      [1, 10, 1],
      [10, 10, 1],
      [11, 10, 2],
      [21, 10, 2],
      [22, 10, 4],
      [50, 10, 8],
      [5, 1, 4],
    ])('after %i epochs with at most %i are multiples of %i', (epoch, limit, stride) => {
      expect(snapshotStride(epoch, limit)).toBe(stride);
      expect(Math.floor(epoch / stride)).toBeLessThanOrEqual(limit);
    });
  });

  it('killed right after it saved a checkpoint, goes on with a log and a manifest that agree with it', async () => {
    const run = await newRun();
    const killed = new RunDirectory(path.join(folder, 'killed'));
    const recorder = await RunRecorder.open(run);
    const loop = await TrainingLoop.create(config(), dataset, recorder);
    await recorder.setStatus('running');
    const append = recorder.event.bind(recorder);
    recorder.event = (body) => {
      // What a kill at this moment leaves: nothing that waits in memory.
      if (body.kind === 'checkpoint' && body.which === 'last' && body.epoch === 2) {
        cpSync(run.path, killed.path, { recursive: true });
        rmSync(killed.processPath);
      }
      append(body);
    };
    await loop.run();
    await recorder.close();

    const told = (await eventsOf(killed)).filter(({ kind }) => kind === 'step' || kind === 'validation');
    expect(told).toHaveLength(12);
    expect(told.at(-1)).toMatchObject({ kind: 'validation', epoch: 2, step: 10 });
    // The manifest does not know of the epoch yet.
    expect((await killed.readManifest()).progress.epoch).toBeLessThan(2);

    const tensors = async () => (await readdir(killed.checkpointPath('last'))).sort();
    const saved = await tensors();
    // What a kill a moment later, before the old files are removed, leaves.
    await writeFile(path.join(killed.checkpointPath('last'), 'optimizer-5-abcdef.safetensors'), '');

    const restored = await RunRecorder.open(killed);
    await (await TrainingLoop.create(config(), dataset, restored)).restore();
    await restored.close();
    expect(await tensors()).toEqual(saved);
    const { progress, last, best, protocol } = await killed.readManifest();
    const validations = told.flatMap((event) => (event.kind === 'validation' ? [event] : []));
    const [first, second] = validations;
    const { epoch, step, metrics } = second!;
    expect(last).toEqual({ epoch, step, metrics });
    expect(protocol).toEqual(second!.protocol);
    expect(best?.epoch).toBe(second!.best ? 2 : first!.epoch);
    const losses = told.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    const [startLoss, loss] = [losses[0], losses.at(-1)];
    expect(progress).toMatchObject({ epoch: 2, epochs: 3, step: 10, stepsPerEpoch: 5, loss, startLoss });
    expect(progress.remainingMs).toBeNull();
  });

  it('has everything in its log when its manifest says that it has ended', async () => {
    const run = await newRun();
    const recorder = await RunRecorder.open(run);
    const writeLastManifest = run.writeLastManifest.bind(run);
    let told: RunEvent[] = [];
    // A trainer may die, or be frozen for good, right after this.
    vi.spyOn(run, 'writeLastManifest').mockImplementation(async (...args) => {
      told = await eventsOf(run);
      await writeLastManifest(...args);
    });
    await recorder.setStatus('running');
    for (let step = 1; step <= 3; step++)
      recorder.event({ kind: 'step', epoch: 1, step, loss: 1, learningRate: 0.1, sequencesPerSecond: 9 });
    await recorder.setStatus('finished');
    expect(told.slice(-4).map(({ kind }) => kind)).toEqual(['step', 'step', 'step', 'status']);
    await recorder.close();
    expect(await eventsOf(run)).toEqual(told);
  });

  it('that was frozen while another host took over its run writes nothing into it', async () => {
    const run = await newRun();
    const recorder = await RunRecorder.open(run);
    await recorder.setStatus('running');
    const other = { pid: 1, processStartTime: '', host: 'elsewhere', nonce: 'other', heartbeat: Date.now() };
    await writeFile(run.processPath, JSON.stringify(other));
    await run.requestStop();
    const contents = async () =>
      Promise.all(
        ['run.json', 'events.jsonl', 'process.json'].map((name) =>
          readFile(path.join(run.path, name), 'utf8'),
        ),
      );
    const [before, requests] = [await contents(), await readdir(path.join(run.path, 'control'))];
    expect(requests).toHaveLength(1);

    const isBusy = expect.objectContaining({ name: 'RunBusyError', code: 'run/busy' }) as Error;
    const loop = await TrainingLoop.create(config(), dataset, recorder);
    await expect(loop.run()).rejects.toEqual(isBusy);
    recorder.update({ name: 'mine' });
    expect(() => recorder.settle()).toThrow(isBusy);
    await expect(recorder.setStatus('failed')).rejects.toEqual(isBusy);
    await expect(recorder.close()).rejects.toEqual(isBusy);
    expect(await contents()).toEqual(before);
    expect(await readdir(path.join(run.path, 'control'))).toEqual(requests);
    expect(await run.checkpoints()).toEqual([]);
  });

  it('measures the best epoch again that an older version measured by other rules', async () => {
    const [run, other] = [await newRun(), await newRun()];
    for (const each of [run, other]) await trainUntil(each, 10);
    const { epoch } = (await run.readManifest()).best!;
    // As if ties had been counted otherwise, and in favor of this epoch.
    for (const name of ['last', 'best']) {
      const state = (await readState(run.checkpointPath(name)))!;
      state.earlyStopping.best!.metrics['ndcg@10'] = 0.99;
      if (state.last) state.last.protocol.ties = 'average';
      await writeFile(stateFileOf(run.checkpointPath(name)), encodeState(state));
    }
    for (const each of [run, other]) await trainUntil(each, Infinity, { resume: true });
    const [{ best }, expected] = [await run.readManifest(), await other.readManifest()];
    expect(best).toEqual(expected.best);
    expect(await weightsOf(run, 'best', 'model')).toEqual(await weightsOf(other, 'best', 'model'));
    expect(await weightsOf(run, 'last', 'optimizer')).toEqual(await weightsOf(other, 'last', 'optimizer'));
    const messages = (await eventsOf(run)).flatMap((event) => (event.kind === 'log' ? [event.message] : []));
    expect(messages).toContainEqual(
      expect.stringContaining(`The best epoch so far, ${epoch}, was evaluated with`),
    );
  });

  it('names a divergence once, also over a resume', async () => {
    const run = await newRun();
    const wild = config({}, { learningRate: 30, snapshots: 0 });
    await trainUntil(run, 5, { settings: wild });
    await trainUntil(run, Infinity, { settings: wild, resume: true });
    const { warnings, progress, best } = await run.readManifest();
    expect(progress.batchUnit).toBe('sequences');
    expect(progress.startLoss).toBe((await lossesOf(run))[0]);
    expect(progress.loss).toBeGreaterThan(3 * progress.startLoss!);
    expect(warnings).toEqual([
      {
        code: 'training/diverging',
        message: expect.stringMatching(/best epoch so far is \d.*it is 30/) as string,
      },
    ]);
    expect(best).not.toBeNull();
    const told = (await eventsOf(run)).filter(
      (event) => event.kind === 'log' && event.level === 'warning' && /Training diverges/.test(event.message),
    );
    expect(told).toHaveLength(1);
  });

  it('keeps no epoch whose weights are no finite numbers', async () => {
    const run = await newRun();
    const recorder = await RunRecorder.open(run);
    const loop = await TrainingLoop.create(config(), dataset, recorder);
    await recorder.setStatus('running');
    const append = recorder.event.bind(recorder);
    recorder.event = (body) => {
      append(body);
      // As an update of the last step may leave them.
      const [weights] = loop.model.variables.values();
      if (body.kind === 'step' && body.step === 10) weights!.assign(tf.fill(weights!.shape, NaN));
    };
    await expect(loop.run()).rejects.toMatchObject({ code: 'training/diverged' });
    await recorder.close();
    const { best, last } = await run.readManifest();
    expect([best?.epoch, last?.epoch]).toEqual([1, 1]);
    const weights = (await weightsOf(run, 'last', 'model')) as Map<string, { values: Float32Array }>;
    for (const { values } of weights.values()) expect(values.every(Number.isFinite)).toBe(true);
  });

  it('refuses a checkpoint of another model', async () => {
    const run = await newRun();
    await trainUntil(run, 6);
    const settings = config({ hiddenSize: 16 });
    await expect(trainUntil(run, Infinity, { settings, resume: true })).rejects.toThrow(
      /does not fit the model: `itemEmbedding` should have the shape \[13, 16\]/,
    );
  });

  it('refuses to resume without a checkpoint', async () => {
    await expect(trainUntil(await newRun(), Infinity, { resume: true })).rejects.toThrow(
      /There is no checkpoint/,
    );
  });
});
