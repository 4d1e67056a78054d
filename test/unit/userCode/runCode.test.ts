import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openRunModel, codeNotice } from '../../../src/inference/runModel';
import { readConfig } from '../../../src/inference/openRun';
import { codeHash, readKeptCode, writeKeptCode } from '../../../src/runs/keptCode';
import { RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';
import { collectSources } from '../../../src/userCode/collectSources';
import { allowCode, isAllowed } from '../../../src/userCode/consent';
import { readRunCode } from '../../../src/userCode/runCode';
import { useBackend } from '../compute/useBackend';
import { makeOwnRun, modelFile } from './ownRun';

/* The code that a run keeps: which files, that it runs only where its user has agreed, and that it is what the run was made with. */

useBackend('wasm');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-own-'));
  vi.stubEnv('XDG_CONFIG_HOME', path.join(folder, 'settings'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A model whose code leaves a file when it runs. */
const leavesMark = (): string =>
  modelFile({
    top: `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(path.join(folder, 'ran'))}, '');`,
  });
const hasRun = (): boolean => existsSync(path.join(folder, 'ran'));

const FILES = {
  'models/mine.ts': modelFile({
    top: "import { scale } from './parts/scale.js';\nimport type { Only } from './types';\nimport constants from '../constants.json';",
    states: 'tf.mul(tf.mean(vectors, 1), scale * constants.two)',
  }),
  'models/parts/scale.ts': "export { scale } from './number';\n",
  'models/parts/number.ts': 'export const scale: number = 0.5;\n',
  'models/unused.ts': 'export const no = 1;\n',
  'constants.json': '{ "two": 2 }',
};

it('keeps a model file and all files that it imports, but for those of types', async () => {
  const { run } = await makeOwnRun(folder, FILES);
  const code = (await readKeptCode(run.path))!;
  expect([...code.files.keys()].sort()).toEqual([
    'constants.json',
    'models/mine.ts',
    'models/parts/number.ts',
    'models/parts/scale.ts',
  ]);
  expect(code).toMatchObject({
    entries: { './models/mine.ts': 'models/mine.ts' },
    configFolder: '',
    packages: [],
  });
  expect(code.files.get('models/parts/number.ts')).toBe(FILES['models/parts/number.ts']);
});

it('keeps what a JavaScript file imports, also where only comments use it', async () => {
  const { run, config } = await makeOwnRun(
    folder,
    {
      'models/mine.js': `import { Gate } from './gate.js';
import { defineModel } from 'recsight/v1';
/** @type {Gate} */
export default defineModel({ title: 'Mine', options: {}, create() {} });
`,
      'models/gate.js': 'export class Gate {}\n',
    },
    { model: { type: './models/mine.js' } },
  );
  expect([...(await readKeptCode(run.path))!.files.keys()]).toEqual(['models/mine.js', 'models/gate.js']);
  expect(await openRunModel(run, config)).toMatchObject({ file: 'models/mine.js' });
});

it('says where code fails in a folder with parentheses', async () => {
  const workspace = path.join(folder, 'me (work) (2)');
  const top = "class Gate {\n  constructor() { throw new TypeError('no'); }\n}\nnew Gate();";
  const { run, config } = await makeOwnRun(workspace, { 'models/mine.ts': modelFile({ top }) });
  await expect(openRunModel(run, config)).rejects.toMatchObject({
    message: 'models/mine.ts:3:25: TypeError: no',
  });
  // A frame without the name of a function has its place without parentheses.
  const other = await makeOwnRun(workspace, {
    'models/mine.ts': modelFile({ top: "throw new Error('no');" }),
  });
  await expect(openRunModel(other.run, other.config)).rejects.toMatchObject({
    message: 'models/mine.ts:2:7: no',
  });
});

it('runs what the run keeps, whatever has become of the files', async () => {
  const { run, config } = await makeOwnRun(folder, FILES);
  expect(await codeNotice(run)).toBeNull();
  await writeFile(path.join(folder, 'models/parts/number.ts'), 'throw new Error("not this");');
  await rm(path.join(folder, 'models/mine.ts'));
  expect(await codeNotice(run)).toBe(
    '`models/mine.ts`, `models/parts/number.ts` have changed in the workspace since this run was started: the source that the run keeps is used.',
  );
  expect(await readConfig(run)).toEqual(config);
  const implementation = await openRunModel(run, config);
  expect(implementation).toMatchObject({ file: 'models/mine.ts' });
});

it('runs packages of the workspace, and notes their versions', async () => {
  const files = {
    'node_modules/half/package.json': '{ "name": "half", "version": "1.2.3", "main": "index.js" }',
    'node_modules/half/index.js': 'exports.half = 0.5;',
    'models/mine.ts': modelFile({
      top: "import { half } from 'half';",
      states: 'tf.mul(tf.mean(vectors, 1), half)',
    }),
  };
  const { run, config } = await makeOwnRun(folder, files);
  expect((await readKeptCode(run.path))!.packages).toEqual([{ name: 'half', version: '1.2.3' }]);
  await openRunModel(run, config);
  // The same code elsewhere would run other packages.
  const code = (await readRunCode(run))!;
  expect(await isAllowed(code)).toBe(true);
  expect(await isAllowed({ ...code, workspaceFolder: path.join(folder, 'elsewhere') })).toBe(false);
});

it.each([
  ["const require2 = require;\nconst { half } = require2(['ha', 'lf'].join(''));", 'half'],
  ["import 'half2';\nconst { half } = require(['half2', '..', 'half'].join('/'));", 'half2/../half'],
  ["const name = 'half/index.js';\nvoid import('half2');\nconst { half } = require(name);", 'half/index.js'],
])('runs no package that the run does not name: %s', async (top, specifier) => {
  const ran = path.join(folder, 'ran');
  const { run, config } = await makeOwnRun(folder, {
    'node_modules/half/package.json': '{ "name": "half", "version": "1.2.3", "main": "index.js" }',
    'node_modules/half/index.js': `require('fs').writeFileSync(${JSON.stringify(ran)}, ''); exports.half = 0.5;`,
    'node_modules/half2/package.json': '{ "name": "half2", "version": "1.0.0", "main": "index.js" }',
    'node_modules/half2/index.js': '',
    'models/mine.ts': modelFile({
      top: `declare const require: any;\n${top}`,
      states: 'tf.mul(tf.mean(vectors, 1), half)',
    }),
  });
  await expect(openRunModel(run, config)).rejects.toMatchObject({
    code: 'code/failed',
    message: expect.stringMatching(
      new RegExp(
        `^models/mine\\.ts:\\d+:\\d+: The package \`half2?\`, asked for as \`${specifier}\`, is not among those`,
      ),
    ) as string,
  });
  expect(hasRun()).toBe(false);
});

it('runs modules of Node.js, however they are asked for', async () => {
  const top =
    "declare const require: any;\nvoid require(['node:', 'path'].join('')).join(require('os').tmpdir(), 'x');";
  const { run, config } = await makeOwnRun(folder, { 'models/mine.ts': modelFile({ top }) });
  expect(await openRunModel(run, config)).toMatchObject({ file: 'models/mine.ts' });
});

it('asks again where packages were added to a run', async () => {
  const { run } = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
  const code = (await readRunCode(run))!;
  const file = path.join(run.path, 'code.json');
  const { packages, ...manifest } = JSON.parse(await readFile(file, 'utf8')) as { packages: unknown };
  expect(packages).toEqual([]);
  await writeFile(file, JSON.stringify({ ...manifest, packages: [{ name: 'half', version: '1' }] }));
  await expect(readRunCode(run)).rejects.toMatchObject({ code: 'run/corrupt' });
  // With the hash changed along, it is code that nobody has agreed to.
  const hash = codeHash({ ...code, packages: [{ name: 'half', version: '1' }] });
  expect(hash).not.toBe(code.hash);
  expect(codeHash({ ...code, packages: [{ name: 'half', version: '2' }] })).toBe(hash);
});

it('runs nothing before its user has agreed, and reads configs all the same', async () => {
  const { run, config } = await makeOwnRun(folder, { 'models/mine.ts': leavesMark() }, { allowed: false });
  expect(await readConfig(run)).toEqual(config);
  const { hash } = (await readRunCode(run))!;
  await expect(openRunModel(run, config)).rejects.toMatchObject({
    code: 'code/not-allowed',
    message:
      `The run ${run.id} has code that you have not agreed to run on this machine: \`models/mine.ts\`, hash ${hash.slice(0, 12)}. ` +
      `Read it in ${path.join(run.path, 'code')}. To run it now and later, repeat the command with \`--allow-code ${hash.slice(0, 12)}\`.`,
  });
  expect(hasRun()).toBe(false);
  await allowCode((await readRunCode(run))!);
  await openRunModel(run, config);
  expect(hasRun()).toBe(true);
});

it('keeps agreements out of the reach of others', async () => {
  await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
  const settings = path.join(folder, 'settings/recsight/allowed-code');
  if (process.platform !== 'win32') expect((await stat(settings)).mode & 0o777).toBe(0o700);
});

it.each([
  ['a file', 'code/models/mine.ts', (text: string) => `${text}\n// more`],
  [
    'the entry',
    'code.json',
    (text: string) => text.replace('": "models/mine.ts"', '": "models/parts/scale.ts"'),
  ],
])('refuses to run %s that was changed in the run', async (_, file, change) => {
  const { run, config } = await makeOwnRun(folder, FILES);
  const target = path.join(run.path, file);
  await writeFile(target, change(await readFile(target, 'utf8')));
  await expect(openRunModel(run, config)).rejects.toMatchObject({
    code: 'run/corrupt',
    message: expect.stringContaining(`${target} has changed since the run was started`) as string,
  });
});

it('asks again where hashes were changed along with the code', async () => {
  const { run, config } = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
  const other = await makeOwnRun(folder, { 'models/mine.ts': leavesMark() }, { allowed: false });
  for (const file of ['code.json', 'code/models/mine.ts'])
    await cp(path.join(other.run.path, file), path.join(run.path, file));
  await expect(openRunModel(run, config)).rejects.toMatchObject({ code: 'code/not-allowed' });
  expect(hasRun()).toBe(false);
});

it.each([
  ['../../outside.ts', '"path": "models/mine.ts"', '"path": "../../outside.ts"'],
  ['an absolute path', '"path": "models/mine.ts"', '"path": "/etc/passwd"'],
  ['a newer surface', '"api": "v1"', '"api": "v2"'],
])('refuses a code.json with %s', async (_, found, written) => {
  const { run } = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
  const file = path.join(run.path, 'code.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(found, written));
  await expect(readKeptCode(run.path)).rejects.toMatchObject({ code: 'run/corrupt' });
});

it.each(['code', 'code/models', 'code/models/mine.ts'])(
  'reads nothing behind a link at %s',
  async (place) => {
    const { run } = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
    expect((await readKeptCode(run.path))!.files.get('models/mine.ts')).toBe(modelFile());
    await rename(path.join(run.path, place), path.join(folder, 'moved'));
    await symlink(path.join(folder, 'moved'), path.join(run.path, place));
    await expect(readKeptCode(run.path)).rejects.toMatchObject({
      code: 'run/unreadable',
      message: expect.stringContaining('it is a link') as string,
    });
  },
);

it.each(['code.json', 'code/models/mine.ts'])('reads no %s that is too large', async (name) => {
  const { run } = await makeOwnRun(folder, { 'models/mine.ts': modelFile() });
  await truncate(path.join(run.path, name), 2 ** 40);
  await expect(readKeptCode(run.path)).rejects.toMatchObject({
    code: 'run/unreadable',
    message: expect.stringMatching(
      /\(it has 1099511627776 bytes; code may have at most 4194304\)\.$/,
    ) as string,
  });
});

it('takes and reads no code that is too large in all', async () => {
  const files = { 'models/mine.ts': modelFile() };
  const { run } = await makeOwnRun(folder, files);
  const code = (await readKeptCode(run.path))!;
  const large = `"${'x'.repeat(2 ** 22 - 2)}"`;
  const many = Array.from({ length: 16 }, (_, index) => `large${index}.json`);
  for (const name of many) await writeFile(path.join(folder, name), large);
  const imports = many.map((name) => `import '../${name}';\n`).join('');
  await writeFile(path.join(folder, 'models/mine.ts'), `${imports}${files['models/mine.ts']}`);
  await expect(collectSources(['./models/mine.ts'], folder, folder)).rejects.toMatchObject({
    code: 'code/too-large',
  });
  await rm(path.join(run.path, 'code.json'));
  await rm(path.join(run.path, 'code'), { recursive: true });
  const kept = [...code.files, ...many.map((name): [string, string] => [name, large])];
  await writeKeptCode(run.path, { ...code, files: new Map(kept) });
  await expect(readKeptCode(run.path)).rejects.toMatchObject({
    code: 'run/unreadable',
    message: expect.stringContaining('all code of a run may have at most 67108864 bytes') as string,
  });
});

it('finds the workspace of a run that was moved along with it', async () => {
  const { run } = await makeOwnRun(path.join(folder, 'a'), { 'models/mine.ts': modelFile() });
  await rename(path.join(folder, 'a'), path.join(folder, 'b'));
  const moved = new RunDirectory(path.join(runsDirectoryOf(path.join(folder, 'b')), run.id));
  const code = (await readRunCode(moved))!;
  expect(code.workspaceFolder).toBe(path.join(folder, 'b'));
  // Agreed is what runs, wherever it lies.
  expect(await isAllowed(code)).toBe(true);
});

it.each([
  ["import './none';", 'code/missing', /mine\.ts:2:8: There is no file `\.\/none`/],
  [
    "import { a } from 'not-installed';",
    'code/missing',
    /mine\.ts:2:19: The package `not-installed` is not installed/,
  ],
  [
    "import { a } from '../../outside';",
    'code/outside',
    /mine\.ts:2:19: .* is outside of the workspace folder/,
  ],
  ["import './bad';", 'code/syntax', /bad\.ts:1:11: Syntax error/],
])('says where %s is wrong', async (top, code, message) => {
  const workspace = path.join(folder, 'workspace');
  await writeFile(path.join(folder, 'outside.ts'), 'export const a = 1;');
  const files = { 'models/mine.ts': modelFile({ top: `${top}\nvoid a;` }), 'models/bad.ts': 'const b = ;' };
  await makeOwnRun(workspace, { ...files, 'models/mine.ts': modelFile() });
  await writeFile(path.join(workspace, 'models/mine.ts'), files['models/mine.ts']);
  await expect(collectSources(['./models/mine.ts'], workspace, workspace)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

it('takes no code through a link that leads out of the workspace', async () => {
  const workspace = path.join(folder, 'workspace');
  await makeOwnRun(workspace, { 'models/mine.ts': modelFile() });
  await writeFile(path.join(folder, 'outside.ts'), 'export const a = 1;');
  await symlink(path.join(folder, 'outside.ts'), path.join(workspace, 'models/link.ts'));
  await writeFile(path.join(workspace, 'models/mine.ts'), "import './link';");
  await expect(collectSources(['./models/mine.ts'], workspace, workspace)).rejects.toMatchObject({
    code: 'code/outside',
  });
});
