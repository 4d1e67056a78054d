// @ts-check
/*
 * npm run pictures: makes the pictures of docs/images anew, of a run of the sample in a real VS Code. Look at them before you
 * commit them.
 */
import path from 'node:path';
import { build, installDependencies, requireNode, root, run } from './lib/toolchain.mjs';

requireNode();
await installDependencies();
await build();
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
await run(
  process.execPath,
  [vitest, 'run', '--project', 'workbench', 'test/integration/workbench/pictures.test.ts'],
  { env: { ...process.env, PICTURES: 'docs/images' } },
);
