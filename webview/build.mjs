import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The component kit finds out whether the browser knows `:focus-visible` by way of an inline style sheet, which a
 * strict content security policy forbids. Chromium does know it.
 *
 * @type {import('esbuild').Plugin}
 */
const knowFocusVisible = {
  name: 'know-focus-visible',
  setup(build) {
    build.onLoad(
      { filter: /fast-foundation[\\/]dist[\\/]esm[\\/]utilities[\\/]style[\\/]focus\.js$/ },
      () => ({
        contents: "export const focusVisible = 'focus-visible';",
      }),
    );
  },
};

/**
 * esbuild options for the pages of all panels, `webview/<panel>/main.ts`: one script and one style sheet each (`live.js`,
 * `live.css`), beside the icon font that the style sheets name. The product's build and the browser tests share them.
 *
 * @type {import('esbuild').BuildOptions}
 */
export const webviewBuildOptions = {
  absWorkingDir: root,
  entryPoints: Object.fromEntries(
    readdirSync(`${root}/webview`)
      .map((panel) => [panel, `webview/${panel}/main.ts`])
      .filter(([, entry]) => existsSync(`${root}/${entry}`)),
  ),
  outdir: 'dist/webview',
  bundle: true,
  // deck.gl without WebGPU, which the page cannot use anyway; `module` is esbuild's own default.
  conditions: ['visgl:webgl-only', 'module'],
  format: 'iife',
  platform: 'browser',
  // engines.vscode ^1.100 runs on Electron 34, which is Chromium 132.
  target: 'chrome132',
  loader: { '.ttf': 'file' },
  assetNames: '[name]',
  plugins: [knowFocusVisible],
  legalComments: 'linked',
  logLevel: 'warning',
};
