import { PARTS, type SplitInput } from './splitter';

/** Puts the last interactions of each user into test, and those before into validation, as many as `count` says of a length. */
export function holdOutLast(
  { offsets }: Pick<SplitInput, 'offsets'>,
  count: (length: number) => { validation: number; test: number },
): Uint8Array {
  const parts = new Uint8Array(offsets.at(-1)!);
  for (let user = 0; user < offsets.length - 1; user++) {
    const end = offsets[user + 1]!;
    const { validation, test } = count(end - offsets[user]!);
    parts.fill(PARTS.validation, end - test - validation, end - test);
    parts.fill(PARTS.test, end - test, end);
  }
  return parts;
}
