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
  if (typeof value !== 'object' || value === null) return value;
  if ('$float64' in value) return new Float64Array(bytesOf(value.$float64 as string).buffer);
  if ('$buffer' in value) return bytesOf(value.$buffer as string).buffer;
  if (!('$array' in value && '$bytes' in value)) return value;
  const kind = ARRAYS.find(({ name }) => name === value.$array)!;
  return new kind(bytesOf(value.$bytes as string).buffer);
}

const ARRAYS = [Uint8Array, Int32Array, Uint32Array, Float32Array, Float64Array];

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function encodeBuffers(_key: string, value: unknown): unknown {
  if (value instanceof ArrayBuffer) return { $buffer: textOf(new Uint8Array(value)) };
  if (!ArrayBuffer.isView(value)) return value;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return { $array: value.constructor.name, $bytes: textOf(bytes) };
}

function textOf(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
