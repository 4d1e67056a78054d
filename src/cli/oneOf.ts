import { UsageError } from './usageError';

/**
 * The value of a flag that has a few.
 * @throws UsageError with those that there are
 */
export function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const known = names.find((name) => name === value);
  if (known !== undefined) return known;
  throw new UsageError(`\`${flag}\` is \`${value}\`; expected one of ${names.join(', ')}.`);
}
