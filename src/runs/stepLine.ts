import type { RunEvent } from '../protocol/events';

/*
 * Almost all lines of an event log are steps, which the log's writer writes with the same fields in the same order. Such a line is
 * read straight from its bytes, several times faster than by making a text of it and parsing that: whoever opens a long run waits
 * for this. What is written in any other way is left to the parser of all lines.
 */

const START = Buffer.from('{"v":1,"seq":');
const TIME = Buffer.from(',"time":');
const EPOCH = Buffer.from(',"kind":"step","epoch":');
const STEP = Buffer.from(',"step":');
const LOSS = Buffer.from(',"loss":');
const LEARNING_RATE = Buffer.from(',"learningRate":');
const THROUGHPUT = Buffer.from(',"sequencesPerSecond":');

const [MINUS, PLUS, DOT, ZERO, NINE, UPPER_E, LOWER_E, CLOSE_BRACE] = [45, 43, 46, 48, 57, 69, 101, 125];

/** Powers of ten that a float64 holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** As many digits make a whole number that a float64 holds exactly. */
const EXACT_DIGITS = 15;

/** Reads step events from the lines in a buffer. */
export class StepLines {
  #at = 0;
  #misfit = false;

  constructor(private readonly bytes: Buffer) {}

  /** The event of the line in bytes `start` to `end`, but with the given `seq`; null when it is not a step in the writer's form. */
  read(start: number, end: number, seq: number): RunEvent | null {
    this.#at = start;
    this.#misfit = false;
    this.#number(START);
    const time = this.#number(TIME);
    const epoch = this.#number(EPOCH);
    const step = this.#number(STEP);
    const loss = this.#number(LOSS);
    if (!this.#fits()) return null;
    const isRated = this.#isNext(LEARNING_RATE);
    const learningRate = isRated ? this.#number(LEARNING_RATE) : 0;
    const sequencesPerSecond = this.#number(THROUGHPUT);
    if (!this.#fits() || this.bytes[this.#at] !== CLOSE_BRACE || this.#at + 1 !== end) return null;
    const kind = 'step';
    return isRated
      ? { v: 1, seq, time, kind, epoch, step, loss, learningRate, sequencesPerSecond }
      : { v: 1, seq, time, kind, epoch, step, loss, sequencesPerSecond };
  }

  /** Whether everything so far was as the writer writes it. */
  #fits(): boolean {
    return !this.#misfit;
  }

  #isNext(name: Buffer): boolean {
    const { bytes } = this;
    const at = this.#at;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
    return true;
  }

  /** The number behind a name, read as JSON would be: to the last bit. */
  #number(name: Buffer): number {
    if (this.#misfit || !this.#isNext(name)) return this.#refuse();
    const { bytes } = this;
    const start = this.#at + name.length;
    let at = start;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    let digits = 0;
    let mantissa = 0;
    const firstDigit = at;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits++;
    }
    // JSON wants a digit, and no zeros before another one.
    if (digits === 0 || (digits > 1 && bytes[firstDigit] === ZERO)) return this.#refuse();
    let decimals = 0;
    if (bytes[at] === DOT) {
      at++;
      for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) {
        mantissa = mantissa * 10 + (byte - ZERO);
        decimals++;
      }
      if (decimals === 0) return this.#refuse();
    }
    const hasExponent = bytes[at] === LOWER_E || bytes[at] === UPPER_E;
    if (hasExponent) {
      at++;
      if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
      const firstOfExponent = at;
      while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
      if (at === firstOfExponent) return this.#refuse();
    }
    this.#at = at;
    // One division of two exact numbers is rounded once, as it should be.
    if (!hasExponent && digits + decimals <= EXACT_DIGITS) {
      const size = decimals === 0 ? mantissa : mantissa / POWERS[decimals]!;
      return isNegative ? -size : size;
    }
    return Number(bytes.toString('latin1', start, at));
  }

  #refuse(): number {
    this.#misfit = true;
    return NaN;
  }
}
