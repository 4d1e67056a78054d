import { z } from 'zod';
import type { Inspector } from '../process/inspector';
import type { HostInspector } from '../protocol/inspection';
import { PROJECTION_FORMATS } from '../protocol/projection';
import type { PageFunction } from './runPanel';

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

const text = z.string().max(1_000);
const index = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31);
const positive = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);
const seed = z.number().int();
const listLength = z.number().int().min(1).max(10_000);
const checkpoint = z.string().regex(/^(?:best|last|epoch-\d{1,9})$/);
const view = z.enum(['projection', 'attention']);
/** Of all rows of the largest tables, and no more. */
const rows = z.instanceof(Uint32Array).refine(({ length }) => length <= 2 ** 27);
const coordinates = z.instanceof(Float32Array).refine(({ length }) => length <= 2 ** 29);
const vector = z.instanceof(Float32Array).refine(({ length }) => length <= 65_536);

const sampling = z.object({ maxPoints: positive, seed });
const pca = z.object({ components: z.array(index).min(1).max(3) });
const umap = z.object({
  dimensions: z.literal([2, 3]),
  numNeighbors: z.number().int().min(1).max(1_000),
  minDistance: z.number().min(0).max(100),
  metric: z.enum(['cosine', 'euclidean']),
  epochs: z.number().int().min(1).max(100_000).nullable(),
  seed,
});
const attention = z.object({
  subject: z.object({
    user: z
      .number()
      .int()
      .min(-1)
      .max(2 ** 31),
    history: z.array(index).max(1_000_000),
  }),
  candidates: z.array(index).max(10_000),
  target: index.nullable(),
  topK: listLength,
  contributions: z.boolean().exactOptional(),
});
const bookmark = z.object({ name: text, createdAt: z.number(), state: z.unknown() });
const MAX_BOOKMARKS_LENGTH = 16 * 1024 * 1024;
const bookmarks = z
  .array(bookmark)
  .max(10_000)
  .refine((list) => JSON.stringify(list).length <= MAX_BOOKMARKS_LENGTH);

/** Schemas of the arguments that the inspector's functions take. */
type ArgumentSchemas = {
  [Name in Exclude<keyof Inspector, 'exportTable' | keyof HostInspector>]: z.ZodType<
    unknown,
    Parameters<Inspector[Name]>
  >;
};

/** Arguments of what is passed on to the inspector, by name. `run` is the schema of a run's directory. */
function inspectorCalls(run: z.ZodType<string, string>) {
  const source = z.object({ run, checkpoint });
  const table = source.extend({ table: text, position: index.exactOptional() });
  return {
    describeRun: z.tuple([run]),
    findUsers: z.tuple([run, text, listLength]),
    findItems: z.tuple([run, text, listLength]),
    userHistory: z.tuple([run, index, z.enum(['train', 'validation', 'all'])]),
    embeddingTables: z.tuple([source]),
    points: z.tuple([table, sampling]),
    pca: z.tuple([table, sampling, pca]),
    umap: z.tuple([table, sampling, umap, text]),
    cancel: z.tuple([text]),
    recommendationCounts: z.tuple([table, sampling, listLength, text]),
    neighbors: z.tuple([
      table,
      z.union([z.object({ row: index }), z.object({ vector })]),
      z.enum(['cosine', 'dot', 'euclidean']),
      listLength,
    ]),
    clusters: z.tuple([table, sampling, listLength, seed]),
    statistics: z.tuple([table]),
    selection: z.tuple([table, rows]),
    userPath: z.tuple([source, index, listLength]),
    compare: z.tuple([table, table, sampling, pca]),
    bookmarks: z.tuple([run]),
    saveBookmarks: z.tuple([run, bookmarks]),
    attentionViews: z.tuple([source]),
    attend: z.tuple([source, attention]),
    overview: z.tuple([source, positive, seed, text]),
  } satisfies ArgumentSchemas;
}

/** Arguments of what the extension answers itself; what is left out takes none. */
function ownCalls(run: z.ZodType<string, string>) {
  const exported = z.object({ run, checkpoint, table: text, position: index.exactOptional() });
  return {
    save: z.tuple([text, z.union([z.string().max(2 ** 28), z.instanceof(ArrayBuffer)])]),
    openView: z.union([
      z.tuple([view]),
      z.tuple([view, run, z.object({ item: index.exactOptional(), user: index.exactOptional() })]),
    ]),
    exportTable: z.tuple([
      z.object({
        source: exported,
        rows: rows.nullable(),
        format: z.enum(PROJECTION_FORMATS),
        coordinates: coordinates.nullable(),
        dimensions: z.number().int().min(0).max(65_536),
      }),
      text,
    ]),
  };
}

/** What the page of one panel may call. */
export class PageCalls {
  readonly #inspector: Record<string, z.ZodType>;
  readonly #own: Record<string, z.ZodType>;

  /** @param mayOpen whether the page was told of a run, by its directory */
  constructor(mayOpen: (directory: string) => boolean) {
    const run = z.string().max(32_768).refine(mayOpen, UNKNOWN_RUN);
    this.#inspector = inspectorCalls(run);
    this.#own = ownCalls(run);
  }

  /** Whether the inspector answers such calls of pages. */
  isOfInspector(name: string): boolean {
    return Object.hasOwn(this.#inspector, name);
  }

  /** A function that answers a call only when its arguments are such as pages send; it throws PageCallError for others. */
  checked(name: string, answer: PageFunction): PageFunction {
    return (...args: unknown[]) => {
      return (answer as (...args: unknown[]) => unknown)(...this.check(name, args));
    };
  }

  /** The arguments, without what else was in them. @throws PageCallError for those that no page sends */
  check(name: string, args: readonly unknown[]): unknown[] {
    const schemas = this.isOfInspector(name) ? this.#inspector : this.#own;
    const schema = Object.hasOwn(schemas, name) ? schemas[name]! : z.tuple([]);
    const { data, error } = schema.safeParse(args);
    if (!error) return data as unknown[];
    const [issue] = error.issues;
    if (issue?.message === UNKNOWN_RUN) throw new PageCallError(UNKNOWN_RUN);
    const place = issue === undefined ? '' : ` (${[name, ...issue.path].join('.')}: ${issue.message})`;
    throw new PageCallError(`The page sent a request that is not allowed${place}.`);
  }
}
