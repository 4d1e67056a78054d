import { parseTree, type Node, type ParseError } from 'jsonc-parser';
import type { SourceDocument, SourceNode } from './sourceTree';

/** What jsonc-parser's error codes mean; its own names for them are no sentences. */
const MESSAGES: Partial<Record<number, string>> = {
  1: 'is not valid here. Texts need double quotes, and only `true`, `false` and `null` go without',
  2: 'is no valid number',
  3: 'stands where a field name in double quotes is expected',
  4: 'stands where a value is expected',
  5: 'stands where a colon is expected',
  6: 'stands where a comma is expected',
  7: 'stands where a closing brace `}` is expected',
  8: 'stands where a closing bracket `]` is expected',
  9: 'stands behind the end of the config',
  11: 'begins a comment that has no end',
  12: 'begins a text that has no closing quote',
  13: 'is no complete number',
  14: 'has an invalid \\u escape',
  15: 'has an invalid escape character after \\',
  16: 'has an invalid character; a text stands on one line',
};
/** Reads JSON with comments and trailing commas. */
export function readJson(text: string): SourceDocument {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined || (tree === undefined && text.slice(first.offset).trim() === '')) {
    return { root: tree === undefined ? null : convert(tree, text), problems: [] };
  }
  // What follows the first error is mostly its consequence.
  const start = Math.min(first.offset, text.length);
  const end = Math.min(start + first.length, text.length);
  const message = MESSAGES[first.error] ?? 'is not valid here';
  return {
    root: null,
    problems: [{ start, end, message: `Syntax error: ${describeToken(text.slice(start, end))} ${message}.` }],
  };
}

function describeToken(token: string): string {
  const line = token.split(/[\r\n]/)[0] ?? '';
  const short = line.length > 30 ? `${line.slice(0, 30)}…` : line;
  return short === '' ? 'the end of the file' : `\`${short}\``;
}

function convert(node: Node, text: string): SourceNode {
  const range = { start: node.offset, end: node.offset + node.length };
  if (node.type === 'object') {
    const entries = (node.children ?? []).flatMap((property) => {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) {
        return [];
      }
      return [
        {
          name: String(key.value),
          key: { start: key.offset, end: key.offset + key.length },
          node: convert(value, text),
        },
      ];
    });
    return { kind: 'object', entries, ...range };
  }
  if (node.type === 'array') {
    return { kind: 'list', items: (node.children ?? []).map((item) => convert(item, text)), ...range };
  }
  return {
    kind: 'scalar',
    value: node.value as string | number | boolean | null,
    text: text.slice(range.start, range.end),
    ...range,
  };
}
