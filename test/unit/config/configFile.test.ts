import { mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  ConfigError,
  configDigest,
  configFormat,
  configName,
  loadConfig,
} from '../../../src/config/configFile';
import { temporaryFolder } from '../runs/newRun';

const SMALL = '{"dataset": {"path": "a.csv"}, "model": {"type": "sasrec"}}';

async function write(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

test('names and formats', () => {
  expect(configFormat('a/b/sasrec.recsight.json')).toBe('json');
  expect(configFormat('x.recsight.yml')).toBe('yaml');
  expect(configFormat('x.recsight.YAML')).toBe('yaml');
  expect(configFormat('recsight.json')).toBeNull();
  expect(configFormat('.recsight.json')).toBeNull();
  expect(configName('a/b/sas.rec.recsight.json')).toBe('sas.rec');
});

test('the name comes from the file unless the config has one', async () => {
  expect((await loadConfig(await write('my model.recsight.json', SMALL))).name).toBe('my model');
  expect((await loadConfig(await write('(x) a&b.recsight.json', SMALL))).name).toBe('x- a-b');
  expect((await loadConfig(await write('().recsight.json', SMALL))).name).toBe('experiment');
  const named = await write(
    'a.recsight.yaml',
    'name: b\n$schema: x\ndataset: {path: a}\nmodel: {type: sasrec}',
  );
  const config = await loadConfig(named, ['seed=7']);
  expect(config).toMatchObject({ name: 'b', seed: 7 });
  expect(config).not.toHaveProperty('$schema');
});

test('an invalid file is told with places, overrides with themselves', async () => {
  const file = await write(
    'a.recsight.json',
    '{"dataset": {"path": "a"},\n"model": {"type": "sasrec"},\n  "seed": -1}',
  );
  const error = await loadConfig(file, ['training.epochs=0']).catch(
    (thrown: unknown) => thrown as ConfigError,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({
    code: 'config/invalid',
    problems: [{ path: 'training.epochs' }, { path: 'seed' }],
  });
  const lines = (error as ConfigError).message.split('\n');
  expect(lines[0]).toMatch(/^--set training\.epochs=0: `training\.epochs`: expected/);
  expect(lines[1]).toContain(`${file}:3:11: \`seed\``);
});

test('files that cannot be a config', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'a.recsight.json'));
  const huge = await write('huge.recsight.json', '');
  await truncate(huge, 1024 ** 3);
  for (const [file, code, message] of [
    [path.join(folder, 'none.recsight.json'), 'config/missing', /There is no config file/],
    [path.join(folder, 'a.recsight.json'), 'config/unreadable', /it is a folder, and a file was expected/],
    [
      await write('latin.recsight.json', Buffer.from('{"name": "Gr\xfc\xdfe"}', 'latin1')),
      'config/unreadable',
      /not encoded as UTF-8/,
    ],
    [huge, 'config/unreadable', /a config may have at most/],
    [await write('a.json', SMALL), 'config/unknown-format', /name ending in \.recsight\.json/],
    [await write('empty.recsight.json', ''), 'config/invalid', /:1:1: The config is empty/],
  ] as const) {
    await expect(loadConfig(file)).rejects.toMatchObject({
      name: 'ConfigError',
      code,
      message: expect.stringMatching(message) as string,
    });
  }
});

test('a digest depends on the settings, not on how they are written', async () => {
  const digest = async (name: string, text: string) =>
    configDigest(await loadConfig(await write(name, text)));
  const first = await digest('a.recsight.json', SMALL);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await digest('a.recsight.yaml', 'model: {type: sasrec}\nseed: 42\ndataset:\n  path: a.csv')).toBe(
    first,
  );
  expect(
    await digest('a.recsight.yaml', 'model: {type: sasrec}\nseed: 43\ndataset:\n  path: a.csv'),
  ).not.toBe(first);
});
