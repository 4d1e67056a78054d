import { isRecord } from '../protocol/isRecord';

/*
 * The JSON of run directories. A diverging run has losses that are not finite, which JSON cannot say and
 * `JSON.stringify` would turn into null; so they are written as the strings "NaN", "Infinity" and "-Infinity".
 */

const NON_FINITE = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** Text of a value, on one line unless `indent` is given. Numbers that are not finite survive a round trip. */
export function stringifyRunJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, field: unknown) => (typeof field === 'number' && !Number.isFinite(field) ? String(field) : field),
    indent,
  );
}

/** Inverse of `stringifyRunJson`. Throws a SyntaxError for text that is no JSON. */
export function parseRunJson(text: string): unknown {
  // A reviver makes parsing several times slower, and almost no line needs it.
  if (!/"(?:NaN|-?Infinity)"/.test(text)) {
    return JSON.parse(text);
  }
  return JSON.parse(text, (_key, field: unknown) =>
    typeof field === 'string' ? (NON_FINITE.get(field) ?? field) : field,
  );
}

/** Nothing in a run is nested as deeply; what is would overflow the stack of whoever walks through it. */
const MAX_DEPTH = 100;

/** `parseRunJson` for a whole file that anybody may have written. Throws a SyntaxError for text that is no JSON, or too deep. */
export function parseRunFile(text: string): unknown {
  if (jsonDepth(text) > MAX_DEPTH) throw new SyntaxError('nested too deeply');
  return parseRunJson(text);
}

const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [34, 92, 91, 93, 123, 125];

/** How deeply brackets are nested in a JSON text, without parsing it. */
function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let insideText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (insideText && code === BACKSLASH) at++;
    else if (code === QUOTE) insideText = !insideText;
    else if (insideText) continue;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) deepest = Math.max(deepest, ++depth);
    else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
  return deepest;
}

type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'object?' | 'number?';

/** Field name → type; `?` allows null. Fields that are not named may be there: newer minor versions add some. */
export type Shape = Record<string, FieldType>;

/** The first field of `shape` that `value` lacks or has with another type; null when all fit. */
export function findMisfit(value: unknown, shape: Shape): string | null {
  if (!isRecord(value)) {
    return '(top level)';
  }
  for (const [name, type] of Object.entries(shape)) {
    const field = value[name];
    if (field === null && type.endsWith('?')) {
      continue;
    }
    const fits = type.startsWith('object') ? isRecord(field) : typeof field === type.replace('?', '');
    if (!fits) {
      return name;
    }
  }
  return null;
}
