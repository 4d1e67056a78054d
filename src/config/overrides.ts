import type { ConfigPath, SourceDocument, SourceNode, SourceProblem } from './sourceTree';
import { entryOf, formatPath, keyRange, valueRange } from './sourceTree';

/**
 * Puts `--set path=value` arguments into a tree, in order. The value is read as JSON where it is JSON
 * (`3`, `true`, `null`, `[5,10]`), else as text. What cannot be applied is added to the document's problems.
 */
export function applyOverrides(document: SourceDocument, overrides: readonly string[]): void {
  for (const override of overrides) {
    const match = /^\s*([^=\s]+)\s*=(.*)$/s.exec(override);
    const path = match?.[1]?.split('.');
    const problem =
      path === undefined || path.includes('')
        ? 'expected the form `path=value`, such as `training.epochs=3`'
        : setValue(document, path, (match?.[2] ?? '').trim(), override);
    if (problem !== null) {
      document.problems.push({
        message: `${problem[0]!.toUpperCase()}${problem.slice(1)}.`,
        override,
        start: 0,
        end: 0,
      } satisfies SourceProblem);
    }
  }
}

/** Returns what is wrong, or null. */
function setValue(document: SourceDocument, path: string[], text: string, override: string): string | null {
  if (document.root === null) {
    return null;
  }
  const { start, end } = valueRange(document.root, path);
  const range = { start, end };
  const key = keyRange(document.root, path);

  // Nodes on the way are copied: a YAML alias may share them with a field that is not meant.
  const replace = (node: SourceNode | undefined, depth: number): SourceNode => {
    const part = path[depth];
    if (part === undefined) {
      return makeNode(readValue(text), text, range, override);
    }
    const parentPath = formatPath(path.slice(0, depth));
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) {
      return {
        kind: 'object',
        entries: [{ name: part, key, node: replace(undefined, depth + 1) }],
        override,
        ...range,
      };
    }
    if (node.kind === 'scalar') {
      throw new OverrideError(
        `\`${parentPath}\` has the value \`${node.text}\` and no fields, so \`${part}\` cannot be set in it`,
      );
    }
    if (node.kind === 'list') {
      if (!/^\d+$/.test(part) || Number(part) >= node.items.length) {
        throw new OverrideError(
          `\`${parentPath}\` is a list of ${node.items.length}; \`${part}\` is not a valid index (they start at 0)`,
        );
      }
      return {
        ...node,
        items: node.items.map((item, index) => (index === Number(part) ? replace(item, depth + 1) : item)),
      };
    }
    const before = entryOf(node, part);
    const after = { name: part, key: before?.key ?? key, node: replace(before?.node, depth + 1) };
    const others = node.entries.filter((entry) => entry !== before);
    return { ...node, entries: [...others, after] };
  };
  try {
    document.root = replace(document.root, 0);
    return null;
  } catch (error) {
    if (error instanceof OverrideError) {
      return error.message;
    }
    throw error;
  }
}

class OverrideError extends Error {}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function makeNode(
  value: unknown,
  text: string,
  range: { start: number; end: number },
  override: string,
): SourceNode {
  const base = { ...range, override };
  if (Array.isArray(value)) {
    return {
      kind: 'list',
      items: value.map((item) => makeNode(item, JSON.stringify(item), range, override)),
      ...base,
    };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, field]) => ({
      name,
      key: range,
      node: makeNode(field, JSON.stringify(field), range, override),
    }));
    return { kind: 'object', entries, ...base };
  }
  return { kind: 'scalar', value: value as string | number | boolean | null, text, ...base };
}

/** The `--set` argument that the value at `path`, or what encloses it, comes from. */
export function overrideOf(root: SourceNode, path: ConfigPath): string | undefined {
  let node: SourceNode | undefined = root;
  let override = root.override;
  for (const part of path) {
    node =
      node.kind === 'list'
        ? node.items[Number(part)]
        : node.kind === 'object'
          ? entryOf(node, String(part))?.node
          : undefined;
    if (node === undefined) {
      break;
    }
    override = node.override ?? override;
  }
  return override;
}
