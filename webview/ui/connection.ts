import { createBirpc } from 'birpc';
import type { KeptRun, PanelHost } from '../../src/protocol/keptRun';
import { MessageJoiner, takeApart } from '../../src/protocol/messagePieces';
import { decodeRpcMessage, encodeRpcMessage } from '../../src/protocol/rpcMessage';

/** What VS Code gives a page; it may be asked for once only. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export interface Connection<Host> {
  /** The extension's side. A call that fails there rejects here with the same message. */
  host: Host;
  /** What `keep` was last given, also after the window was reloaded. */
  kept: unknown;
  /** Keeps a state over a hidden panel and a reload of the window; null as long as it is not known which run this is. */
  keep: (state: KeptRun | null) => void;
}

/** Joins the page to the extension; from now on the extension may call `view`. */
export function connectToHost<Host extends object>(view: object): Connection<Host> {
  const api = acquireVsCodeApi();
  const joiner = new MessageJoiner();
  let numPosted = 0;
  const host = createBirpc<PanelHost, object>(view, {
    post: (message: unknown) => {
      for (const part of takeApart(message, numPosted++)) api.postMessage(part);
    },
    on: (receive) =>
      window.addEventListener('message', (event: MessageEvent<unknown>) => {
        const received = joiner.receive(event.data);
        if (received !== null) receive(received.message);
      }),
    serialize: encodeRpcMessage,
    deserialize: decodeRpcMessage,
    // Stopping a run waits for the trainer's checkpoint, however long that takes.
    timeout: -1,
  });
  const kept = api.getState();
  let last = JSON.stringify(kept);
  // A page is made active by clicks elsewhere in the window, too: `navigator.userActivation` does not tell.
  let touched = false;
  for (const type of ['pointerdown', 'keydown'])
    window.addEventListener(type, () => (touched = true), { capture: true, once: true });
  const keep = (state: KeptRun | null) => {
    api.setState(state);
    const now = JSON.stringify(state);
    // What a page sets by itself while it loads is no wish to keep it.
    if (now !== last && touched) void host.keepOpen.asEvent();
    last = now;
  };
  return { host: host as unknown as Host, kept, keep };
}
