import { SourceMap } from 'node:module';
import { parse, type Node, type Program } from 'acorn';
import { transform } from 'sucrase';
import type { CodeProblem } from './declaration';

/** A model or metric file as a tree, which can be asked where its parts stand in the text. */
export interface ParsedCode {
  program: Program;
  problem(node: Node, message: string): CodeProblem;
}

/** Types are taken out; names that only types use are no longer imported. */
const STRIPPED = { transforms: ['typescript' as const], disableESTransforms: true };
const FILE = 'code.ts';

/** Whether types are taken out of a file before it runs. JavaScript runs as it is, with all that it imports. */
export function hasTypes(file: string): boolean {
  return /\.m?ts$/.test(file);
}

/** Where a token was and is; all from 0. */
interface MappedToken {
  originalLine: number;
  originalColumn: number;
  generatedLine: number;
  generatedColumn: number;
}

/** Parses a TypeScript or JavaScript module, whichever its file's name says. Runs nothing. */
export function parseCode(text: string, file: string): ParsedCode | CodeProblem {
  try {
    const { code, original } = hasTypes(file) ? withoutTypes(text) : { code: text, original: inPlace };
    try {
      const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
      return {
        program,
        problem: ({ loc }, message) => {
          const start = original(loc!.start.line, loc!.start.column);
          const end = original(loc!.end.line, loc!.end.column - 1);
          return { message, ...start, endLine: end.line, endColumn: end.column + 1 };
        },
      };
    } catch (error) {
      const { line, column } = (error as { loc: { line: number; column: number } }).loc;
      return syntaxProblem(error, original(line, column));
    }
  } catch (error) {
    return syntaxProblem(error, (error as { loc?: { line: number; column: number } }).loc);
  }
}

/** What is left of a text without its types, and where in the text a place in that was; lines from 1, columns from 0 and then 1. */
interface Stripped {
  code: string;
  original: (line: number, column: number) => { line: number; column: number };
}

function inPlace(line: number, column: number): { line: number; column: number } {
  return { line, column: column + 1 };
}

function withoutTypes(text: string): Stripped {
  const { code, sourceMap } = transform(text, {
    ...STRIPPED,
    filePath: FILE,
    sourceMapOptions: { compiledFilename: FILE },
  });
  // What is left of the text stays on its lines; the map says in which columns it was.
  const map = new SourceMap(sourceMap as ConstructorParameters<typeof SourceMap>[0]);
  return {
    code,
    original: (line, column) => {
      const token = map.findEntry(line - 1, column) as Partial<MappedToken>;
      const isThere = token.generatedLine === line - 1 && token.originalLine === line - 1;
      const shift = isThere ? token.originalColumn! - token.generatedColumn! : 0;
      return { line, column: column + shift + 1 };
    },
  };
}

function syntaxProblem(error: unknown, place = { line: 1, column: 1 }): CodeProblem {
  const reason = (error instanceof Error ? error.message : String(error))
    .replace(/^Error transforming \S+: /, '')
    .replace(/ ?\(\d+:\d+\)$/, '');
  const { line, column } = place;
  return { message: `Syntax error: ${reason}.`, line, column, endLine: line, endColumn: column + 1 };
}
