import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../src/inference/checkpoint';
import { readState, type TrainingState } from '../../../src/runs/checkpointState';
import { useBackend } from '../compute/useBackend';

/** A state without some of its fields. */
const without = (content: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(content).filter(([name]) => !names.includes(name)));

const measured = { epoch: 1, step: 5, metrics: { 'ndcg@10': 0.25 } };
const state: TrainingState = {
  epoch: 2,
  stepInEpoch: 0,
  step: 5,
  lossSum: 0,
  earlyStopping: { best: measured, withoutImprovement: 0 },
  last: {
    ...measured,
    protocol: {
      split: 'leaveOneOut',
      part: 'validation',
      candidates: 'full',
      numCandidates: 9,
      filterSeen: true,
      ties: 'average',
      cutoffs: [10],
      numUsers: 4,
    },
  },
};

describe('a checkpoint', () => {
  useBackend('cpu');
  let folder: string;
  let directory: string;
  const made: tf.Variable[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-checkpoint-'));
    directory = path.join(folder, 'checkpoints', 'last');
  });
  afterEach(async () => {
    for (const variable of made.splice(0)) variable.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function variablesOf(value: number): Map<string, tf.Variable> {
    const variable = tf.variable(tf.fill([3], value));
    made.push(variable);
    return new Map([['w', variable]]);
  }
  const optimizerOf = (value: number) => ({ step: value, state: variablesOf(value) });
  const valuesOf = (variables: Map<string, tf.Variable>) => [...variables.get('w')!.dataSync()];
  const stateFile = () => path.join(directory, 'state.json');
  const readJson = async () => JSON.parse(await readFile(stateFile(), 'utf8')) as Record<string, unknown>;

  it('comes back whole', async () => {
    await saveCheckpoint(directory, variablesOf(1), optimizerOf(2), state);
    const [model, optimizer] = [variablesOf(0), optimizerOf(0)];
    expect(await loadCheckpoint(directory, model, optimizer)).toMatchObject(state);
    expect([valuesOf(model), valuesOf(optimizer.state), optimizer.step]).toEqual([[1, 1, 1], [2, 2, 2], 2]);
  });

  it('is none only where there is none', async () => {
    expect(await readState(directory)).toBeNull();
    await mkdir(directory, { recursive: true });
    expect(await readState(directory)).toBeNull();
    // Like a process without file descriptors left, it cannot be opened.
    await symlink('state.json', stateFile());
    await expect(readState(directory)).rejects.toMatchObject({ code: 'checkpoint/unreadable' });
    await expect(loadCheckpoint(directory, variablesOf(0), null)).rejects.toMatchObject({
      code: 'checkpoint/unreadable',
      message: expect.stringContaining('left as it is') as string,
    });
  });

  it('that is damaged anywhere is refused, and the model stays as it was', async () => {
    await saveCheckpoint(directory, variablesOf(1), optimizerOf(2), state);
    const names = await readdir(directory);
    const whole = new Map(
      await Promise.all(
        names.map(async (name) => [name, await readFile(path.join(directory, name))] as const),
      ),
    );
    const [model, optimizer] = [variablesOf(0), optimizerOf(0)];
    const clean = await readJson();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constant(null)),
        async (name, place, bits) => {
          const bytes = Buffer.from(whole.get(name)!);
          const at = place % bytes.length;
          if (bits !== null) bytes[at]! ^= bits;
          await writeFile(path.join(directory, name), bits === null ? bytes.subarray(0, at) : bytes);
          try {
            const loaded = await loadCheckpoint(directory, model, optimizer);
            // Spaces, and whether a tensor file has a checksum, change nothing.
            expect({ ...clean, ...loaded }).toEqual(clean);
            expect([valuesOf(model), valuesOf(optimizer.state)]).toEqual([
              [1, 1, 1],
              [2, 2, 2],
            ]);
            for (const variables of [model, optimizer.state]) variables.get('w')!.assign(tf.zeros([3]));
          } catch (error) {
            expect(error).toMatchObject({
              name: 'CheckpointError',
              code: expect.stringMatching(/^checkpoint\/(damaged|newer-version)$/) as string,
            });
            expect([valuesOf(model), valuesOf(optimizer.state)]).toEqual([
              [0, 0, 0],
              [0, 0, 0],
            ]);
          }
          await writeFile(path.join(directory, name), whole.get(name)!);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, string, (content: Record<string, unknown>) => object]>([
    ['of a newer version', 'newer-version', (content) => ({ ...content, schemaVersion: '2.0' })],
    ['without a version', 'damaged', (content) => without(content, 'schemaVersion')],
    ['that was edited', 'damaged', (content) => ({ ...content, step: 6 })],
    ['whose checksum was removed', 'damaged', (content) => without(content, 'sha256')],
    [
      'that names a file elsewhere',
      'damaged',
      (content) => ({
        ...without(content, 'sha256'),
        schemaVersion: '1.0',
        files: { model: '../best/model-1-aaaaaa.safetensors', optimizer: null },
      }),
    ],
    [
      'with epochs below zero',
      'damaged',
      (content) => ({ ...without(content, 'sha256'), schemaVersion: '1.0', epoch: -1 }),
    ],
  ])('%s is refused', async (_, code, change) => {
    await saveCheckpoint(directory, variablesOf(1), null, state);
    await writeFile(stateFile(), JSON.stringify(change(await readJson())));
    await expect(readState(directory)).rejects.toMatchObject({ code: `checkpoint/${code}` });
  });

  it('nested without end is refused', async () => {
    await saveCheckpoint(directory, variablesOf(1), null, state);
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const text = JSON.stringify({ ...(await readJson()), more: 'DEEP' });
    await writeFile(stateFile(), text.replace('"DEEP"', deep));
    await expect(readState(directory)).rejects.toMatchObject({ code: 'checkpoint/damaged' });
  });

  it('of an earlier version, without checksums, is read', async () => {
    await saveCheckpoint(directory, variablesOf(1), null, state);
    const content = without(await readJson(), 'sha256', 'last');
    await writeFile(stateFile(), JSON.stringify({ ...content, schemaVersion: '1.0' }));
    const model = variablesOf(0);
    expect(await loadCheckpoint(directory, model, null)).toMatchObject({ step: 5 });
    expect(valuesOf(model)).toEqual([1, 1, 1]);
  });

  it('can be read whole at any moment while others are saved', async () => {
    await saveCheckpoint(directory, variablesOf(1), optimizerOf(1), { ...state, step: 1 });
    const training = { isDone: false };
    const save = async () => {
      for (let step = 2; step <= 60; step++) {
        await saveCheckpoint(directory, variablesOf(step), optimizerOf(step), { ...state, step });
      }
      training.isDone = true;
    };
    const read = async () => {
      const [model, optimizer] = [variablesOf(0), optimizerOf(0)];
      while (!training.isDone) {
        const { step } = await loadCheckpoint(directory, model, optimizer);
        expect([valuesOf(model), valuesOf(optimizer.state)]).toEqual([
          [step, step, step],
          [step, step, step],
        ]);
      }
    };
    await Promise.all([save(), read(), read()]);
  });

  it('is not saved into a run that was removed, and leaves the old one when it may not be replaced', async () => {
    await saveCheckpoint(directory, variablesOf(1), null, state);
    const before = await readdir(directory);
    const refused = new Error('taken over');
    const refuse = () => {
      throw refused;
    };
    await expect(saveCheckpoint(directory, variablesOf(2), null, state, refuse)).rejects.toBe(refused);
    expect(await readdir(directory)).toEqual(before);
    await rm(folder, { recursive: true });
    await expect(saveCheckpoint(directory, variablesOf(2), null, state)).rejects.toMatchObject({
      code: 'run/write-failed',
    });
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.skipIf(process.platform === 'win32').each(['checkpoints', 'checkpoints/last'])(
    'is neither saved nor read behind a link: %s',
    async (name) => {
      const foreign = path.join(folder, 'foreign');
      await saveCheckpoint(path.join(foreign, 'last'), variablesOf(1), null, state);
      const target = name === 'checkpoints' ? foreign : path.join(foreign, 'last');
      const before = await readdir(path.join(foreign, 'last'));
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await symlink(target, path.join(folder, name));
      await expect(saveCheckpoint(directory, variablesOf(2), null, state)).rejects.toThrow(/it is a link/);
      await expect(readState(directory)).rejects.toThrow(/it is a link/);
      expect(await readdir(path.join(foreign, 'last'))).toEqual(before);
    },
  );
});
