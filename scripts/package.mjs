// @ts-check
/*
 * npm run package: makes the VSIX for one platform, from any platform.
 *
 *   node scripts/package.mjs [--target linux-x64] [--out FILE]
 *
 * DuckDB and the compute kernels are native, so there is one VSIX for each platform. Everything is laid out in .stage/<target> first: the
 * production build, and in node_modules only what is needed at run time there.
 */
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installDependencies, readJson, requireNode, root, run } from './lib/toolchain.mjs';

/** VS Code's name of a platform → npm's. */
const targets = {
  'linux-x64': ['--os=linux', '--cpu=x64', '--libc=glibc'],
  'linux-arm64': ['--os=linux', '--cpu=arm64', '--libc=glibc'],
  'alpine-x64': ['--os=linux', '--cpu=x64', '--libc=musl'],
  'alpine-arm64': ['--os=linux', '--cpu=arm64', '--libc=musl'],
  'darwin-x64': ['--os=darwin', '--cpu=x64'],
  'darwin-arm64': ['--os=darwin', '--cpu=arm64'],
  'win32-x64': ['--os=win32', '--cpu=x64'],
  'win32-arm64': ['--os=win32', '--cpu=arm64'],
};

requireNode();
const manifest = readJson(path.join(root, 'package.json'));
const { values } = parseArgs({
  options: {
    target: { type: 'string', default: `${process.platform}-${process.arch}` },
    out: { type: 'string' },
  },
});
const { target, out = path.join(root, `${manifest.name}-${manifest.version}-${target}.vsix`) } = values;
const platform = Object.entries(targets).find(([name]) => name === target)?.[1];
if (platform === undefined) {
  console.error(`There is no target named ${target}. There are: ${Object.keys(targets).join(', ')}.`);
  process.exit(1);
}

await installDependencies();
const stage = path.join(root, '.stage', target);
rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
await run(process.execPath, ['esbuild.mjs', '--production', `--outdir=${path.join(stage, 'dist')}`], {
  quiet: true,
  // Without the addons that happen to be built here; the platform's own follows.
  env: { ...process.env, RECSIGHT_ADDON: '' },
});
const { buildAddon } = await import('./lib/kernels.mjs');
await buildAddon(target, path.join(stage, 'dist'));
for (const name of ['media', 'README.md', 'CHANGELOG.md', 'LICENSE', '.vscodeignore']) {
  cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
}
// Nothing is left to build there, and nothing to test.
const development = ['devDependencies', 'scripts', 'private'];
const shipped = Object.entries(manifest).filter(([name]) => !development.includes(name));
writeFileSync(path.join(stage, 'package.json'), JSON.stringify(Object.fromEntries(shipped), null, 2));
const npm = [
  'install',
  '--ignore-scripts',
  '--no-package-lock',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];
await run('npm', [...npm, ...platform], { cwd: stage, quiet: true });
const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
await run(process.execPath, [vsce, 'package', '--target', target, '--out', path.resolve(out)], {
  cwd: stage,
  quiet: true,
});
console.log(`${path.relative(process.cwd(), out)}: ${(statSync(out).size / 1e6).toFixed(1)} MB`);
