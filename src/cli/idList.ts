import { UsageError } from './usageError';

/**
 * The ids that an option names. Given once, it is a list with commas, or a JSON list, in which an id may have commas of its own.
 * Given several times, each is one id as it stands.
 * @throws UsageError
 */
export function idList(flag: string, values: readonly string[]): string[] {
  const [only, ...others] = values;
  if (only === undefined) return [];
  if (others.length > 0) return [...values];
  if (!only.trimStart().startsWith('['))
    return only
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== '');
  const list = parseList(only);
  if (list !== null) return list;
  throw new UsageError(
    `\`${flag}\` starts with \`[\` but is not a JSON list of ids, such as \`["a,b","c"]\`. For an id that starts with \`[\`, give \`${flag}\` twice or write it in such a list.`,
  );
}

function parseList(text: string): string[] | null {
  try {
    const list: unknown = JSON.parse(text);
    const isIds =
      Array.isArray(list) && list.every((id) => typeof id === 'string' || Number.isSafeInteger(id));
    return isIds ? list.map(String) : null;
  } catch {
    return null;
  }
}
