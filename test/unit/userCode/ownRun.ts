import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { configDigest } from '../../../src/config/configFile';
import { ownFilesOf, readOwnCode } from '../../../src/config/ownFiles';
import { configSchemaWith, type TrainedConfig } from '../../../src/config/schema';
import { codeHash } from '../../../src/runs/keptCode';
import { createRun, runsDirectoryOf, type RunDirectory } from '../../../src/runs/runDirectory';
import { collectSources } from '../../../src/userCode/collectSources';
import { allowCode } from '../../../src/userCode/consent';

/** The file of a model that takes the mean of a history's vectors, with parts replaced. */
export function modelFile(
  replaced: Partial<Record<'top' | 'create' | 'loss' | 'states' | 'returned', string>> = {},
): string {
  const {
    top = '',
    create = '',
    loss = 'prediction.loss(batch, encode)',
    states = 'tf.mean(vectors, 1)',
  } = replaced;
  return `import { defineModel, layers, tf, type Histories } from 'recsight/v1';
${top}
export default defineModel({
  title: 'Mean',
  options: { width: { type: 'integer', default: 4 } },
  create({ options, data, parameters, nextItem }) {
    const items = parameters.create('items', [data.numItems + 1, options.width], { kind: 'normal', deviation: 0.1 });
    ${create}
    const prediction = nextItem(items, { maxSequenceLength: 5, trainOn: 'last' });
    const encode = (histories: Histories) => {
      const vectors = layers.embeddingLookup(items, layers.historyItems(histories));
      return ${states};
    };
    return {
      batches: prediction.batches,
      embeddings: [prediction.items],
      loss: (batch, random) => ${loss},
      scoring: (query, record, known) => prediction.scoring(encode(query), known),
      ${replaced.returned ?? ''}
    };
  },
});
`;
}

export interface OwnRun {
  run: RunDirectory;
  config: TrainedConfig;
}

/** Makes the run of a model file, which its user agrees to run unless it is said otherwise. */
export async function makeOwnRun(
  folder: string,
  files: Record<string, string>,
  { allowed = true, model = {}, training = {}, evaluation = {} } = {},
): Promise<OwnRun> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const raw = {
    seed: 7,
    dataset: { path: 'unused.csv' },
    model: { type: './models/mine.ts', ...model },
    training: {
      epochs: 2,
      batchSize: 8,
      learningRate: 0.01,
      earlyStopping: { patience: null, ...(Object.keys(evaluation).length > 0 && { metric: 'hr@3' }) },
      ...training,
    },
    evaluation,
  };
  const names = ownFilesOf(raw);
  const config = configSchemaWith(await readOwnCode(folder, names)).parse(raw) as TrainedConfig;
  const code = await collectSources(names, folder, folder);
  if (allowed) await allowCode({ ...code, hash: codeHash(code), workspaceFolder: folder });
  const run = await createRun(runsDirectoryOf(folder), {
    name: 'mine',
    model: config.model.type,
    configPath: path.join(folder, 'mine.recsight.json'),
    config,
    configDigest: configDigest(config),
    seed: 7,
    mainMetric: 'ndcg@10',
    epochs: 2,
    git: null,
    versions: {},
    code,
  });
  return { run, config };
}
