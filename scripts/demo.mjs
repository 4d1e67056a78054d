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
const config = path.relative(process.cwd(), path.join(root, 'samples/movietweetings/sasrec.recsight.json'));
const cli = path.relative(process.cwd(), path.join(root, 'dist/cli.js'));
try {
  await run(process.execPath, [cli, 'train', config, ...process.argv.slice(2)], { cwd: process.cwd() });
} catch {
  // The command line program has said what went wrong.
  process.exit(1);
}
console.log('\nTo see the run, its curves and its tables in VS Code:\n\n  npm run editor\n');
