// @ts-check
import { defineConfig } from 'vitest/config';

/**
 * One project per kind of test: `vitest run --project unit`. Unit tests mirror `src/` and `webview/`; the others
 * drive a browser or an editor, one at a time, and are best started with `npm run test:…`, which sets these up.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    // Whatever a test starts dies with it, also when Vitest itself is killed.
    globalSetup: ['scripts/lib/startKeeper.mjs'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          // A worker loads TensorFlow.js once, not for each of a hundred files: a quarter of the time.
          isolate: false,
          setupFiles: ['test/unit/setup.ts'],
        },
      },
      { test: { name: 'golden', include: ['test/golden/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'engines',
          include: ['test/engines/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'webview',
          include: ['test/webview/**/*.test.ts'],
          testTimeout: 60_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        test: {
          name: 'workbench',
          include: ['test/integration/workbench/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
