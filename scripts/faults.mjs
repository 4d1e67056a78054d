// @ts-check
/*
 * npm run faults: kills, full disks, damaged files and second hosts against the built trainer, for as long as one likes.
 *
 *   node scripts/faults.mjs [--minutes 20] [--seed 1] [--only KIND]… [--replay KIND:N] [--short] [--workers 1] [--keep]
 *
 * Ends with a table, and with exit code 1 when anything did not end as it should. `--replay` tries one case again and keeps
 * its files.
 */
import { runFaults } from './lib/faults.mjs';
import { build } from './lib/toolchain.mjs';

await build();
process.exitCode = await runFaults(process.argv.slice(2));
