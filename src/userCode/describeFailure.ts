import { SourceMap } from 'node:module';
import type { transform } from 'sucrase';
import { CodeError } from './codeError';

type RawSourceMap = NonNullable<ReturnType<typeof transform>['sourceMap']>;

/** A place in a file of the user. */
export interface Place {
  /** From the workspace folder. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
}

/** The files that were run, by the name that stack traces have for them. */
const sources = new Map<string, { file: string; map: SourceMap }>();

/** Notes that a file is run, so that places in it can be told. */
export function rememberSource(shown: string, file: string, map: RawSourceMap): void {
  sources.set(shown, { file, map: new SourceMap(map as ConstructorParameters<typeof SourceMap>[0]) });
}

/** The innermost place in the user's files of a stack trace; null where there is none. */
export function placeIn(stack: string | undefined): Place | null {
  for (const line of stack?.split('\n') ?? []) {
    const frame = /^\s+at (.+):(\d+):(\d+)\)?$/.exec(line);
    const source = frame && sourceAt(frame[1]!);
    if (!source) continue;
    const [row, column] = [Number(frame[2]) - 1, Number(frame[3]) - 1];
    // Lines stay as they are when types are taken out; columns may not.
    const entry = source.map.findEntry(row, column) as { originalLine?: number; originalColumn?: number };
    const original = entry.originalLine === row ? entry.originalColumn! : column;
    return { file: source.file, line: row + 1, column: original + 1 };
  }
  return null;
}

/** The file in `path` or `function (path`. Names of functions and paths may have parentheses, too, so each is tried. */
function sourceAt(text: string): { file: string; map: SourceMap } | undefined {
  const starts = [0, ...[...text.matchAll(/\(|async /g)].map(({ index, 0: { length } }) => index + length)];
  const found = starts.map((start) => sources.get(text.slice(start).replace(/^file:\/\//, '')));
  return found.find((source) => source !== undefined);
}

/** Where in the user's files the code is that runs now; null where none does. */
export function currentPlace(): Place | null {
  return placeIn(new Error().stack);
}

/** `models/x.ts:3:5`, which terminals and editors make a link of. */
export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** An error that code of the user threw, in one line with its place. Errors that have said theirs stay as they are. */
export function userError(error: unknown, file: string): CodeError {
  if (error instanceof CodeError) return error;
  return userErrorAt((error instanceof Error ? placeIn(error.stack) : null) ?? file, error);
}

/** The same where the place is known, or only the file. */
export function userErrorAt(place: Place | string, error: unknown): CodeError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  // Those of ours say what to do.
  const kind = /^(Type|Range|Reference|Syntax)Error$/.test(name) ? `${name}: ` : '';
  const line = `${kind}${message}`.replace(/\s*\n\s*/g, ' ').trim();
  const told = new CodeError(
    'code/failed',
    `${typeof place === 'string' ? place : placeText(place)}: ${line}`,
  );
  told.cause = error;
  return told;
}
