/*
 * Runs in the page before its own script, in VS Code's place: gives it `acquireVsCodeApi`, passes messages between it
 * and the test, and notes every breach of the content security policy.
 */

interface TestWindow {
  acquireVsCodeApi: () => unknown;
  /** Of the test: takes a message from the page. */
  postToTest: (message: string) => void;
  /** For the test: gives a message to the page. */
  postToPage: (message: string) => void;
  violations: string[];
  keptState: unknown;
}

const testWindow = window as unknown as TestWindow;
const KEPT = 'kept state';

testWindow.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  testWindow.violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
  );
});

testWindow.acquireVsCodeApi = () => ({
  postMessage: (message: unknown): void => {
    testWindow.postToTest(JSON.stringify(message, encodeBuffers));
  },
  getState: (): unknown => JSON.parse(sessionStorage.getItem(KEPT) ?? 'null'),
  setState: (state: unknown) => sessionStorage.setItem(KEPT, JSON.stringify(state)),
});

testWindow.postToPage = (message) => {
  window.dispatchEvent(new MessageEvent('message', { data: JSON.parse(message, decodeBuffers) as unknown }));
};

/** VS Code carries buffers and typed arrays beside the JSON; here they are in it, as base64. */
function decodeBuffers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$float64' in value)) return value;
  const bytes = Uint8Array.from(atob(value.$float64 as string), (character) => character.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

function encodeBuffers(_key: string, value: unknown): unknown {
  if (!(value instanceof ArrayBuffer)) return value;
  return { $buffer: btoa(Array.from(new Uint8Array(value), (byte) => String.fromCharCode(byte)).join('')) };
}
