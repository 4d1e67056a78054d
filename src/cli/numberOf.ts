import { UsageError } from './usageError';

/** The number that a flag has; undefined where it is left out. @throws UsageError */
export function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`\`${flag}\` is \`${text}\`, which is not a number.`);
}
