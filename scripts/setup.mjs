// @ts-check
/** npm run setup: installs everything that the tests need. `npm test` does this by itself. */
import { installDependencies, requireNode } from './lib/toolchain.mjs';

requireNode();
await installDependencies();
const { findChromium } = await import('./lib/chromium.mjs');
const { installCodeServer } = await import('./lib/codeServer.mjs');
const { installEngines } = await import('./lib/engines.mjs');
await installCodeServer();
for (const [name, reason] of Object.entries(await installEngines())) {
  if (reason !== null) console.log(`${name} will not be tested. ${reason}`);
}
console.log(`Everything is there; the browser is ${await findChromium()}.`);
