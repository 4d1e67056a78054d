import { createBirpc } from 'birpc';
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
  keep: (state: unknown) => void;
}

/** Joins the page to the extension; from now on the extension may call `view`. */
export function connectToHost<Host extends object>(view: object): Connection<Host> {
  const api = acquireVsCodeApi();
  const host = createBirpc<Host, object>(view, {
    post: (message) => api.postMessage(message),
    on: (receive) =>
      window.addEventListener('message', (event: MessageEvent<unknown>) => receive(event.data)),
    serialize: encodeRpcMessage,
    deserialize: decodeRpcMessage,
    // Stopping a run waits for the trainer's checkpoint, however long that takes.
    timeout: -1,
  });
  return { host: host as unknown as Host, kept: api.getState(), keep: (state) => api.setState(state) };
}
