import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBirpc, type BirpcReturn } from 'birpc';
import { build, type OutputFile } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumArguments, findChromium } from '../../scripts/lib/chromium.mjs';
import { pageHtml } from '../../src/host/panels/webviewHtml';
import { MessageJoiner, takeApart } from '../../src/protocol/messagePieces';
import { decodeRpcMessage, encodeRpcMessage } from '../../src/protocol/rpcMessage';
import { subjectOfRun } from '../../src/protocol/subject';
import { webviewBuildOptions } from '../../webview/build.mjs';
import { BrowserTabs } from './browserTabs';

export const THEMES = {
  'dark-modern': 'vscode-dark',
  'light-modern': 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast-light',
} as const;
/** What the extension says that the pages show. */
export const SUBJECT = subjectOfRun('/ws/.recsight/runs/20261122-120000-sasrec-3f2a');
export type ThemeName = keyof typeof THEMES;

export interface PageOptions {
  theme?: ThemeName;
  width?: number;
  height?: number;
  pixelRatio?: number;
  reducedMotion?: boolean;
}

/** A page that is open in Chromium, with the page's side of the calls. */
export interface OpenWebview<View extends object, Host extends object> {
  page: Page;
  view: BirpcReturn<View, Host>;
  /** What the page wrote to its console as a warning or worse, and what broke in it. */
  complaints: string[];
  /** Breaches of the content security policy. */
  violations: () => Promise<string[]>;
  /** How often the page said that the user has changed something. */
  numKept: () => number;
  /** Leaves the page. Its tab is used again. */
  close: () => Promise<void>;
}

/** Builds one of the panels' pages, serves it under its real policy, and opens it in Chromium. */
export class WebviewPages {
  readonly #name: string;
  readonly #files: OutputFile[];
  readonly #vscodeApi: string;
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #tabs: BrowserTabs;
  readonly #url: string;

  private constructor(
    name: string,
    files: OutputFile[],
    vscodeApi: string,
    server: Server,
    browser: Browser,
  ) {
    this.#name = name;
    this.#files = files;
    this.#vscodeApi = vscodeApi;
    this.#server = server;
    this.#browser = browser;
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#tabs = new BrowserTabs(browser, `${this.#url}/blank`);
    server.on('request', (request, response) => {
      void this.#answer(new URL(request.url ?? '/', 'http://localhost')).then(({ type, body }) => {
        response.writeHead(type === '' ? 404 : 200, { 'content-type': type || 'text/plain' }).end(body);
      });
    });
  }

  /** @param name of the page's entry point, such as `attention` */
  static async start(name: string): Promise<WebviewPages> {
    const { entryPoints } = webviewBuildOptions;
    const entry = (entryPoints as Record<string, string>)[name]!;
    const page = await build({ ...webviewBuildOptions, entryPoints: { [name]: entry }, write: false });
    const api = await build({
      entryPoints: [fileURLToPath(new URL('pages/vscodeApi.ts', import.meta.url))],
      bundle: true,
      write: false,
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath: await findChromium(), args: chromiumArguments });
    return new WebviewPages(name, page.outputFiles, api.outputFiles[0]!.text, server, browser);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /**
   * @param eventNames functions of the page that the extension calls without waiting for an answer
   * @param options `script` runs in the page before its own
   */
  async open<View extends object, Host extends object>(
    functions: Host,
    eventNames: (keyof View)[],
    options: PageOptions & { script?: string } = {},
  ): Promise<OpenWebview<View, Host>> {
    const {
      theme = 'dark-modern',
      width = 1280,
      height = 900,
      pixelRatio = 1,
      reducedMotion = false,
    } = options;
    const tab = await this.#tabs.take({
      pixelRatio,
      reducedMotion,
      scripts: options.script === undefined ? [this.#vscodeApi] : [this.#vscodeApi, options.script],
    });
    const { page } = tab;
    await page.setViewportSize({ width, height });
    let receive: (message: unknown) => void = () => undefined;
    const joiner = new MessageJoiner();
    tab.receive = (message) => {
      const received = joiner.receive(JSON.parse(message, decodeBuffers));
      if (received !== null) receive(received.message);
    };
    let isClosed = false;
    let numPosted = 0;
    let numKept = 0;
    const panelHost = {
      keepOpen: () => {
        numKept++;
      },
    };
    const view = createBirpc<View, Host>(
      { ...panelHost, ...functions },
      {
        post: async (message: unknown) => {
          for (const part of takeApart(message, numPosted++)) {
            if (isClosed) return;
            const text = JSON.stringify(JSON.stringify(part, encodeBuffers));
            await page.evaluate(`postToPage(${text})`).catch((error: unknown) => {
              // A test may end while a long answer is on its way.
              if (!isClosed && !page.isClosed()) throw error;
            });
          }
        },
        on: (listener) => void (receive = listener),
        serialize: encodeRpcMessage,
        deserialize: decodeRpcMessage,
        eventNames,
      },
    );
    await page.goto(`${this.#url}/?theme=${theme}`);
    return {
      page,
      view,
      complaints: tab.complaints,
      violations: () => page.evaluate('violations'),
      numKept: () => numKept,
      close: () => {
        isClosed = true;
        return this.#tabs.giveBack(tab);
      },
    };
  }

  async #answer(url: URL): Promise<{ type: string; body: string | Uint8Array }> {
    const name = path.basename(url.pathname);
    const file = this.#files.find((output) => path.basename(output.path) === name);
    if (file) return { type: contentType(name), body: file.contents };
    if (url.pathname.startsWith('/themes/')) {
      return { type: 'text/css', body: await readFile(new URL(`themes/${name}`, import.meta.url)) };
    }
    if (name === 'favicon.ico') return { type: 'image/x-icon', body: '' };
    if (name === 'blank') return { type: 'text/html', body: '' };
    if (url.pathname !== '/') return { type: '', body: 'Not found' };
    const theme = url.searchParams.get('theme') as ThemeName;
    const resources = {
      cspSource: "'self'",
      script: `/${this.#name}.js`,
      styles: [`/themes/${theme}.css`, `/${this.#name}.css`],
    };
    const body = pageHtml('RecSight', SUBJECT, resources, 'nonce').replace(
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

/** Typed arrays and buffers go as base64 in the JSON; VS Code carries them beside it. */
function encodeBuffers(_key: string, value: unknown): unknown {
  if (value instanceof ArrayBuffer) return { $buffer: Buffer.from(value).toString('base64') };
  if (!ArrayBuffer.isView(value)) return value;
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return { $array: value.constructor.name, $bytes: text };
}

function decodeBuffers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$buffer' in value) return bytesOf(value.$buffer as string);
  if (!('$array' in value && '$bytes' in value)) return value;
  const kind = ARRAYS.find(({ name }) => name === value.$array)!;
  return new kind(bytesOf(value.$bytes as string));
}

const ARRAYS = [Uint8Array, Int32Array, Uint32Array, Float32Array, Float64Array];

function bytesOf(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
