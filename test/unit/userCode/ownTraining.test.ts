import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunDirectory } from '../../../src/runs/runDirectory';
import { RunRecorder } from '../../../src/training/runRecorder';
import { TrainingLoop, type TrainingOutcome } from '../../../src/training/trainingLoop';
import { useBackend } from '../compute/useBackend';
import { tinyDataset } from '../inference/tinyDataset';
import { makeOwnRun, modelFile, type OwnRun } from './ownRun';

/* Models of model files, trained from the code that their run keeps: what is right, and what is said of what is wrong. */

const dataset = tinyDataset(40);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-own-'));
  vi.stubEnv('XDG_CONFIG_HOME', path.join(folder, 'settings'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Trains until so many steps from here are done, or to the end, in a loop of its own as a new process would. */
async function trainFor({ run, config }: OwnRun, steps = Infinity, resume = false): Promise<TrainingOutcome> {
  const recorder = await RunRecorder.open(run);
  try {
    const loop = await TrainingLoop.create(config, dataset, recorder);
    if (resume) await loop.restore();
    const append = recorder.event.bind(recorder);
    recorder.event = (body) => {
      append(body);
      if (body.kind === 'step' && --steps === 0) recorder.requestStop();
    };
    const outcome = await loop.run();
    loop.model.dispose();
    return outcome;
  } finally {
    await recorder.close();
  }
}

async function weightsOf(run: RunDirectory): Promise<Buffer> {
  const directory = run.checkpointPath('last');
  const state = JSON.parse(await readFile(path.join(directory, 'state.json'), 'utf8')) as {
    files: { model: string };
  };
  return readFile(path.join(directory, state.files.model));
}

const DROPOUT = {
  loss: 'prediction.loss(batch, (histories) => tf.mul(encode(histories), 1 + 0.1 * random.nextFloat()))',
};

describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
  useBackend(backend);

  it('is trained to the same bits when it is stopped and resumed', async () => {
    const files = { 'models/mine.ts': modelFile(DROPOUT) };
    const [whole, parts] = [await makeOwnRun(folder, files), await makeOwnRun(folder, files)];
    expect(await trainFor(whole)).toBe('completed');
    expect(await trainFor(parts, 2)).toBe('stopped');
    expect(await trainFor(parts, Infinity, true)).toBe('completed');
    expect((await weightsOf(parts.run)).equals(await weightsOf(whole.run))).toBe(true);
    expect((await parts.run.readManifest()).best).toEqual((await whole.run.readManifest()).best);
  });

  it('leaves no tensors behind', async () => {
    const own = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
    await trainFor(own);
    const before = tf.memory().numTensors;
    const again = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
    const optimizer = 2; // of Adam, for the one parameter
    await trainFor(again);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + optimizer);
  });

  it.each<[string, Parameters<typeof modelFile>[0], string | RegExp]>([
    [
      'wrong shapes of an operation',
      { states: 'tf.matMul(tf.mean(vectors, 1), tf.ones([3, 4]))' },
      /^models\/mine\.ts:12:17: .*[Ii]nner.*shapes.* 8,4 and 3,4 /,
    ],
    [
      'states that are not as wide as the items',
      { states: 'tf.concat([tf.mean(vectors, 1), tf.mean(vectors, 1)], 1)' },
      /^models\/mine\.ts:17:\d+: The states have the shape \[8, 8\]/,
    ],
    [
      'a loss that is no scalar',
      { loss: 'tf.sum(encode(batch.histories ? { ...batch } : batch), 1)' },
      'models/mine.ts:17:35: `loss` has the shape [8]; expected a scalar, such as the `tf.mean` of the losses of the examples.',
    ],
    ['a loss that is no tensor', { loss: '3' }, 'models/mine.ts: `loss` is number; expected a scalar'],
    [
      'a parameter without a gradient',
      { create: "const gate = parameters.create('gate', [4, 3], { kind: 'constant', value: 0 });" },
      'models/mine.ts:8:29: The parameter `gate` [4, 3] gets no gradient: the loss does not depend on it',
    ],
    [
      'no parameter with a gradient',
      { loss: 'tf.scalar(3)' },
      'models/mine.ts:7:30: The parameter `items` [13, 4] gets no gradient',
    ],
    [
      'a tensor that each step leaves behind',
      { loss: 'prediction.loss(batch, (histories) => tf.keep(encode(histories)))' },
      'models/mine.ts:12:17: Each step leaves a tensor behind (shape [8, 4])',
    ],
    [
      'NaN in the third step',
      {
        create: 'let step = 0;',
        loss: 'prediction.loss(batch, (histories) => tf.sqrt(tf.add(encode(histories), step++ < 2 ? 9 : -9)))',
      },
      /^models\/mine\.ts:17:73: The loss is NaN at epoch 1, step 3\. `Sqrt` made NaN of shape \[8, 4\] from \[8, 4\]\./,
    ],
    [
      'a gradient that is not finite',
      { loss: 'tf.add(prediction.loss(batch, encode), tf.mul(0, tf.sum(tf.sqrt(tf.sub(items, items)))))' },
      /^models\/mine\.ts:17:91: The gradient of `items` is not finite at epoch 1, step 1\. The derivative of `Sqrt` is NaN/,
    ],
    [
      'an error in a derivative',
      {
        states:
          'tf.customGrad((x) => ({ value: tf.mean(x as tf.Tensor, 1), gradFunc: () => tf.zeros([2]) }))(vectors)',
      },
      /^models\/mine\.ts:12:\d+: .*gradient.*shape '2'/,
    ],
    [
      'an error in create',
      { create: 'data.nothing.here;' },
      'models/mine.ts:8:18: TypeError: Cannot read properties',
    ],
    [
      'an error when it is loaded',
      { top: 'null.x;' },
      'models/mine.ts:2:6: TypeError: Cannot read properties of null',
    ],
    [
      'an error in its batches',
      {
        returned:
          "batches: { unit: 'sequences', maxLength: 5, minLength: 1, build() { throw new Error('No.'); } },",
      },
      /^models\/mine\.ts:19:\d+: No\.$/,
    ],
    [
      'states that are scored against no items',
      {
        returned:
          "scoring: (query) => ({ kind: 'product', states: encode(query), items: tf.slice(items, 2) }),",
      },
      /^models\/mine\.ts:19:80: `items` has the shape \[11, 4\]; expected \[12, 4\]/,
    ],
    [
      'a tensor that each scoring leaves behind',
      {
        returned:
          'scoring: (query, record, known) => prediction.scoring(tf.add(tf.keep(encode(query)), 0), known),',
      },
      /^models\/mine\.ts:12:17: Each scoring leaves a tensor behind \(shape \[\d+, 4\]\)/,
    ],
    [
      'a parameter made twice',
      { create: "parameters.create('items', [1], { kind: 'constant', value: 0 });" },
      /^models\/mine\.ts:8:16: .*items/,
    ],
    [
      'what is no model',
      { returned: 'loss: undefined as never,' },
      /^models\/mine\.ts: .*`create` must return/,
    ],
  ])('says where there is %s', async (_, replaced, message) => {
    const own = await makeOwnRun(folder, { 'models/mine.ts': modelFile(replaced) });
    const error = await trainFor(own).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ code: expect.stringMatching(/^code\//) as string });
    if (typeof message === 'string') expect(error!.message).toContain(message);
    else expect(error!.message).toMatch(message);
    expect(error!.message).not.toContain('\n');
  });

  it('names the file that the model imports, where something is wrong there', async () => {
    const own = await makeOwnRun(folder, {
      'models/mine.ts': modelFile({ top: "import { pool } from './pool';", states: 'pool(vectors)' }),
      'models/pool.ts': `import type { tf as TensorFlow } from 'recsight/v1';
import { tf } from 'recsight/v1';

export function pool(vectors: TensorFlow.Tensor): TensorFlow.Tensor {
  const sums: TensorFlow.Tensor = tf.sum(vectors, 1); return tf.reshape(sums, [3, 5]);
}
`,
    });
    await expect(trainFor(own)).rejects.toThrow(
      /^models\/pool\.ts:5:65: Size\(32\) must match the product of shape 3,5/,
    );
  });

  it('tells what memory the first step took', async () => {
    const own = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
    const recorder = await RunRecorder.open(own.run);
    const none = { parameters: 0, gradients: 0, optimizer: 0, activations: 0 };
    recorder.update({ memory: { ...none, tensors: 0, total: 0, available: 1e9 } });
    const loop = await TrainingLoop.create(own.config, dataset, recorder);
    await loop.run();
    // At least the vectors of a batch.
    expect(recorder.manifest.memory!.activations).toBeGreaterThan(4 * 8 * 4);
    expect(recorder.manifest.memory!.activations).toBeLessThan(1e6);
    loop.model.dispose();
    await recorder.close();
  });
});
