import { createBirpc } from 'birpc';
import type { PanelHost } from '../../src/protocol/panelHost';
import { isRecord } from '../../src/protocol/isRecord';
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
  /** Keeps settings over a hidden panel and a reload of the window. */
  keep: (settings: object) => void;
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
  const subject: unknown = JSON.parse(document.getElementById('app')!.dataset.subject!);
  // By the subject the extension brings the panel back after the window was reloaded.
  const stateOf = (settings: object) => ({ ...settings, subject });
  let last = isRecord(kept) ? stateOf(kept) : stateOf({});
  api.setState(last);
  // A page is made active by clicks elsewhere in the window, too: `navigator.userActivation` does not tell.
  let touched = false;
  for (const type of ['pointerdown', 'keydown'])
    window.addEventListener(type, () => (touched = true), { capture: true, once: true });
  const keep = (settings: object) => {
    const now = stateOf(settings);
    api.setState(now);
    // What a page sets by itself while it loads is no wish to keep it.
    if (touched && JSON.stringify(now) !== JSON.stringify(last)) void host.keepOpen.asEvent();
    last = now;
  };
  return { host: host as unknown as Host, kept, keep };
}
