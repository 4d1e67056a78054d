import { errorText } from './errorText';

/**
 * How calls between the extension and its pages are put into messages: birpc's `serialize` and `deserialize`
 * on both sides. VS Code sends messages as JSON with the buffers beside it: typed arrays survive, but an `Error`
 * would arrive as `{}`.
 */
export function encodeRpcMessage(message: unknown): unknown {
  if (!isReply(message) || !(message.e instanceof Error)) return message;
  const { name } = message.e;
  const code = 'code' in message.e ? message.e.code : undefined;
  return {
    ...message,
    e: { name, message: errorText(message.e), ...(typeof code === 'string' && { code }) },
  };
}

/** Turns a failed call back into an `Error` with the message and code it was thrown with. */
export function decodeRpcMessage(message: unknown): unknown {
  if (!isReply(message) || message.e === undefined || message.e instanceof Error) return message;
  const told: { name?: unknown; message?: unknown; code?: unknown } =
    typeof message.e === 'object' && message.e !== null ? message.e : { message: message.e };
  const error = new Error(
    typeof told.message === 'string' ? told.message : 'The call failed without a message.',
  );
  if (typeof told.name === 'string') error.name = told.name;
  return { ...message, e: typeof told.code === 'string' ? Object.assign(error, { code: told.code }) : error };
}

/** A birpc reply; `e` is there when the call failed. */
function isReply(message: unknown): message is { t: 's'; e?: unknown } {
  return typeof message === 'object' && message !== null && 't' in message && message.t === 's';
}
