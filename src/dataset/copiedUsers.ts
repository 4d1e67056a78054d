import { mixBits } from '../protocol/hash';
import { historiesUntil } from './histories';
import type { PreparedDataset } from './preparedDataset';

/** A user who repeats another one's history. */
export interface CopiedUser {
  user: number;
  /** An earlier one. */
  other: number;
  /** Interactions that both have. */
  shared: number;
}

/** Smallest hashes of a user's events. Of those of two users, as many agree as events do. */
const HASHES = 6;
/** So many of these agree for nearly all users who share nine of ten events. */
const AGREEING = 4;
/** Share of the events of the shorter history that must be in the other. */
const SHARED_FROM = 0.8;
/** Pairs that are looked at closely. */
const MAX_PAIRS = 1000;
/** Natural logarithm of the coincidences that are expected in the data: one in a million. */
const CERTAIN = Math.log(1e6);

/**
 * Users whose histories are nearly the same as another's: the same items at the same times or, without times, in the same order. Such pairs
 * are found by their smallest hashes (Broder, 1997, "On the resemblance and containment of documents"), and count where they are no coincidence:
 * what two users share must be improbable by what all others do, so users who follow the same fixed path are not copies.
 */
export function copiedUsers(dataset: PreparedDataset): { pairs: CopiedUser[]; certain: boolean } {
  const events = new Events(dataset);
  const { pairs, certain } = similarPairs(events);
  if (pairs.length === 0) return { pairs, certain };
  const surprise = events.surpriseOf(pairs);
  const needed = CERTAIN + 2 * Math.log(dataset.numUsers);
  return { pairs: pairs.filter((pair) => surprise(pair) >= needed), certain };
}

/** What users did, each row as one event. */
class Events {
  readonly numUsers: number;
  readonly #offsets: Uint32Array;
  readonly #items: Uint32Array;
  readonly #times: Float64Array | null;
  readonly #numItems: number;

  constructor(dataset: PreparedDataset) {
    const { offsets, items, times } = historiesUntil(dataset, 'all');
    this.numUsers = dataset.numUsers;
    this.#numItems = dataset.numItems;
    this.#offsets = offsets;
    this.#items = items;
    this.#times = times;
  }

  rows(user: number): [start: number, end: number] {
    return [this.#offsets[user]!, this.#offsets[user + 1]!];
  }

  /** An item and the one before it: all that orders say where there are no times. */
  #step(row: number, start: number): number {
    const before = row === start ? 0 : this.#items[row - 1]!;
    return before * (this.#numItems + 1) + this.#items[row]!;
  }

  hash(row: number, start: number): number {
    const item = mixBits(this.#items[row]!);
    if (this.#times === null) return mixBits(item ^ (row === start ? 0 : this.#items[row - 1]! + 0x9e3779b9));
    const time = this.#times[row]!;
    return mixBits(item ^ mixBits(time | 0) ^ Math.floor(time / 2 ** 32));
  }

  /** Rows of the first user that the other one has too. */
  shared(user: number, other: number): number[] {
    const known = new Set<string>();
    const name = (row: number, start: number): string =>
      this.#times === null ? `${this.#step(row, start)}` : `${this.#items[row]!} ${this.#times[row]!}`;
    const [otherStart, otherEnd] = this.rows(other);
    for (let row = otherStart; row < otherEnd; row++) known.add(name(row, otherStart));
    const [start, end] = this.rows(user);
    const rows: number[] = [];
    for (let row = start; row < end; row++) if (known.delete(name(row, start))) rows.push(row);
    return rows;
  }

  /**
   * How improbable it is that users share what they do, as minus the logarithm of the probability: each item by what follows the one before it, and
   * each time by how many are active then, both as all others do.
   */
  surpriseOf(pairs: readonly CopiedUser[]): (pair: CopiedUser) => number {
    const [items, times] = [this.#items, this.#times];
    const steps = new Map<number, number>();
    const moments = new Map<number, number>();
    for (const { user } of pairs) {
      const [start, end] = this.rows(user);
      for (let row = start; row < end; row++) {
        steps.set(this.#step(row, start), 0);
        if (times) moments.set(times[row]!, 0);
      }
    }
    const counts = new Float64Array(this.#numItems + 1);
    for (let user = 0; user < this.numUsers; user++) {
      const [start, end] = this.rows(user);
      counts[0]!++;
      for (let row = start; row < end; row++) {
        counts[items[row]!]!++;
        const step = this.#step(row, start);
        const known = steps.get(step);
        if (known !== undefined) steps.set(step, known + 1);
        const isTied = row > start && times?.[row] === times?.[row - 1];
        const moment = times === null || isTied ? undefined : moments.get(times[row]!);
        if (moment !== undefined) moments.set(times![row]!, moment + 1);
      }
    }
    return ({ user, other }) => {
      const [start] = this.rows(user);
      let sum = 0;
      let last = NaN;
      for (const row of this.shared(user, other)) {
        const before = row === start ? 0 : items[row - 1]!;
        const ofItem = counts[items[row]!]! / items.length;
        // Both users' own steps say nothing.
        const others = Math.max(0, steps.get(this.#step(row, start))! - 2);
        sum -= Math.log((others + ofItem) / (Math.max(0, counts[before]! - 2) + 1));
        if (times === null || times[row] === last) continue;
        last = times[row]!;
        sum -= Math.log(Math.min(1, (Math.max(0, moments.get(last)! - 2) + 1) / this.numUsers));
      }
      return sum;
    };
  }
}

/** Pairs of users who share most of what they do; of many, the first. */
function similarPairs(events: Events): { pairs: CopiedUser[]; certain: boolean } {
  const signatures = signaturesOf(events);
  const pairs: CopiedUser[] = [];
  const paired = new Uint8Array(events.numUsers);
  for (let place = 0; place < HASHES; place++) {
    const firstWith = new Map<number, number>();
    for (let user = 0; user < events.numUsers; user++) {
      const own = signatures[user * HASHES + place]!;
      const other = firstWith.get(own);
      if (other === undefined) firstWith.set(own, user);
      if (other === undefined || paired[user] === 1) continue;
      let agreeing = 0;
      for (let i = 0; i < HASHES; i++)
        if (signatures[user * HASHES + i] === signatures[other * HASHES + i]) agreeing++;
      if (agreeing < AGREEING) continue;
      const shared = events.shared(user, other).length;
      const [[start, end], [otherStart, otherEnd]] = [events.rows(user), events.rows(other)];
      if (shared < SHARED_FROM * Math.min(end - start, otherEnd - otherStart)) continue;
      if (pairs.length === MAX_PAIRS) return { pairs, certain: false };
      paired[user] = 1;
      pairs.push({ user, other, shared });
    }
  }
  return { pairs, certain: true };
}

function signaturesOf(events: Events): Uint32Array {
  const signatures = new Uint32Array(events.numUsers * HASHES).fill(0xffffffff);
  for (let user = 0; user < events.numUsers; user++) {
    const [start, end] = events.rows(user);
    for (let row = start; row < end; row++) {
      const hash = events.hash(row, start);
      for (let place = 0; place < HASHES; place++) {
        const own = mixBits(hash ^ (place * 0x85ebca6b));
        if (own < signatures[user * HASHES + place]!) signatures[user * HASHES + place] = own;
      }
    }
  }
  return signatures;
}
