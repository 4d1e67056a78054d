import { z } from 'zod';

/*
 * What the pages of the extension may ask, and with what. The pages are its own, but what they show comes from files that
 * anybody may have made. Sizes are bounded where they decide how much work or memory an answer takes.
 */

/** A page asked for something that pages do not ask for. */
export class PageCallError extends Error {
  override readonly name = 'PageCallError';
  readonly code = 'page/refused';
}

const UNKNOWN_RUN = 'This run is not in this window, or has no trained model.';

/** Schemas of the arguments of functions that take some, by name, as tuples. */
export type ArgumentSchemas = Readonly<Record<string, z.ZodType>>;

/** The same for the functions of one interface. */
export type ArgumentsOf<Functions> = {
  readonly [
    Name in keyof Functions as Functions[Name] extends () => unknown ? never : Name
  ]: Functions[Name] extends (...args: infer Args) => unknown ? z.ZodType<unknown, Args> : never;
};

/** Text of a length that nobody types. */
export const text = z.string().max(1_000);

/** Of `save`, which pages of several kinds have: a file name, and the content. */
export const SAVE_ARGUMENTS = z.tuple([text, z.union([z.string().max(2 ** 28), z.instanceof(ArrayBuffer)])]);

/** The directory of a run. @param mayOpen whether the page was told of a run, by its directory */
export function runDirectory(mayOpen: (directory: string) => boolean): z.ZodType<string, string> {
  return z.string().max(32_768).refine(mayOpen, UNKNOWN_RUN);
}

/** A function that a page may call, or undefined when there is none of this name. It checks its arguments. */
export function checkedFunction(
  functions: object,
  schemas: ArgumentSchemas,
  name: string,
): ((...args: unknown[]) => unknown) | undefined {
  // The page is this extension's own, but nothing it sends shall reach what an object inherits.
  if (!Object.hasOwn(functions, name)) return undefined;
  const answer = (functions as Record<string, (...args: unknown[]) => unknown>)[name];
  return answer && ((...args) => answer(...checkArguments(schemas, name, args)));
}

/** The arguments of a call, without what else was in them. @throws PageCallError for those that no page sends */
export function checkArguments(schemas: ArgumentSchemas, name: string, args: readonly unknown[]): unknown[] {
  const schema = Object.hasOwn(schemas, name) ? schemas[name]! : z.tuple([]);
  const { data, error } = schema.safeParse(args);
  if (!error) return data as unknown[];
  const [issue] = error.issues;
  if (issue?.message === UNKNOWN_RUN) throw new PageCallError(UNKNOWN_RUN);
  const place = issue === undefined ? '' : ` (${[name, ...issue.path].join('.')}: ${issue.message})`;
  throw new PageCallError(`The page sent a request that is not allowed${place}.`);
}
