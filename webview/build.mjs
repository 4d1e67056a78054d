import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * esbuild options for all webview pages: one script and one style sheet each (`live.js`, `live.css`), beside the
 * icon font that the style sheets name. The product's build and the browser tests share them.
 *
 * @type {import('esbuild').BuildOptions}
 */
export const webviewBuildOptions = {
  absWorkingDir: root,
  entryPoints: { live: 'webview/live/main.ts' },
  outdir: 'dist/webview',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  // engines.vscode ^1.100 runs on Electron 34, which is Chromium 132.
  target: 'chrome132',
  loader: { '.ttf': 'file' },
  assetNames: '[name]',
  legalComments: 'linked',
  logLevel: 'warning',
};
