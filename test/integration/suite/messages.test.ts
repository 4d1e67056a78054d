import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { MessageJoiner, PIECE_BYTES, takeApart } from '../../../src/protocol/messagePieces';
import { eventually } from './workspaceUnderTest';

/** A page that sends back what it is sent, and how many bytes of buffers came with it. */
const ECHO = `<!DOCTYPE html><html><head>
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-echo'">
</head><body><script nonce="echo">
  const api = acquireVsCodeApi();
  const buffersOf = (value) => {
    if (typeof value !== 'object' || value === null) return [];
    if (ArrayBuffer.isView(value)) return [value.buffer];
    return value instanceof ArrayBuffer ? [value] : Object.values(value).flatMap(buffersOf);
  };
  window.addEventListener('message', ({ data }) => {
    const bytes = [...new Set(buffersOf(data))].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    api.postMessage({ bytes, data });
  });
  api.postMessage('ready');
</script></body></html>`;

interface Echo {
  bytes: number;
  data: unknown;
}

/*
 * What is believed of VS Code's messages, in VS Code itself.
 */
describe('messages between the extension and a page', () => {
  let panel: vscode.WebviewPanel;
  let received: unknown[];

  before(async () => {
    received = [];
    panel = vscode.window.createWebviewPanel('recsightTest.echo', 'Echo', vscode.ViewColumn.One, {
      enableScripts: true,
    });
    panel.webview.onDidReceiveMessage((message: unknown) => void received.push(message));
    panel.webview.html = ECHO;
    await eventually('the page', () => (received[0] === 'ready' ? true : null));
  });

  after(() => {
    panel.dispose();
  });

  /** Sends messages to the page as they are, and returns what it sent back. */
  async function echo(messages: unknown[]): Promise<Echo[]> {
    received = [];
    for (const message of messages) void panel.webview.postMessage(message);
    await eventually('the echo', () => (received.length === messages.length ? true : null));
    return received as Echo[];
  }

  it('keep typed arrays and buffers, with what they hold', async () => {
    const message = {
      floats: new Float32Array([0.5, NaN, -0]),
      doubles: new Float64Array([Math.PI]),
      rows: new Uint32Array([0, 4_294_967_295]),
      values: new Int32Array([-1, 2]),
      none: new Float32Array(0),
      bytes: new Uint8Array([1, 2]).buffer,
    };
    const [answer] = await echo([message]);
    assert.deepEqual(answer!.data, message);
  });

  it('bring the whole buffer of a part of an array along, unless that is cut out', async () => {
    const part = { values: new Float32Array(10_000).subarray(3, 5) };
    const [whole] = await echo([part]);
    assert.equal(whole!.bytes, 40_000);
    const [cut] = await echo([...takeApart(part, 0)]);
    assert.equal(cut!.bytes, 8);
    assert.deepEqual(cut!.data, part);
  });

  it('bring a large message across and back in pieces of at most 1 MiB, in order', async () => {
    const random = new Float32Array(700_000).map((_, index) => Math.sin(index));
    const message = {
      t: 's',
      i: 'a',
      r: { labels: ['a'], random, rows: Uint32Array.from(random, (_, i) => i) },
    };
    const parts = [...takeApart(message, 1)];
    assert.ok(parts.length > 5);
    const answers = await echo([...parts, 'next']);
    for (const { bytes } of answers) assert.ok(bytes <= PIECE_BYTES, `${bytes} bytes in one message`);
    const joiner = new MessageJoiner();
    const joined = answers.flatMap(({ data }) => joiner.receive(data) ?? []);
    assert.deepEqual(joined, [{ message }, { message: 'next' }]);
  });
});
