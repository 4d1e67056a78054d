/*
 * A config text as a tree that remembers where everything stands. JSON and YAML are both turned into it, so that
 * everything behind it (duplicates, overrides, values, positions of problems) is written once.
 */

export type SourceNode = ScalarNode | ListNode | ObjectNode;

/** Character offsets, the end exclusive. */
export interface SourceRange {
  start: number;
  end: number;
}

interface NodeBase extends SourceRange {
  /** The `--set` argument that this comes from. */
  override?: string;
}

interface ScalarNode extends NodeBase {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** As it was written. */
  text: string;
}

interface ListNode extends NodeBase {
  kind: 'list';
  items: SourceNode[];
}

export interface ObjectNode extends NodeBase {
  kind: 'object';
  entries: SourceEntry[];
}

interface SourceEntry {
  name: string;
  /** Where the name stands. */
  key: SourceRange;
  node: SourceNode;
}

export type ConfigPath = readonly (string | number)[];

export interface SourceProblem extends SourceRange {
  message: string;
  path?: ConfigPath;
  override?: string;
}

export interface SourceDocument {
  /** Null when the text is empty or not readable. */
  root: SourceNode | null;
  problems: SourceProblem[];
}

/** The plain value of a tree. Shared and cyclic parts (YAML aliases) stay shared. */
export function toValue(node: SourceNode, done = new Map<SourceNode, unknown>()): unknown {
  if (node.kind === 'scalar') {
    return node.value;
  }
  const known = done.get(node);
  if (known !== undefined) {
    return known;
  }
  if (node.kind === 'list') {
    const list: unknown[] = [];
    done.set(node, list);
    for (const item of node.items) {
      list.push(toValue(item, done));
    }
    return list;
  }
  const object: Record<string, unknown> = {};
  done.set(node, object);
  for (const entry of node.entries) {
    // Not by assignment, to which a key named __proto__ would mean something else.
    Object.defineProperty(object, entry.name, {
      value: toValue(entry.node, done),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** The node at `path`, or undefined. */
export function findNode(root: SourceNode, path: ConfigPath): SourceNode | undefined {
  return path.reduce<SourceNode | undefined>((node, part) => node && childOf(node, part), root);
}

function childOf(node: SourceNode, part: string | number): SourceNode | undefined {
  if (node.kind === 'list') {
    return node.items[Number(part)];
  }
  return node.kind === 'object' ? entryOf(node, String(part))?.node : undefined;
}

export function entryOf(node: ObjectNode, name: string): SourceEntry | undefined {
  return node.entries.find((entry) => entry.name === name);
}

/** Where the name of the field at `path` stands; of the next enclosing field when there is none; else the start. */
export function keyRange(root: SourceNode, path: ConfigPath): SourceRange {
  for (let length = path.length; length > 0; length--) {
    const parent = findNode(root, path.slice(0, length - 1));
    const entry = parent?.kind === 'object' ? entryOf(parent, String(path[length - 1])) : undefined;
    if (entry !== undefined) {
      return entry.key;
    }
  }
  return { start: root.start, end: Math.min(root.start + 1, root.end) };
}

/** Where the value at `path` stands, or what `keyRange` says when it is missing or written as nothing (`seed:`). */
export function valueRange(root: SourceNode, path: ConfigPath): SourceRange {
  const node = findNode(root, path);
  return node === undefined || node.end <= node.start ? keyRange(root, path) : node;
}

/** `model.loss.type`, as a person writes it and as `--set` takes it. */
export function formatPath(path: ConfigPath): string {
  return path.join('.');
}
