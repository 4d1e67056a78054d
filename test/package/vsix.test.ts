import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, run } from '../../scripts/lib/toolchain.mjs';
import { webviewBuildOptions } from '../../webview/build.mjs';
import { RunPanel } from '../integration/harness/runPanel';
import { runsOf, waitForRun, writeTinyWorkspace } from '../integration/harness/tinyWorkspace';
import { Workbench } from '../integration/harness/workbench';

/*
 * What a user installs: the packaged extension, in a VS Code that knows nothing of this repository.
 */

/** DuckDB's native library is 23 MB of it. */
const maxBytes = 30e6;
/** Unpacked, all that is not DuckDB: the trainer and the inspector each hold TensorFlow.js, the projection page deck.gl, and what reads own models
 * has parsers. Measured: 14.0 MB. */
const maxOwnBytes = 14.5e6;

let scratch: string;
let vsix: string;
let folder: string;
let workbench: Workbench;
/** Where VS Code has unpacked the extension. */
let installed: string;
/** Paths of the installed files, relative to `installed`. */
let files: string[];

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'recsight-package-'));
  vsix = path.join(scratch, 'recsight.vsix');
  folder = path.join(scratch, 'workspace');
  await run(process.execPath, ['scripts/package.mjs', '--out', vsix], { quiet: true });
  await writeTinyWorkspace(folder);
  workbench = await Workbench.open(folder, { vsix });
  const extensions = path.join(workbench.server.directory, 'extensions');
  installed = path.join(
    extensions,
    readdirSync(extensions).find((name) => name.startsWith('recsight.'))!,
  );
  files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(path.join(installed, file)).isFile(),
  );
});

afterAll(async () => {
  await workbench.close();
  await rm(scratch, { recursive: true, force: true });
});

describe('the VSIX', () => {
  it('is small, but for DuckDB', () => {
    expect(statSync(vsix).size).toBeLessThan(maxBytes);
    const own = files.filter((file) => !file.startsWith('node_modules'));
    const bytes = own.reduce((sum, file) => sum + statSync(path.join(installed, file)).size, 0);
    expect(bytes).toBeLessThan(maxOwnBytes);
  });

  it('holds what it needs and nothing of the workshop', () => {
    const programs = ['extension', 'trainer', 'inspector', 'dataChecker', 'cli'].map(
      (name) => `dist/${name}.js`,
    );
    const pages = Object.keys(webviewBuildOptions.entryPoints ?? {}).flatMap((page) => [
      `${page}.js`,
      `${page}.css`,
    ]);
    // What New Model writes into a workspace.
    const written = ['dist/userCode/model.ts', 'dist/userCode/v1.d.ts'];
    for (const needed of [...programs, ...written, ...pages.map((file) => `dist/webview/${file}`)]) {
      expect(existsSync(path.join(installed, needed)), needed).toBe(true);
    }
    const unwanted = /\.map$|\.tsx?$|\.tsbuildinfo$|^(src|test|scripts|samples|webview|\.)/;
    const expected = [...written, '.vsixmanifest'];
    expect(files.filter((file) => unwanted.test(file) && !expected.includes(file))).toEqual([]);
    // DuckDB's interface, its loader, and one platform's library.
    expect(readdirSync(path.join(installed, 'node_modules/@duckdb'))).toHaveLength(3);
  });

  it('names no path of the machine it was made on', () => {
    const texts = files.filter(
      (file) => /\.(js|json|css|html|md)$/.test(file) && !file.startsWith('node_modules'),
    );
    for (const file of texts) {
      const text = readFileSync(path.join(installed, file), 'utf8');
      for (const place of [root.replace(/\/$/, ''), homedir(), tmpdir()]) {
        expect(text.includes(`${place}/`), `${file} names ${place}`).toBe(false);
      }
    }
  });

  it('offers its commands and trains', async () => {
    await workbench.findCommand('RecSight: New Config');
    await workbench.findCommand('RecSight: Validate Config');
    await workbench.runCommand('RecSight: Train Model');
    await workbench.pick('short');
    await expect.poll(() => runsOf(folder), { timeout: 60_000 }).toHaveLength(1);
    const [trained] = await runsOf(folder);
    const { manifest } = await waitForRun(trained!.directory, ({ status }) => status === 'finished');
    expect(Object.keys(manifest.test!.baselines)).toHaveLength(3);
    await expect.poll(() => new RunPanel(workbench).status(), { timeout: 20_000 }).toBe('finished');
    expect(workbench.policyViolations).toEqual([]);
  });
});
