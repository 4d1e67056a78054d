import { defineConfig } from 'vitest/config';

/** Unit tests mirror `src/` and `webview/`; suites that need a browser or an editor have runners of their own. */
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
