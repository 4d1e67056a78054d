import type { z } from 'zod';
import { applyPreset } from '../../../src/config/presets';
import { configSchema, type TrainedConfig } from '../../../src/config/schema';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import type { OpenRun } from '../../../src/inspection/inspectedRuns';
import { createModel } from '../../../src/model/createModel';
import type { Model } from '../../../src/model/model';
import type { RunManifest } from '../../../src/protocol/run';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { modelDataOf } from '../../../src/inference/modelData';
import { tinyDataset, withFeatures, withTimes } from '../inference/tinyDataset';

export type ModelInput = z.input<typeof configSchema>['model'];

const pair = { maxSequenceLength: 6, embeddingSize: 4, attentionLayers: [6], headLayers: [8] };
const memory = { type: 'sum' as const, maxSequenceLength: 6, hiddenSize: 8, layerSizes: [8] };
const blocks = { type: 'sasrec', maxSequenceLength: 6, hiddenSize: 8, numHeads: 2 } as const;

/** Every kind of attention that a config can ask for. */
export const ATTENTION_MODELS: Record<string, ModelInput> = {
  sasrec: blocks,
  'sasrec, positions from the oldest': { ...blocks, positions: 'fromOldest' },
  'sasrec, padding as zeros, all see all': {
    ...blocks,
    padding: 'zeroed',
    causal: false,
    trainOn: 'last',
  },
  'sasrec, visible padding': {
    ...blocks,
    padding: 'visible',
    paddingVector: 'trained',
    normalization: 'post',
  },
  gsasrec: { ...blocks, preset: 'gsasrec' },
  esasrec: { ...blocks, preset: 'esasrec' },
  bert4rec: { ...blocks, type: 'bert4rec' },
  hstu: { ...blocks, type: 'hstu' },
  'hstu, positions from the oldest': { ...blocks, type: 'hstu', positions: 'fromOldest', timeBias: 'none' },
  din: { type: 'din', ...pair },
  'din, no softmax': { type: 'din', ...pair, attentionSoftmax: false },
  'dien, AUGRU': { type: 'dien', ...pair, evolution: 'AUGRU', auxiliaryWeight: 0 },
  'dien, AGRU': { type: 'dien', ...pair, evolution: 'AGRU', auxiliaryWeight: 0 },
  'dien, AIGRU': { type: 'dien', ...pair, evolution: 'AIGRU', auxiliaryWeight: 0 },
  'dien, GRU': { type: 'dien', ...pair, evolution: 'GRU', auxiliaryWeight: 0 },
  sum: { ...memory, slots: 3, userEmbeddingSize: 4 },
  sumv2: { ...memory, cell: 'SUMV2', slots: 4 },
};

export const OTHER_MODELS: Record<string, ModelInput> = {
  gru4rec: { type: 'gru4rec', maxSequenceLength: 6, embeddingSize: 8, hiddenSize: 6 },
  twoTower: { type: 'twoTower', embeddingSize: 4, hiddenSizes: [8, 5] },
};

export const DATASET = withTimes(withFeatures(tinyDataset(30, 12)));

/** A run that lies nowhere, and its model before any training. */
export async function runOf(
  input: ModelInput,
  dataset: PreparedDataset = DATASET,
): Promise<{ run: OpenRun & { config: TrainedConfig }; model: Model }> {
  const config = configSchema.parse(
    applyPreset({
      dataset: {
        path: 'unused.csv',
        items: { path: 'unused.csv', features: { category: 'category', tags: 'multi' } },
        users: { path: 'unused.csv', features: { age: 'number', group: 'category' } },
      },
      model: input,
    }),
  ) as TrainedConfig;
  const run = {
    directory: new RunDirectory('nowhere'),
    manifest: { model: config.model.type } as RunManifest,
    config,
    dataset,
  };
  return { run, model: await createModel(config.model, modelDataOf(dataset), 5) };
}
