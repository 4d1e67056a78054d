import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBirpc, type BirpcReturn } from 'birpc';
import { build, type OutputFile } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumArguments, findChromium } from '../../scripts/lib/chromium.mjs';
import { pageHtml } from '../../src/host/webviewHtml';
import type { RunEvent } from '../../src/protocol/events';
import type { LivePanelHost, LivePanelView } from '../../src/protocol/livePanel';
import { decodeRpcMessage, encodeRpcMessage } from '../../src/protocol/rpcMessage';
import type { RunSummary } from '../../src/protocol/run';
import { RunSeries } from '../../src/series/runSeries';
import { webviewBuildOptions } from '../../webview/build.mjs';

export const THEMES = {
  'dark-modern': 'vscode-dark',
  'light-modern': 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast-light',
} as const;
export type ThemeName = keyof typeof THEMES;

/** The extension's side, played by the test: what it is asked is noted, what it answers is set. */
export class TestHost {
  run: RunSummary;
  series = new RunSeries();
  canTrain = true;
  notice: string | null = null;
  /** Names of the calls in order, `hydrate` included. */
  readonly calls: string[] = [];
  readonly saved: { fileName: string; content: unknown }[] = [];
  /** When set, every call but `hydrate` fails with it. */
  failure: Error | null = null;
  /** Holds the answer to `hydrate` back until it resolves. */
  held: Promise<void> = Promise.resolve();

  constructor(run: RunSummary, events: readonly RunEvent[]) {
    this.run = run;
    this.series.fold(events);
  }

  readonly functions: LivePanelHost = {
    hydrate: async () => {
      this.calls.push('hydrate');
      await this.held;
      const { run, canTrain, notice } = this;
      return { run, history: this.series.history(), canTrain, notice };
    },
    stop: () => this.#called('stop'),
    resume: () => this.#called('resume'),
    evaluate: () => this.#called('evaluate'),
    openConfig: () => this.#called('openConfig'),
    openLog: () => this.#called('openLog'),
    openView: (view) => this.#called(`openView ${view}`),
    save: (fileName, content) => {
      this.saved.push({ fileName, content });
      return this.#called('save');
    },
  };

  #called(name: string): Promise<void> {
    this.calls.push(name);
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}

export interface OpenPage {
  page: Page;
  /** The page's side. */
  view: BirpcReturn<LivePanelView, LivePanelHost>;
  /** What the page wrote to its console as a warning or worse, and what broke in it. */
  complaints: string[];
  /** Breaches of the content security policy. */
  violations: () => Promise<string[]>;
}

export interface PageOptions {
  theme?: ThemeName;
  width?: number;
  height?: number;
  pixelRatio?: number;
  reducedMotion?: boolean;
}

/** Builds the panel's page, serves it under its real policy, and opens it in Chromium. */
export class LivePages {
  readonly #files: OutputFile[];
  readonly #vscodeApi: string;
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(files: OutputFile[], vscodeApi: string, server: Server, browser: Browser) {
    this.#files = files;
    this.#vscodeApi = vscodeApi;
    this.#server = server;
    this.#browser = browser;
    server.on('request', (request, response) => {
      void this.#answer(new URL(request.url ?? '/', 'http://localhost')).then(({ type, body }) => {
        response.writeHead(type === '' ? 404 : 200, { 'content-type': type || 'text/plain' }).end(body);
      });
    });
  }

  static async start(): Promise<LivePages> {
    const page = await build({ ...webviewBuildOptions, write: false });
    const api = await build({
      entryPoints: [fileURLToPath(new URL('pages/vscodeApi.ts', import.meta.url))],
      bundle: true,
      write: false,
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath: await findChromium(), args: chromiumArguments });
    return new LivePages(page.outputFiles, api.outputFiles[0]!.text, server, browser);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async open(host: TestHost, options: PageOptions = {}): Promise<OpenPage> {
    const {
      theme = 'dark-modern',
      width = 1280,
      height = 900,
      pixelRatio = 1,
      reducedMotion = false,
    } = options;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      deviceScaleFactor: pixelRatio,
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['warning', 'error'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));

    let receive: (message: unknown) => void = () => undefined;
    await page.exposeFunction('postToTest', (message: string) => receive(JSON.parse(message, decodeBuffers)));
    await page.addInitScript({ content: this.#vscodeApi });
    const view = createBirpc<LivePanelView, LivePanelHost>(host.functions, {
      post: (message) =>
        page.evaluate(`postToPage(${JSON.stringify(JSON.stringify(message, encodeBuffers))})`),
      on: (listener) => void (receive = listener),
      serialize: encodeRpcMessage,
      deserialize: decodeRpcMessage,
      eventNames: ['append', 'runChanged'],
    });
    const { port } = this.#server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/?theme=${theme}`);
    return { page, view, complaints, violations: () => page.evaluate('violations') };
  }

  async #answer(url: URL): Promise<{ type: string; body: string | Uint8Array }> {
    const name = path.basename(url.pathname);
    const file = this.#files.find((output) => path.basename(output.path) === name);
    if (file) return { type: contentType(name), body: file.contents };
    if (url.pathname.startsWith('/themes/')) {
      return { type: 'text/css', body: await readFile(new URL(`themes/${name}`, import.meta.url)) };
    }
    if (name === 'favicon.ico') return { type: 'image/x-icon', body: '' };
    if (url.pathname !== '/') return { type: '', body: 'Not found' };
    const theme = url.searchParams.get('theme') as ThemeName;
    const resources = {
      cspSource: "'self'",
      script: '/live.js',
      styles: [`/themes/${theme}.css`, '/live.css'],
    };
    const body = pageHtml('RecSight', resources, 'nonce').replace(
      '<body>',
      `<body class="${THEMES[theme]}" data-vscode-theme-kind="${THEMES[theme]}">`,
    );
    return { type: 'text/html', body };
  }
}

/** Changes the theme of an open page the way VS Code does: first the variables, then the body's class. */
export async function changeTheme(page: Page, theme: ThemeName): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const link = document.querySelector('link[href^="/themes/"]');
    link.onload = resolve;
    link.href = '/themes/${theme}.css';
  })`);
  await page.evaluate(`{
    document.body.className = '${THEMES[theme]}';
    document.body.dataset.vscodeThemeKind = '${THEMES[theme]}';
  }`);
}

function contentType(name: string): string {
  return (
    { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' }[path.extname(name)] ?? 'text/plain'
  );
}

function encodeBuffers(_key: string, value: unknown): unknown {
  if (!(value instanceof Float64Array)) return value;
  return { $float64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
}

function decodeBuffers(_key: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && '$buffer' in value;
  return isBuffer ? Buffer.from(value.$buffer as string, 'base64') : value;
}
