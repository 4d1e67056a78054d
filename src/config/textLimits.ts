import { createScanner } from 'jsonc-parser';
import { Lexer } from 'yaml';
import type { SourceNode } from './sourceTree';

/*
 * A config is read with every pause in typing, in the process that all extensions share. So what is far beyond any config
 * is refused before anything walks through it.
 */

/** In characters. */
const MAX_LENGTH = 200_000;
/** Of texts, numbers, lists and objects; what an alias stands for counts each time. */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 100;
/** In front of a line of YAML, characters that may each open a block within the one before. */
const MAX_INDENT = 10 * MAX_DEPTH;
const LINE_OR_COMMA = /[\n\r,]/g;

/** Why a text is no config, before it is parsed; null when it may be one. */
export function findExcess(text: string, format: 'json' | 'yaml'): string | null {
  if (text.length > MAX_LENGTH) {
    return `The file has ${text.length} characters; a config may have at most ${MAX_LENGTH}. Is it a data file?`;
  }
  const separators = text.match(LINE_OR_COMMA)?.length ?? 0;
  if (separators > 2 * MAX_VALUES) {
    return `The file has more than ${MAX_VALUES} values, the most that a config may have. Is it a data file?`;
  }
  return isTooDeep(text, format) ? 'The config is nested too deeply.' : null;
}

/** Why what a text says is no config; null when it may be one. */
export function findExpandedExcess(root: SourceNode): string | null {
  const count = countValues(root, new Map());
  if (count <= MAX_VALUES) return null;
  return Number.isFinite(count)
    ? `A config has at most ${MAX_VALUES} values, but this one has ${count}; each use of an alias counts.`
    : 'An alias refers to a value that contains it, so the config would be infinite.';
}

/** Infinite where a part contains itself. */
function countValues(node: SourceNode, known: Map<SourceNode, number>): number {
  if (node.kind === 'scalar') return 1;
  const before = known.get(node);
  if (before !== undefined) return before;
  known.set(node, Infinity);
  const parts = node.kind === 'list' ? node.items : node.entries.map((entry) => entry.node);
  const count = parts.reduce((sum, part) => sum + countValues(part, known), 1);
  known.set(node, count);
  return count;
}

/**
 * Both parsers recurse, and a stack that overflows inside a regular expression ends the whole process. So brackets are
 * counted first, without those in texts and comments, and in YAML the characters that open blocks in front of a line.
 */
function isTooDeep(text: string, format: 'json' | 'yaml'): boolean {
  const open: string[] = [];
  for (const token of format === 'json' ? jsonTokens(text) : new Lexer().lex(text)) {
    if (token === '[') open.push(']');
    else if (token === '{') open.push('}');
    // A bracket that closes nothing does not end a level for the parsers either.
    else if (token === open.at(-1)) open.pop();
    if (open.length > MAX_DEPTH) return true;
  }
  if (format === 'json') return false;
  return text.split(/[\r\n]/).some((line) => (/^[\s?:-]*/.exec(line)?.[0].length ?? 0) > MAX_INDENT);
}

const END_OF_TEXT = 17;

function* jsonTokens(text: string): Generator<string> {
  const scanner = createScanner(text, true);
  while ((scanner.scan() as number) !== END_OF_TEXT) {
    if (scanner.getTokenLength() === 1) yield text[scanner.getTokenOffset()]!;
  }
}
