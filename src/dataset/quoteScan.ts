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
      const found = this.rest.indexOf(this.quote, this.at);
      const next = found < 0 || found >= limit ? limit : found;
      if (this.opened >= 0) this.countLines(this.at, next);
      this.at = next;
      if (next === limit) return;
      if (this.opened < 0) this.open(next);
      else this.closeOrStay(next);
    }
  }

  private countLines(from: number, to: number): void {
    for (
      let at = this.rest.indexOf(LINE_FEED, from);
      at >= 0 && at < to;
      at = this.rest.indexOf(LINE_FEED, at + 1)
    )
      this.linesInside++;
  }

  private open(place: number): void {
    const before = this.rest[place - 1];
    const { length } = this.separator;
    const startsField =
      this.base + place === 0 ||
      before === LINE_FEED ||
      before === RETURN ||
      (place >= length && this.rest.subarray(place - length, place).equals(this.separator));
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
      after === undefined ||
      after === LINE_FEED ||
      after === RETURN ||
      this.rest.subarray(place + 1, place + 1 + this.separator.length).equals(this.separator);
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
    if (linesInside === 0 && start > 0 && this.rest.subarray(start, place).includes(this.separator))
      facts.separated++;
    if (linesInside > 0) {
      const { spanning } = facts;
      if (spanning.count++ === 0) spanning.first = opened;
      if (linesInside > spanning.lines) [spanning.longest, spanning.lines] = [opened, linesInside];
    }
    this.opened = -1;
  }
}
