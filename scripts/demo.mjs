// @ts-check
/*
 * npm run demo: from a fresh clone to a trained and evaluated model in one command.
 * What follows `--` goes to the trainer: npm run demo -- --set training.epochs=1
 */
import path from 'node:path';
import { build, installDependencies, requireNode, root, run } from './lib/toolchain.mjs';

requireNode();
await installDependencies();
await build();

// Ctrl+C is for the command line program, which stops the run in good order; this script waits for it.
process.on('SIGINT', () => {});
const here = (/** @type {string} */ file) => path.relative(process.cwd(), path.join(root, file));
const config = here('samples/movietweetings/sasrec.recsight.json');
// Where the editor looks for them when the sample is open.
const runs = here('samples/movietweetings/.recsight/runs');
const train = [here('dist/cli.js'), 'train', config, '--runs', runs, ...process.argv.slice(2)];
try {
  await run(process.execPath, train, { cwd: process.cwd() });
} catch {
  // The command line program has said what went wrong.
  process.exit(1);
}
console.log('\nTo see the run, its curves and its tables in VS Code:\n\n  npm run editor\n');
