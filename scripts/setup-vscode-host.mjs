// @ts-check
/** Installs what the integration tests run in: code-server and Chromium. Does nothing when they are there. */
import { findChromium } from './lib/chromium.mjs';
import { installCodeServer } from './lib/codeServer.mjs';
import { requireNode } from './lib/toolchain.mjs';

requireNode();
await installCodeServer();
console.log(`The test host is ready; the browser is ${await findChromium()}.`);
