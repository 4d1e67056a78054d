// @ts-check
/*
 * npm run kernels: builds the compute kernels from C.
 *
 *   npm run kernels                       the WebAssembly modules, which are committed
 *   npm run kernels -- --native           the Node-API addon of this machine, which is not
 *   npm run kernels -- --native all       of every platform, or of those named: linux-x64, darwin-arm64, …
 *   npm run kernels -- --check            says whether the committed modules are what the sources make
 */
import { parseArgs } from 'node:util';
import {
  addonPlatforms,
  buildAddon,
  buildWebAssembly,
  builtKernels,
  findStaleWebAssembly,
  ownPlatform,
} from './lib/kernels.mjs';
import { requireNode } from './lib/toolchain.mjs';

requireNode();
const { values, positionals } = parseArgs({
  options: { native: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
try {
  if (values.check) {
    const stale = await findStaleWebAssembly();
    console.log(
      stale.length === 0
        ? 'The committed WebAssembly is what the sources make.'
        : `Not what the sources make: ${stale.join(', ')}. Run \`npm run kernels\` and commit the result.`,
    );
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else if (values.native) {
    const named = positionals.length > 0 ? positionals : [ownPlatform];
    const platforms = named.includes('all') ? Object.keys(addonPlatforms) : named;
    for (const platform of platforms) console.log(await buildAddon(platform, builtKernels));
  } else {
    await buildWebAssembly(builtKernels);
    console.log(builtKernels);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
