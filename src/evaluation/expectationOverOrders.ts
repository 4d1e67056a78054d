import type { RankMetric } from './metrics/metric';

/** So many of a user's relevant items in so many places, which they share with what they are tied with. */
export interface Ties {
  first: number;
  places: number;
  size: number;
}

/** Orders of a user's tied items of which the mean is exact; of more, as many are drawn. */
const MAX_ORDERS = 1000;

/**
 * A user's value of any metric: the mean over the orders of tied items, each with its probability. Where there are more than 1,000 that
 * differ in the first k places, it is the mean of 1,000 that are drawn, always the same ones.
 * @param tiesOf a user's, best places first
 */
export function expectationOverOrders(
  of: RankMetric['of'],
  tiesOf: (user: number) => Ties[],
  cutoff: number,
): (user: number) => number {
  return (user) => {
    const ties = tiesOf(user);
    const numRelevant = ties.reduce((sum, { size }) => sum + size, 0);
    const valueOf = (places: readonly number[]): number =>
      places.length === 0 ? 0 : of({ places, numRelevant }, cutoff);

    let sum = 0;
    if (numOrders(ties, cutoff) <= MAX_ORDERS) {
      for (const { places, probability } of orders(ties, cutoff)) sum += probability * valueOf(places);
      return sum;
    }
    const random = randomNumbers(user);
    for (let order = 0; order < MAX_ORDERS; order++) sum += valueOf(drawnOrder(ties, cutoff, random));
    return sum / MAX_ORDERS;
  };
}

/** How many orders differ in where relevant items are among the first k: more than counted beyond the most that matter. */
function numOrders(ties: readonly Ties[], cutoff: number): number {
  let number = 1;
  for (const { first, places, size } of ties) {
    const counted = Math.min(places, cutoff - first + 1);
    if (counted <= 0) break;
    let own = 0;
    let choices = 1;
    for (let inside = 0; inside <= Math.min(size, counted); inside++) {
      if (size - inside <= places - counted) own += choices;
      choices *= (counted - inside) / (inside + 1);
    }
    number *= own;
    if (number > MAX_ORDERS) break;
  }
  return number;
}

/** Places of the relevant items among the first k, ascending, for each order that differs in them. */
function* orders(
  ties: readonly Ties[],
  cutoff: number,
  group = 0,
  within = 0,
  taken = 0,
  so: readonly number[] = [],
  probability = 1,
): Generator<{ places: readonly number[]; probability: number }> {
  const own = ties[group];
  const place = (own?.first ?? Infinity) + within;
  if (own === undefined || place > cutoff) {
    yield { places: so, probability };
  } else if (within === own.places) {
    yield* orders(ties, cutoff, group + 1, 0, 0, so, probability);
  } else {
    const share = (own.size - taken) / (own.places - within);
    if (share > 0)
      yield* orders(ties, cutoff, group, within + 1, taken + 1, [...so, place], probability * share);
    if (share < 1) yield* orders(ties, cutoff, group, within + 1, taken, so, probability * (1 - share));
  }
}

function drawnOrder(ties: readonly Ties[], cutoff: number, random: () => number): number[] {
  const drawn: number[] = [];
  for (const { first, places, size } of ties) {
    let left = size;
    for (let within = 0; within < places && first + within <= cutoff; within++) {
      if (random() * (places - within) >= left) continue;
      drawn.push(first + within);
      left--;
    }
  }
  return drawn;
}

/** Numbers from 0 to 1, the same for the same name (the "lowbias32" function of C. Wellons' hash prospector). */
function randomNumbers(name: number): () => number {
  let state = name;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
