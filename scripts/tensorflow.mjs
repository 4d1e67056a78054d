// @ts-check
/*
 * npm run tensorflow:build [-- FOLDER]: builds TensorFlow.js's binding against the TensorFlow of Python's wheel, into a
 * folder's node_modules (test/engines without one). Put that folder into RECSIGHT_RUNTIME_PATH to train on it.
 */
import path from 'node:path';
import { buildTensorflow } from './lib/engines.mjs';
import { installDependencies, requireNode, root } from './lib/toolchain.mjs';

requireNode();
await installDependencies();
const folder = path.resolve(process.argv[2] ?? path.join(root, 'test/engines'));
try {
  await buildTensorflow(folder, console.log);
  console.log(`TensorFlow is in ${folder}.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
