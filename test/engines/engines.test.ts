import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { z } from 'zod';
import { Adam } from '../../src/compute/adam';
import { BackendError, type BackendName, type StartedBackend } from '../../src/compute/backends/backend';
import { startBackend, startOnly } from '../../src/compute/engine';
import { RandomStream } from '../../src/compute/random';
import { sasrecSchema } from '../../src/model/sasrec/options';
import { createModel } from '../../src/model/createModel';
import type { ProductScoring } from '../../src/model/model';
import type { SequenceBatch, SequenceBuilder } from '../../src/model/batches/sequenceBatches';
import { trainStep } from '../../src/training/trainStep';
import { modelData, queryOf } from '../unit/model/modelData';

/*
 * The engines that users install themselves, for real: they train the same model to the same numbers as plain JavaScript.
 * `npm test -- engines` installs them into test/engines and says in RECSIGHT_TEST_ENGINES which of them could not be had.
 */

const CONTEXT = { assets: path.resolve('dist'), searchPaths: [path.resolve('test/engines')] };
const STEPS = 4;
const NUM_ITEMS = 23;

const MODELS: [what: string, Partial<z.input<typeof sasrecSchema>>][] = [
  ['cross-entropy over the catalog', { loss: { type: 'crossEntropy' } }],
  [
    'sampled negatives, GELU, LayerNorm behind the blocks',
    { loss: { type: 'bce', numNegatives: 2 }, activation: 'gelu', normalization: 'post' },
  ],
];

interface Trajectory {
  losses: number[];
  /** All weights after the last step, by name. */
  weights: Map<string, Float32Array>;
  /** Scores of all items for one sequence. */
  scores: Float32Array;
}

async function trainTiny(overrides: Partial<z.input<typeof sasrecSchema>>): Promise<Trajectory> {
  const config = sasrecSchema.parse({
    type: 'sasrec',
    maxSequenceLength: 7,
    hiddenSize: 8,
    numBlocks: 1,
    numHeads: 2,
    ...overrides,
  });
  const model = await createModel(config, modelData(NUM_ITEMS), 42);
  const optimizer = new Adam(model.variables, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    losses.push(
      await trainStep(
        model,
        optimizer,
        randomBatch(step, (model.batches as SequenceBuilder).numNegatives),
        new RandomStream(42, step),
        { learningRate: 0.01 },
      ),
    );
  }
  const weights = new Map<string, Float32Array>();
  for (const [name, variable] of model.variables) weights.set(name, (await variable.data()) as Float32Array);
  const scores = tf.tidy(() => {
    const { states, items } = model.scoring(queryOf([0, 0, 3, 9, 4])) as ProductScoring;
    return tf.matMul(states, items, false, true);
  });
  const trajectory = { losses, weights, scores: (await scores.data()) as Float32Array };
  scores.dispose();
  optimizer.state.forEach((moment) => moment.dispose());
  model.dispose();
  return trajectory;
}

/** Three users with 7, 4 and 1 items. */
function randomBatch(step: number, numNegatives: number): SequenceBatch {
  const random = new RandomStream(7, step);
  const [size, length] = [3, 7];
  const present = Array.from(
    { length: size * length },
    (_, place) => place % length >= [0, 3, 6][Math.floor(place / length)]!,
  );
  const draw = () => Int32Array.from(present, (is) => (is ? 1 + random.nextInt(NUM_ITEMS) : 0));
  const [items, targets] = [draw(), draw()];
  const negatives = Int32Array.from(
    { length: size * length * numNegatives },
    () => 1 + random.nextInt(NUM_ITEMS),
  );
  return {
    kind: 'sequences',
    users: new Int32Array(3),
    size,
    length,
    items,
    targets,
    negatives: numNegatives > 0 ? negatives : null,
    numNegatives,
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (let index = 0; index < expected.length; index++) {
    const scale = Math.max(1, Math.abs(expected[index]!));
    expect(Math.abs(actual[index]! - expected[index]!), `${what}[${index}]`).toBeLessThan(1e-4 * scale);
  }
}

describe.each<BackendName>(['tensorflow', 'webgpu'])('%s', (name) => {
  const installed = JSON.parse(process.env.RECSIGHT_TEST_ENGINES ?? '{}') as Record<string, string | null>;
  let reason: string | null = installed[name] ?? null;
  let started: StartedBackend | null = null;

  beforeAll(async () => {
    if (reason !== null) return;
    try {
      started = await startOnly(name, CONTEXT);
    } catch (error) {
      const isMissing = error instanceof BackendError && error.presence === 'absent';
      if (!isMissing || name in installed) throw error;
      reason = `${error.message} \`npm test -- engines\` installs it for the tests.`;
    }
  });

  const skipWithout = (context: TestContext) => {
    if (reason !== null) {
      console.warn(`${name} is not tested. ${reason}`);
      context.skip(reason);
    }
  };

  it('says what it is', (context) => {
    skipWithout(context);
    expect(started).toMatchObject({ name, isGpu: false });
    const version =
      name === 'webgpu' ? /^TensorFlow\.js \d+\.\d+\.\d+ \(Dawn \d/ : /^TensorFlow \d+\.\d+\.\d+ \(\S+ \d/;
    expect(started?.version).toMatch(version);
    expect(started?.device).toMatch(name === 'webgpu' ? /SwiftShader/ : /^cpu$/);
  });

  for (const [what, overrides] of MODELS) {
    it(`trains SASRec as plain JavaScript does: ${what}`, async (context) => {
      skipWithout(context);
      await startOnly('cpu', CONTEXT);
      const expected = await trainTiny(overrides);
      await startOnly(name, CONTEXT);
      const before = tf.memory().numTensors;
      const actual = await trainTiny(overrides);
      expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
      expectClose(actual.losses, expected.losses, 'loss');
      expectClose(actual.scores, expected.scores, 'score');
      for (const [variable, values] of expected.weights) {
        // Softmax takes no notice of this bias: its gradient is 0 but for rounding, which Adam blows up to its step size.
        if (variable.endsWith('attention/key/bias')) continue;
        expectClose(actual.weights.get(variable)!, values, variable);
      }
    });
  }

  it('leaves GPU engines without a GPU to those who ask for them', async (context) => {
    skipWithout(context);
    const { name: chosen, fallback } = await startBackend('auto', CONTEXT);
    expect(chosen).not.toBe(name);
    expect(fallback ?? '').not.toContain(name);
    expect((await startBackend(name, CONTEXT)).name).toBe(name);
  });
});

it('none of them is needed', async () => {
  const { name } = await startBackend('auto', { ...CONTEXT, searchPaths: [] });
  expect(['native', 'wasm', 'cpu']).toContain(name);
});
