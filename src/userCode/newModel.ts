import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'jsonc-parser';
import { writeIfNew, writeTypes } from './workspaceTypes';

/** A model cannot be written. */
export class NewModelError extends Error {
  override readonly name = 'NewModelError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What was written for a new model, as absolute paths. */
export interface NewModel {
  /** `models/<name>.ts` */
  model: string;
  /** `<name>.recsight.json`; null where a config of that name was there already. */
  config: string | null;
  /** Name of the config that the data and the training were taken from; null where there was none to take them from. */
  dataOf: string | null;
  /** Everything that was not there before, for people. */
  written: string[];
}

/** Says what is wrong with the name of a model; undefined when nothing is. */
export function problemOfModelName(name: string): string | undefined {
  return /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)
    ? undefined
    : 'Expected a letter, then letters, digits, `-` or `_`, such as gatedMean.';
}

/**
 * Writes a small, working model into a workspace, with a config and the types that it imports. Overwrites nothing.
 * @param folder of the workspace @param assets where `model.ts` and `v1.d.ts` are, beside what was built
 * @throws NewModelError when there is a model of that name, or the name is none for a file
 */
export async function writeNewModel(folder: string, name: string, assets: string): Promise<NewModel> {
  const problem = problemOfModelName(name);
  if (problem !== undefined)
    throw new NewModelError('new-model/name', `\`${name}\` is not a name for a model. ${problem}`);
  const model = path.join(folder, 'models', `${name}.ts`);
  const template = await readFile(path.join(assets, 'model.ts'), 'utf8');
  await mkdir(path.dirname(model), { recursive: true });
  if (!(await writeIfNew(model, template.replace("'New model'", `'${titleOf(name)}'`)))) {
    throw new NewModelError(
      'new-model/exists',
      `There is a model file ${model} already. Choose another name.`,
    );
  }
  const types = await writeTypes(folder, path.dirname(model), assets);
  const source = await newestConfig(folder);
  const config = path.join(folder, `${name}.recsight.json`);
  const isNew = await writeIfNew(config, configText(name, source?.values ?? null));
  return {
    model,
    config: isNew ? config : null,
    dataOf: source?.name ?? null,
    written: [model, ...(isNew ? [config] : []), ...types],
  };
}

/** `gatedMean` → `Gated mean`. */
function titleOf(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]+/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The config in the folder that was changed last, in JSON. */
async function newestConfig(
  folder: string,
): Promise<{ name: string; values: Record<string, unknown> } | null> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.recsight.json'));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, changed: (await stat(path.join(folder, name))).mtimeMs })),
  );
  dated.sort((a, b) => b.changed - a.changed || (a.name < b.name ? -1 : 1));
  for (const { name } of dated) {
    const values: unknown = parse(await readFile(path.join(folder, name), 'utf8'));
    if (typeof values === 'object' && values !== null && 'dataset' in values) return { name, values: values };
  }
  return null;
}

const PLACEHOLDER = {
  path: 'interactions.csv',
  columns: { user: 'user_id', item: 'item_id', timestamp: 'timestamp' },
};

/** A config of the model, with the data, training and evaluation of another config. */
function configText(name: string, source: Record<string, unknown> | null): string {
  const { dataset = PLACEHOLDER, training = { epochs: 20 }, evaluation } = source ?? {};
  const values = { dataset, model: { type: `./models/${name}.ts` }, training, evaluation };
  const parts = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${partText(value)}`);
  return `{\n${parts.join(',\n')}\n}\n`;
}

/** An object whose fields are on a line each. */
function partText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return lineText(value);
  const fields = Object.entries(value).map(
    ([key, field]) => `    ${JSON.stringify(key)}: ${lineText(field)}`,
  );
  return `{\n${fields.join(',\n')}\n  }`;
}

/** JSON on one line, with spaces as people write it. */
function lineText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(lineText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}: ${lineText(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
