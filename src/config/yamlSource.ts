import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import type { ObjectNode, SourceDocument, SourceNode, SourceProblem } from './sourceTree';

/** Reads one YAML document. */
export function readYaml(text: string): SourceDocument {
  const document = parseDocument(text, {
    // Repeated keys are found in the tree, as they are for JSON.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  // What follows the first error is mostly its consequence.
  const problems = [...document.errors, ...document.warnings].slice(0, 1).map((error) => {
    const start = Math.min(Math.max(error.pos[0], 0), text.length);
    const message =
      error.code === 'MULTIPLE_DOCS'
        ? 'the file has several documents (`---`); a config must be a single one'
        : (error.message.split('\n')[0] ?? '');
    return {
      start,
      end: Math.min(Math.max(error.pos[1], start), text.length),
      message: `Syntax error: ${message.replace(/[.:]$/, '')}.`,
    };
  });
  // What an unreadable text is taken for only leads to more complaints.
  const contents = problems.length > 0 ? null : document.contents;
  return {
    root: contents === null ? null : new Converter(text, problems).convert(contents),
    problems,
  };
}

class Converter {
  /** An anchored node is converted once, so that aliases of aliases do not multiply and cycles end. */
  private readonly done = new Map<Node, SourceNode>();
  /** An alias stands for the anchor of its name that was seen last. `Alias.resolve` looks through the whole document. */
  private readonly anchors = new Map<string, Node>();

  constructor(
    private readonly text: string,
    private readonly problems: SourceProblem[],
  ) {}

  convert(node: Node | null): SourceNode {
    if (node === null) {
      return { kind: 'scalar', value: null, text: '', start: 0, end: 0 };
    }
    const known = this.done.get(node);
    if (known !== undefined) {
      return known;
    }
    this.noteAnchor(node);
    const range = { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 };
    if (isMap(node)) {
      const object: ObjectNode = { kind: 'object', entries: [], ...range };
      this.done.set(node, object);
      for (const pair of node.items) {
        this.addEntry(object, pair.key as Node | null, pair.value as Node | null);
      }
      return object;
    }
    if (isSeq(node)) {
      const items: SourceNode[] = [];
      const list: SourceNode = { kind: 'list', items, ...range };
      this.done.set(node, list);
      for (const item of node.items) {
        items.push(this.convert(item as Node));
      }
      return list;
    }
    if (isAlias(node)) {
      const target = this.anchors.get(node.source);
      if (target !== undefined) {
        return this.convert(target);
      }
      this.problems.push({ ...range, message: `Syntax error: there is no anchor \`&${node.source}\`.` });
    }
    const value: unknown = isScalar(node) ? node.value : null;
    return {
      kind: 'scalar',
      // Binary data and other rare kinds of values are no part of a config; as text they fail where a field is typed.
      value: isPlainScalar(value) ? value : Object.prototype.toString.call(value),
      text: this.text.slice(range.start, range.end),
      ...range,
    };
  }

  private noteAnchor(node: Node | null): void {
    if (node !== null && !isAlias(node) && node.anchor !== undefined) {
      this.anchors.set(node.anchor, node);
    }
  }

  private addEntry(object: ObjectNode, key: Node | null, value: Node | null): void {
    this.noteAnchor(key);
    const range = { start: key?.range?.[0] ?? object.start, end: key?.range?.[1] ?? object.start };
    if (!isScalar(key)) {
      this.problems.push({
        ...range,
        message: 'A field name must be a plain string, found a list, an object or an alias.',
      });
      return;
    }
    object.entries.push({ name: String(key.value), key: range, node: this.convert(value) });
  }
}

function isPlainScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
