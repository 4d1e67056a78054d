import type { Quoting } from './splitRecords';

/** What quotes do in a whole file. Places are bytes from its start. */
export interface QuoteFacts {
  /** Values in quotes that are closed as they should be. */
  quoted: number;
  /** Of these, the ones with a quote in them that is doubled, and the ones with a separator in them and no line end. */
  doubled: number;
  separated: number;
  /** Quotes that open a value and are followed by more text where they close it, or never closed. */
  stray: number;
  /** Whether quotes inside values have a backslash in front. */
  backslashes: boolean;
  /** Values with line ends in them: how many, and the first and the longest. */
  spanning: { count: number; first: number; longest: number; lines: number };
}

const LINE_FEED = 10;
const RETURN = 13;
const BACKSLASH = 92;
/** Longest separator and what may stand around a quote. */
const MARGIN = 32;
const NEAR = 64;

/** Follows the quotes through a text that comes in pieces, as UTF-8. */
export class QuoteScan {
  readonly facts: QuoteFacts = {
    quoted: 0,
    doubled: 0,
    separated: 0,
    stray: 0,
    backslashes: false,
    spanning: { count: 0, first: 0, longest: 0, lines: 0 },
  };
  private readonly quote: number;
  private readonly isOpenQuestion: boolean;
  private readonly separator: Buffer;
  private rest: Buffer = Buffer.alloc(0);
  /** Place of `rest` in the file, and of the next byte to look at in `rest`. */
  private base = 0;
  private at = 0;
  private opened = -1;
  private linesInside = 0;
  private hasDoubled = false;

  constructor({ separator, quote, escape }: Quoting) {
    this.quote = Buffer.from(quote === '' ? '"' : quote)[0]!;
    this.isOpenQuestion = quote === '';
    this.separator = Buffer.from(separator);
    this.facts.backslashes = escape === '\\';
  }

  push(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.scan(this.rest.length - MARGIN);
    const cut = Math.max(0, this.at - MARGIN);
    this.rest = this.rest.subarray(cut);
    this.base += cut;
    this.at -= cut;
  }

  end(): void {
    this.scan(this.rest.length);
    if (this.opened >= 0) this.facts.stray++;
  }

  private scan(limit: number): void {
    while (this.at < limit) {
      const found = this.find(this.quote, this.at);
      const next = found < 0 || found >= limit ? limit : found;
      if (this.opened >= 0) this.countLines(this.at, next);
      this.at = next;
      if (next === limit) return;
      if (this.opened < 0) this.open(next);
      else this.closeOrStay(next);
    }
  }

  private countLines(from: number, to: number): void {
    for (let at = this.find(LINE_FEED, from); at >= 0 && at < to; at = this.find(LINE_FEED, at + 1))
      this.linesInside++;
  }

  /** Quotes stand close together where there are many, and a call for each would be slow. */
  private find(byte: number, from: number): number {
    const near = Math.min(from + NEAR, this.rest.length);
    for (let at = from; at < near; at++) if (this.rest[at] === byte) return at;
    return this.rest.indexOf(byte, near);
  }

  private isSeparatorAt(place: number): boolean {
    for (let at = 0; at < this.separator.length; at++)
      if (this.rest[place + at] !== this.separator[at]) return false;
    return true;
  }

  private open(place: number): void {
    const before = this.rest[place - 1];
    const { length } = this.separator;
    const startsField =
      this.base + place === 0 ||
      before === LINE_FEED ||
      before === RETURN ||
      (place >= length && this.isSeparatorAt(place - length));
    if (startsField) {
      this.opened = this.base + place;
      this.linesInside = 0;
      this.hasDoubled = false;
    }
    this.at = place + 1;
  }

  private closeOrStay(place: number): void {
    const after = this.rest[place + 1];
    const endsField =
      after === undefined || after === LINE_FEED || after === RETURN || this.isSeparatorAt(place + 1);
    let backslashes = 0;
    while (place - 1 - backslashes >= 0 && this.rest[place - 1 - backslashes] === BACKSLASH) backslashes++;
    const isEscaped = backslashes % 2 === 1;
    this.at = place + 1;
    if (isEscaped && (this.facts.backslashes || (!endsField && after !== this.quote))) {
      this.facts.backslashes = true;
    } else if (after === this.quote) {
      this.hasDoubled = true;
      this.at = place + 2;
    } else if (endsField) {
      this.close(place);
    } else {
      this.facts.stray++;
      this.opened = -1;
    }
  }

  private close(place: number): void {
    const { facts, opened, linesInside } = this;
    facts.quoted++;
    if (this.hasDoubled) facts.doubled++;
    const start = opened - this.base + 1;
    // Only where it is open whether there are quotes at all does it matter what is inside.
    if (this.isOpenQuestion && linesInside === 0 && start > 0) {
      if (this.rest.subarray(start, place).includes(this.separator)) facts.separated++;
    }
    if (linesInside > 0) {
      const { spanning } = facts;
      if (spanning.count++ === 0) spanning.first = opened;
      if (linesInside > spanning.lines) [spanning.longest, spanning.lines] = [opened, linesInside];
    }
    this.opened = -1;
  }
}
