import { getLocation, parseTree, findNodeAtOffset } from 'jsonc-parser';
import { isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import type { ConfigFormat } from './parseConfig';
import type { ConfigPath, SourceRange } from './sourceTree';
import { findExcess } from './textLimits';

/** Where in a config a cursor is. */
export interface FieldLocation {
  path: ConfigPath;
  /** What stands there already, quotes included; empty where nothing does. */
  range: SourceRange;
  /** Whether the cursor is in the name of the last part of the path. */
  isKey: boolean;
  /** Whether that name has a value already. */
  hasValue: boolean;
}

/** The field that a cursor is in, also in a text with errors; null between fields, and in a text far beyond any config. */
export function locateField(text: string, format: ConfigFormat, offset: number): FieldLocation | null {
  if (findExcess(text, format) !== null) return null;
  return format === 'json' ? locateInJson(text, offset) : locateInYaml(text, offset);
}

function locateInJson(text: string, offset: number): FieldLocation | null {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  if (path.length === 0) return null;
  const isInside =
    previousNode !== undefined &&
    previousNode.offset <= offset &&
    offset <= previousNode.offset + previousNode.length;
  const range = isInside
    ? { start: previousNode.offset, end: previousNode.offset + previousNode.length }
    : { start: offset, end: offset };
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const key = tree && isAtPropertyKey ? findNodeAtOffset(tree, range.start, false) : undefined;
  const hasValue = key?.parent?.type === 'property' && key.parent.children?.[1] !== undefined;
  return { path, range, isKey: isAtPropertyKey, hasValue };
}

/** A value that is not written yet has no place in the tree: it belongs to the key in front of it, on its line. */
function locateInYaml(text: string, offset: number): FieldLocation | null {
  const { contents } = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
  const visit = (node: unknown, path: ConfigPath): FieldLocation | null => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key) || !key.range) continue;
        const inside = [...path, String(key.value)];
        const [start, end] = key.range;
        if (start <= offset && offset <= end)
          return { path: inside, range: { start, end }, isKey: true, hasValue: value !== null };
        const found = visit(value, inside) ?? emptyValue(key, value as Node | null, inside);
        if (found) return found;
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const found = visit(item, [...path, index]);
        if (found) return found;
      }
    } else if (isScalar(node) && node.range && node.range[0] < node.range[1]) {
      const [start, end] = node.range;
      if (start <= offset && offset <= end)
        return { path, range: { start, end }, isKey: false, hasValue: true };
    }
    return null;
  };
  const emptyValue = (key: Node, value: Node | null, path: ConfigPath): FieldLocation | null => {
    const isEmpty = value === null || (isScalar(value) && value.source === '');
    const lineEnd = text.indexOf('\n', key.range![1]);
    const isBehind = offset > key.range![1] && offset <= (lineEnd < 0 ? text.length : lineEnd);
    return isEmpty && isBehind
      ? { path, range: { start: offset, end: offset }, isKey: false, hasValue: false }
      : null;
  };
  return visit(contents, []);
}
