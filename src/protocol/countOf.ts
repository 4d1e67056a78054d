import { thousands } from './thousands';

/** So many things: `1 user`, `2,000 users`. */
export function countOf(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** So many of all, with what they do: `1 of 20 users has`, `2 of 20 users have`. */
export function countOfAll(
  count: number,
  all: number,
  noun: string,
  [one, more]: readonly [string, string],
): string {
  return `${thousands(count)} of ${countOf(all, noun)} ${count === 1 ? one : more}`;
}
