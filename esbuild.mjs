// @ts-check
/*
 * Builds everything that ships.
 *
 *   node esbuild.mjs [--watch] [--production] [--outdir=dist]
 *
 * Development builds carry source maps; production builds are minified and carry none.
 */
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import { writeOwnTypes } from './scripts/lib/ownTypes.mjs';
import { webviewBuildOptions } from './webview/build.mjs';

const root = import.meta.dirname;
const { values: flags } = parseArgs({
  options: {
    watch: { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    outdir: { type: 'string', default: 'dist' },
  },
});
const outdir = path.resolve(root, flags.outdir);

/** Never bundled but found in node_modules at run time; TensorFlow's only where a user has installed one. */
const nativePackages = ['@duckdb/node-api', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

/** @type {esbuild.BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: flags.production,
  sourcemap: !flags.production,
  legalComments: 'linked',
  logLevel: 'warning',
};

/** @type {esbuild.BuildOptions} */
const node = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // jsonc-parser's CommonJS build hides its imports from bundlers.
  mainFields: ['module', 'main'],
  // What is loaded when it is needed is loaded by `require`: Node's `import()` first reads a CommonJS package, file by file, for
  // the names of its exports, which takes longer than loading it.
  supported: { 'dynamic-import': false },
  // Error classes are told apart by name in messages and logs.
  keepNames: true,
};

/**
 * Leaves out what the descriptions of models load to compute with: what only reads configs never does, and is ten times as small.
 *
 * @type {esbuild.Plugin}
 */
const withoutComputation = {
  name: 'without-computation',
  setup(build) {
    build.onResolve({ filter: /^\.\/\w+$/ }, ({ kind, importer, path: module }) =>
      kind === 'dynamic-import' && path.basename(importer) === 'description.ts'
        ? { path: module, external: true }
        : undefined,
    );
  },
};

/**
 * Leaves out what reads model and metric files, which most configs do not name: it is in bundles of its own, loaded when it is needed.
 *
 * @type {esbuild.Plugin}
 */
const withoutCodeReaders = {
  name: 'without-code-readers',
  setup(build) {
    build.onResolve({ filter: /\/(readDeclaration|collectSources)$/ }, ({ kind, path: module }) =>
      kind === 'dynamic-import' ? { path: `./${path.basename(module)}.js`, external: true } : undefined,
    );
  },
};

/** @type {esbuild.BuildOptions[]} */
const bundles = [
  {
    ...node,
    outdir,
    entryPoints: ['src/userCode/readDeclaration.ts', 'src/userCode/collectSources.ts'],
  },
  {
    ...node,
    outdir,
    entryPoints: { extension: 'src/host/extension.ts' },
    external: ['vscode'],
    plugins: [withoutComputation, withoutCodeReaders],
  },
  {
    ...node,
    outdir,
    entryPoints: {
      trainer: 'src/training/main.ts',
      inspector: 'src/inspection/main.ts',
      dataChecker: 'src/dataset/main.ts',
    },
    external: nativePackages,
  },
  {
    ...node,
    outdir,
    entryPoints: { cli: 'src/cli/main.ts' },
    external: nativePackages,
    plugins: [withoutComputation, withoutCodeReaders],
    banner: { js: '#!/usr/bin/env node' },
  },
  { ...webviewBuildOptions, ...common, outdir: path.join(outdir, 'webview') },
];
if (!flags.production) {
  // A test whose source is gone must not go on running.
  await rm(path.join(outdir, 'test'), { recursive: true, force: true });
  bundles.push({
    ...node,
    outdir: path.join(outdir, 'test/suite'),
    entryPoints: ['test/integration/suite/*.ts'],
    external: ['vscode', 'mocha'],
    legalComments: 'none',
  });
}

/**
 * The trainer finds the compute kernels beside itself: WebAssembly, which is committed, and the addon where one was built.
 * A package for one platform (RECSIGHT_ADDON=linux-x64, or empty for none) gets that platform's only.
 */
async function copyKernels() {
  const source = path.join(root, 'src/compute/kernels/built');
  const platform = process.env.RECSIGHT_ADDON;
  await mkdir(outdir, { recursive: true });
  for (const file of await readdir(source)) {
    const wanted = file.endsWith('.wasm') || platform === undefined || file === `kernels-${platform}.node`;
    if (!wanted) continue;
    // By renaming: a trainer that runs has the old addon mapped, and would crash if that file itself changed.
    const temporary = path.join(outdir, `${file}.${process.pid}.tmp`);
    await copyFile(path.join(source, file), temporary);
    await rename(temporary, path.join(outdir, file));
  }
}

/** What a new model is written with: its text, and the types that model files import. */
async function writeUserCodeFiles() {
  const folder = path.join(outdir, 'userCode');
  await writeOwnTypes(path.join(folder, 'v1.d.ts'));
  await copyFile(path.join(root, 'src/userCode/templates/model.ts'), path.join(folder, 'model.ts'));
}

/**
 * Says when a build starts and ends, in the words that the problem matcher in .vscode/tasks.json waits for.
 *
 * @type {esbuild.Plugin}
 */
const announceBuilds = {
  name: 'announce-builds',
  setup(build) {
    build.onStart(() => console.log('[watch] build started'));
    build.onEnd((result) => {
      for (const { text, location } of result.errors) {
        console.error(`✘ [ERROR] ${text}`);
        if (location) console.error(`    ${location.file}:${location.line}:${location.column}:`);
      }
      console.log('[watch] build finished');
    });
  },
};

const started = performance.now();
await Promise.all([copyKernels(), writeUserCodeFiles()]);
if (flags.watch) {
  for (const options of bundles) {
    const context = await esbuild.context({
      ...options,
      logLevel: 'silent',
      plugins: [...(options.plugins ?? []), announceBuilds],
    });
    await context.watch();
  }
} else {
  // esbuild has printed the errors itself; a stack trace of this script would only hide them.
  await Promise.all(bundles.map((options) => esbuild.build(options))).catch(() => process.exit(1));
  console.log(`Built ${bundles.length} bundles in ${Math.round(performance.now() - started)} ms.`);
}
