import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { RandomStream } from '../../../src/compute/random';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import { createRun, type RunDirectory } from '../../../src/runs/runDirectory';
import { prepareUnchanged } from '../../../src/inference/openRun';
import { RunRecorder } from '../../../src/training/runRecorder';
import { TrainingLoop } from '../../../src/training/trainingLoop';

type ConfigInput = z.input<typeof configSchema>;

const NUM_USERS = 40;
const NUM_ITEMS = 24;

/** One small model of each kind, with side features where it takes some. */
export const TINY_MODELS: Record<string, ConfigInput['model']> = {
  sasrec: { type: 'sasrec', maxSequenceLength: 6, hiddenSize: 8, numBlocks: 1 },
  gru4rec: { type: 'gru4rec', maxSequenceLength: 6, embeddingSize: 8, hiddenSize: 6 },
  bert4rec: { type: 'bert4rec', maxSequenceLength: 6, hiddenSize: 8, numBlocks: 1 },
  hstu: { type: 'hstu', maxSequenceLength: 6, hiddenSize: 8, numBlocks: 1 },
  sum: { type: 'sum', maxSequenceLength: 6, hiddenSize: 8, slots: 3, layerSizes: [8], userEmbeddingSize: 4 },
  din: { type: 'din', maxSequenceLength: 6, embeddingSize: 4, attentionLayers: [6], headLayers: [8] },
  dien: {
    type: 'dien',
    maxSequenceLength: 6,
    embeddingSize: 4,
    attentionLayers: [6],
    auxiliaryLayers: [6],
    headLayers: [8],
  },
  twoTower: { type: 'twoTower', embeddingSize: 4, hiddenSizes: [8, 5] },
};

/**
 * Trains a small model on data that are written into the folder: 40 users, 24 items with a title, a category and a year.
 * @returns the run directory
 */
export async function trainTiny(
  folder: string,
  model: ConfigInput['model'],
  options: { seed?: number; epochs?: number } = {},
): Promise<string> {
  const { run, config } = await createTiny(folder, model, options);
  const { dataset } = await prepareUnchanged(run, await run.readManifest(), config);
  const recorder = await RunRecorder.open(run);
  try {
    const loop = await TrainingLoop.create(config, dataset, recorder);
    await recorder.setStatus('running');
    await loop.run();
    loop.model.dispose();
    await recorder.setStatus('finished');
  } finally {
    await recorder.close();
  }
  return run.path;
}

/** A run on these data that has only begun, which is all that a baseline needs. */
export async function createTiny(
  folder: string,
  model: ConfigInput['model'],
  { seed = 7, epochs = 2 } = {},
): Promise<{ run: RunDirectory; config: TrainedConfig }> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'ratings.csv'), ratings());
  await writeFile(path.join(folder, 'items.csv'), itemTable());
  const config = configSchema.parse({
    seed,
    backend: 'wasm',
    dataset: {
      path: 'ratings.csv',
      items: {
        path: 'items.csv',
        id: 'item_id',
        title: 'title',
        features: { category: 'category', year: 'number' },
      },
    },
    model,
    training: { epochs, batchSize: 16, learningRate: 0.01, earlyStopping: { patience: null } },
  } satisfies ConfigInput) as TrainedConfig;
  const run = await createRun(path.join(folder, '.recsight', 'runs'), {
    name: config.model.type,
    model: config.model.type,
    configPath: path.join(folder, 'tiny.recsight.json'),
    config,
    configDigest: '',
    seed,
    mainMetric: 'ndcg@10',
    epochs,
    git: null,
    versions: {},
  });
  return { run, config };
}

/** Users who mostly take the next item. */
function ratings(): string {
  const random = new RandomStream(5);
  const rows = ['user_id,item_id,timestamp'];
  for (let user = 0; user < NUM_USERS; user++) {
    let item = random.nextInt(NUM_ITEMS);
    const length = 4 + random.nextInt(6);
    for (let step = 0; step < length; step++) {
      rows.push(`u${user},i${item},${1_600_000_000 + user * 100 + step}`);
      item = random.nextFloat() < 0.8 ? (item + 1) % NUM_ITEMS : random.nextInt(NUM_ITEMS);
    }
  }
  return `${rows.join('\n')}\n`;
}

/** Titles have what CSV and TSV have to be careful with. */
function itemTable(): string {
  const rows = ['item_id,title,category,year'];
  for (let item = 0; item < NUM_ITEMS; item++)
    rows.push(`i${item},"Title, ""${item}""\tof\n${item}",${'abc'[item % 3]!},${1990 + item}`);
  return `${rows.join('\n')}\n`;
}
