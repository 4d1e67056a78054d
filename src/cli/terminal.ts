import { quoteCode } from '../series/messageText';

/*
 * The only way of the command line to a terminal. Names, titles, paths and errors come from files that others may have
 * written; a control character in one could rewrite what the reader sees, or more. So all text passes `plainText`, and what
 * draws is added here.
 */

/** C0 without tab and line feed, DEL, C1, line separators, and the marks that turn the direction of all that follows. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const START_OF_LINE = '\r\x1b[2K';
const BOLD = '\x1b[1m';
const NOT_BOLD = '\x1b[22m';

/** A text whose control characters are written out, such as `\x1b`. */
export function plainText(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Text and what of it is bold. */
export type Styled = string | { strong: string };

/** One of the two outputs. */
export class Terminal {
  #drawn = false;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /** Whether somebody looks at it, and a line can be redrawn. */
  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  /** For data that are passed on as they are, and for nothing that a terminal would show. */
  get raw(): NodeJS.WriteStream {
    return this.stream;
  }

  /** Writes a message that stays, after the line that is redrawn was removed. */
  print(...parts: Styled[]): void {
    this.clear();
    this.stream.write(
      parts.map((part) => this.#encode(typeof part === 'string' ? quoteCode(part) : part)).join(''),
    );
  }

  /** Writes text for programs or from data, in which nothing is markup. */
  printData(text: string): void {
    this.clear();
    this.stream.write(plainText(text));
  }

  /** Draws one line over the one before; nothing where nobody looks. */
  draw(line: string): void {
    if (!this.stream.isTTY) return;
    // A longer line would wrap, and then no longer be redrawn in place.
    this.stream.write(START_OF_LINE + plainText(line).slice(0, (this.stream.columns || 80) - 1));
    this.#drawn = true;
  }

  /** Removes the line that is redrawn. */
  clear(): void {
    if (this.#drawn) this.stream.write(START_OF_LINE);
    this.#drawn = false;
  }

  #encode(part: Styled): string {
    if (typeof part === 'string') return plainText(part);
    const isColored = this.stream.isTTY && this.stream.hasColors();
    return isColored ? `${BOLD}${plainText(part.strong)}${NOT_BOLD}` : plainText(part.strong);
  }
}

/** Results. */
export const output = new Terminal(process.stdout);
/** Progress, notes and errors. */
export const notes = new Terminal(process.stderr);

/** A value as one line of JSON, in which control characters are escaped. */
export function jsonText(value: unknown, replacer?: (name: string, field: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Prints a result for programs. */
export function printJson(value: unknown): void {
  output.printData(`${jsonText(value)}\n`);
}
