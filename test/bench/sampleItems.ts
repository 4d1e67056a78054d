import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Table } from '../../src/analysis/table';
import { loadConfig } from '../../src/config/configFile';
import type { TrainedConfig } from '../../src/config/schema';
import { createRun } from '../../src/runs/runDirectory';
import { prepareUnchanged } from '../../src/inference/openRun';
import { RunRecorder } from '../../src/training/runRecorder';
import { TrainingLoop } from '../../src/training/trainingLoop';

const CONFIG = path.resolve('samples/movietweetings/sasrec.recsight.json');
const EPOCHS = 5;

/** The item vectors of the sample's SASRec after some epochs, trained on the engine in use. */
export async function sampleItems(): Promise<Table> {
  const folder = await mkdtemp(path.join(tmpdir(), 'recsight-bench-'));
  try {
    const config = (await loadConfig(CONFIG, [
      `training.epochs=${EPOCHS}`,
      'training.snapshots=0',
    ])) as TrainedConfig;
    const run = await createRun(folder, {
      name: 'bench',
      model: config.model.type,
      configPath: CONFIG,
      config,
      configDigest: '',
      seed: config.seed,
      mainMetric: config.training.earlyStopping.metric,
      epochs: EPOCHS,
      git: null,
      versions: {},
    });
    const { dataset } = await prepareUnchanged(run, await run.readManifest(), config);
    const recorder = await RunRecorder.open(run);
    try {
      const loop = await TrainingLoop.create(config, dataset, recorder);
      await loop.run();
      const vectors = tf.tidy(() => loop.model.embeddings.find(({ name }) => name === 'items')!.vectors());
      const [numRows, width] = vectors.shape;
      return { values: Float32Array.from(await vectors.data()), numRows, width };
    } finally {
      await recorder.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
