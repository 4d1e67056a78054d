/*
 * Keeps messages between the extension and its pages small. VS Code copies the whole of a message several times on its way
 * and handles it in one go, so a table of vectors would stop the window for a moment. A message whose arrays are large is
 * therefore sent as pieces of their bytes, one after the other, and then the message itself, which says where they belong.
 *
 * What is in order when it is posted arrives in order. Somebody who has missed the beginning of a message, as a page
 * that was just loaded, never sees that message.
 */

/** The most bytes of arrays that one message carries. */
export const PIECE_BYTES = 2 ** 20;

/*
 * What is more than any page or view sends is not kept: a sender that never came to an end would take all memory.
 */
const MAX_PIECES = 2 ** 14;
const MAX_BYTES = 2 ** 30;
const MAX_ARRAYS = 2 ** 16;
const MAX_DEPTH = 64;

/** The arrays that VS Code keeps in messages. */
const ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
type TypedArray = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;
type ArrayKind = keyof typeof ARRAYS | 'ArrayBuffer';

/** Keys that lead from a message to a value in it. */
type Path = (string | number)[];

/** Some of a message's bytes. */
interface Piece {
  t: 'piece';
  /** Of the message, among those of one sender. */
  id: number;
  /** From 0. */
  index: number;
  bytes: ArrayBuffer;
}

/** A message whose bytes were in the pieces before it. */
interface PiecedMessage {
  t: 'pieced';
  id: number;
  numPieces: number;
  /** The message with null in place of its arrays. */
  content: unknown;
  /** In the order of their bytes. */
  arrays: { path: Path; kind: ArrayKind; byteLength: number }[];
}

/** An array in a message. */
interface FoundArray {
  path: Path;
  kind: ArrayKind;
  /** All of it, and nothing else of the buffer that it may share. */
  bytes: Uint8Array;
  /** It has a buffer for itself. */
  alone: boolean;
}

/**
 * The messages to post, in this order and with no other between them, so that the other side receives one.
 *
 * @param id tells this message from the others of the same sender
 */
export function* takeApart(
  message: unknown,
  id: number,
  pieceBytes: number = PIECE_BYTES,
): Generator<unknown, void, undefined> {
  const found: FoundArray[] = [];
  const content = withoutArrays(message, [], found);
  const numBytes = found.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (numBytes <= pieceBytes) {
    // VS Code would send the whole buffer that a part of it is taken from.
    yield found.every(({ alone }) => alone)
      ? message
      : withArrays(
          content,
          found.map(({ path, kind, bytes }) => ({ path, array: arrayOf(kind, bytes.slice().buffer) })),
        );
    return;
  }
  let numPieces = 0;
  for (const bytes of cut(
    found.map((array) => array.bytes),
    numBytes,
    pieceBytes,
  )) {
    yield { t: 'piece', id, index: numPieces++, bytes } satisfies Piece;
  }
  const arrays = found.map(({ path, kind, bytes }) => ({ path, kind, byteLength: bytes.byteLength }));
  yield { t: 'pieced', id, numPieces, content, arrays } satisfies PiecedMessage;
}

/**
 * Joins what {@link takeApart} has taken apart. Knows the pieces of one message at most; what cannot have been made by
 * {@link takeApart} is forgotten.
 */
export class MessageJoiner {
  #id = -1;
  #pieces: Uint8Array[] = [];
  #numBytes = 0;

  /** The message that is complete with what was received, or null when there is more to come. */
  receive(received: unknown): { message: unknown } | null {
    if (isOfKind(received, 'piece')) {
      if (isPiece(received)) this.#collect(received);
      else this.clear();
      return null;
    }
    if (!isOfKind(received, 'pieced')) return { message: received };
    const pieces = this.#pieces;
    const complete = isPieced(received) && this.#id === received.id && pieces.length === received.numPieces;
    const numBytes = this.#numBytes;
    this.clear();
    if (!complete) return null;
    const { content, arrays } = received;
    const fits = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0) === numBytes;
    if (!fits || !arrays.every(({ path }) => leadsToNull(content, path))) return null;
    const reader = new BytesReader(pieces);
    const joined = arrays.map(({ path, kind, byteLength }) => ({
      path,
      array: arrayOf(kind, reader.read(byteLength)),
    }));
    return { message: withArrays(content, joined) };
  }

  /** Forgets a message that was begun. */
  clear(): void {
    this.#id = -1;
    this.#pieces = [];
    this.#numBytes = 0;
  }

  #collect({ id, index, bytes }: Piece): void {
    if (index === 0) {
      // The sender of what was here before is gone.
      this.clear();
      this.#id = id;
    }
    this.#numBytes += bytes.byteLength;
    const belongs = id === this.#id && index === this.#pieces.length;
    if (belongs && index < MAX_PIECES && this.#numBytes <= MAX_BYTES)
      this.#pieces.push(new Uint8Array(bytes));
    else this.clear();
  }
}

/** The value with null in place of its arrays; the value itself when it has none. */
function withoutArrays(value: unknown, path: Path, found: FoundArray[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const kind = arrayKind(value);
  if (kind !== null) {
    found.push({ path: [...path], kind, ...bytesOf(value as ArrayBuffer | TypedArray) });
    return null;
  }
  const isList = Array.isArray(value);
  if (!isList && !isPlainObject(value)) return value;
  const before = found.length;
  const entries = isList ? value.entries() : Object.entries(value);
  const replaced: [string | number, unknown][] = [];
  for (const [key, part] of entries) {
    path.push(key);
    replaced.push([key, withoutArrays(part, path, found)]);
    path.pop();
  }
  if (found.length === before) return value;
  return isList ? replaced.map(([, part]) => part) : Object.fromEntries(replaced);
}

/** Puts arrays where the paths lead, into the content itself. */
function withArrays(
  content: unknown,
  arrays: readonly { path: Path; array: ArrayBuffer | TypedArray }[],
): unknown {
  const root = { content };
  for (const { path, array } of arrays) {
    const keys = ['content', ...path];
    const last = keys.pop()!;
    let parent: Record<string | number, unknown> = root;
    for (const key of keys) parent = parent[key] as Record<string | number, unknown>;
    parent[last] = array;
  }
  return root.content;
}

/** The bytes of several arrays, one after the other, in buffers of a size; the last one may be smaller. */
function* cut(arrays: readonly Uint8Array[], numBytes: number, size: number): Generator<ArrayBuffer> {
  const reader = new BytesReader(arrays);
  for (let taken = 0; taken < numBytes; taken += size) yield reader.read(Math.min(size, numBytes - taken));
}

/** Reads many byte arrays as if they were one. */
class BytesReader {
  #array = 0;
  #offset = 0;

  constructor(private readonly arrays: readonly Uint8Array[]) {}

  /** The next bytes, in a buffer of their own. @throws RangeError when there are not as many left */
  read(numBytes: number): ArrayBuffer {
    const target = new Uint8Array(numBytes);
    let filled = 0;
    while (filled < numBytes) {
      const array = this.arrays[this.#array];
      if (array === undefined)
        throw new RangeError(`A message lacks ${numBytes - filled} bytes of its arrays.`);
      const part = array.subarray(this.#offset, this.#offset + numBytes - filled);
      target.set(part, filled);
      filled += part.byteLength;
      this.#offset += part.byteLength;
      if (this.#offset === array.byteLength) {
        this.#array++;
        this.#offset = 0;
      }
    }
    return target.buffer;
  }
}

/** What kind of array a value is; a Node.js `Buffer` counts as the `Uint8Array` that it is. */
function arrayKind(value: object): ArrayKind | null {
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (ArrayBuffer.isView(value)) return Object.hasOwn(ARRAYS, name) ? (name as ArrayKind) : null;
  return name === 'ArrayBuffer' ? 'ArrayBuffer' : null;
}

function bytesOf(array: ArrayBuffer | TypedArray): Pick<FoundArray, 'bytes' | 'alone'> {
  if (!ArrayBuffer.isView(array)) return { bytes: new Uint8Array(array), alone: true };
  const { buffer, byteOffset, byteLength, constructor } = array;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return { bytes, alone: byteLength === buffer.byteLength && Object.hasOwn(ARRAYS, constructor.name) };
}

function arrayOf(kind: ArrayKind, buffer: ArrayBuffer): ArrayBuffer | TypedArray {
  return kind === 'ArrayBuffer' ? buffer : new ARRAYS[kind](buffer);
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Whether a path leads from what a message holds itself, and nothing that it inherits, to a place that was left free. */
function leadsToNull(content: unknown, path: Path): boolean {
  let value = content;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value === null;
}

function isOfKind<Kind extends string>(message: unknown, kind: Kind): message is { t: Kind } {
  return typeof message === 'object' && message !== null && 't' in message && message.t === kind;
}

function isPiece(message: { t: 'piece' }): message is Piece {
  const { id, index, bytes }: Record<string, unknown> = message;
  const isBuffer = typeof bytes === 'object' && bytes !== null && arrayKind(bytes) === 'ArrayBuffer';
  return isCount(id) && isCount(index) && isBuffer && (bytes as ArrayBuffer).byteLength <= PIECE_BYTES;
}

function isPieced(message: { t: 'pieced' }): message is PiecedMessage {
  const { id, numPieces, arrays }: Record<string, unknown> = message;
  return (
    isCount(id) &&
    isCount(numPieces) &&
    'content' in message &&
    Array.isArray(arrays) &&
    arrays.length <= MAX_ARRAYS &&
    arrays.every(isArrayPlace)
  );
}

function isArrayPlace(value: unknown): boolean {
  const { path, kind, byteLength } = (value ?? {}) as Record<string, unknown>;
  if (typeof kind !== 'string' || !isCount(byteLength) || !Array.isArray(path) || path.length > MAX_DEPTH)
    return false;
  const size = Object.hasOwn(ARRAYS, kind) ? ARRAYS[kind as keyof typeof ARRAYS].BYTES_PER_ELEMENT : 1;
  const isKnown = kind === 'ArrayBuffer' || Object.hasOwn(ARRAYS, kind);
  return isKnown && byteLength % size === 0 && path.every((key) => typeof key === 'string' || isCount(key));
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
