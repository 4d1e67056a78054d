// @ts-check
/** npm run setup: installs everything that the tests need. `npm test` does this by itself. */
import { installDependencies, requireNode } from './lib/toolchain.mjs';

requireNode();
await installDependencies();
const { findChromium } = await import('./lib/chromium.mjs');
const { installCodeServer } = await import('./lib/codeServer.mjs');
await installCodeServer();
console.log(`Everything is there; the browser is ${await findChromium()}.`);
