import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RandomStream } from '../../src/compute/random';
import { configDigest, loadConfig } from '../../src/config/configFile';
import { isTrained } from '../../src/config/schema';
import { createRun, runsDirectoryOf, type RunDirectory } from '../../src/runs/runDirectory';

/** What is trained: models whose states differ, and a baseline, which has no checkpoint. */
export const VARIANTS = ['sasrec', 'gru4rec', 'popularity'] as const;
export type Variant = (typeof VARIANTS)[number];

const NUM_USERS = 40;
const NUM_ITEMS = 16;

const MODELS: Record<Variant, object> = {
  sasrec: { type: 'sasrec', maxSequenceLength: 8, hiddenSize: 8, numBlocks: 1, numHeads: 1, dropout: 0.2 },
  gru4rec: { type: 'gru4rec', maxSequenceLength: 8, hiddenSize: 8 },
  popularity: { type: 'popularity' },
};

/** The file of interactions of every workspace. */
export const DATA_FILE = 'ratings.csv';

/** Makes a folder with a data set and a config, both always the same for one variant. Returns the config's path. */
export function makeWorkspace(folder: string, variant: Variant): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, DATA_FILE), interactions());
  const file = path.join(folder, `${variant}.recsight.json`);
  writeFileSync(file, `${JSON.stringify(configOf(variant), null, 2)}\n`);
  return file;
}

export function configOf(variant: Variant): object {
  return {
    dataset: { path: DATA_FILE },
    model: MODELS[variant],
    training: {
      epochs: 3,
      batchSize: 16,
      learningRate: 0.01,
      earlyStopping: { patience: null },
      snapshots: variant === 'sasrec' ? 2 : 0,
    },
    evaluation: { cutoffs: [5, 10] },
    // The one that is everywhere, so that a case is the same on another machine.
    backend: 'wasm',
  };
}

/** Users who mostly take the next item, as CSV. */
export function interactions(): string {
  const random = new RandomStream(5);
  const rows = ['user_id,item_id,timestamp'];
  for (let user = 0; user < NUM_USERS; user++) {
    let item = random.nextInt(NUM_ITEMS);
    for (let place = 0; place < 4 + (user % 4); place++) {
      rows.push(`u${user},i${item},${1_600_000_000 + user * 100 + place}`);
      item = random.nextFloat() < 0.8 ? (item + 1) % NUM_ITEMS : random.nextInt(NUM_ITEMS);
    }
  }
  return `${rows.join('\n')}\n`;
}

/** A new run of a workspace, as `recsight train` makes it, whose trainer is not started. */
export async function makeRun(configPath: string, overrides: string[] = []): Promise<RunDirectory> {
  const config = await loadConfig(configPath, overrides);
  return createRun(runsDirectoryOf(path.dirname(configPath)), {
    name: config.name,
    model: config.model.type,
    configPath,
    config,
    configDigest: configDigest(config),
    seed: config.seed,
    mainMetric: config.training.earlyStopping.metric,
    epochs: isTrained(config) ? config.training.epochs : 0,
    git: null,
    versions: { node: process.versions.node },
  });
}

/** Each file below a folder, by its path there, with a digest of its content. Those that `skip` names are left out. */
export function contentsOf(
  folder: string,
  skip: (file: string) => boolean = () => false,
): Map<string, string> {
  const contents = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const place = path.join(entry.parentPath, entry.name);
    const file = path.relative(folder, place);
    if (entry.isFile() && !skip(file))
      contents.set(file, createHash('sha256').update(readFileSync(place)).digest('hex'));
  }
  return contents;
}
