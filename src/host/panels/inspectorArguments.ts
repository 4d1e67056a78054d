import { z } from 'zod';
import type { Inspector } from '../../process/inspector';
import type { ComparisonInspector } from '../../protocol/comparison';
import type { HostInspector } from '../../protocol/inspection';
import type { InspectionView } from '../../protocol/inspectionPanel';
import { PROJECTION_FORMATS, type RowIndex } from '../../protocol/projection';
import { SAVE_ARGUMENTS, text, type ArgumentsOf } from './pageCalls';

/* What the pages of the projection, attention and playground panels may ask with. */

const index = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31);
const row = z.custom<RowIndex>((value) => index.safeParse(value).success);
const positive = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);
const seed = z.number().int();
const listLength = z.number().int().min(1).max(10_000);
const checkpoint = z.string().regex(/^(?:best|last|epoch-\d{1,9})$/);
/** The views that pages open. */
export const view = z.enum(['projection', 'attention', 'playground']) satisfies z.ZodType<InspectionView>;
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
const ids = z.array(text).max(1_000_000);
const recommendation = z.object({
  user: text.nullable(),
  history: ids,
  heldOut: ids,
  topK: listLength,
  keepSeen: z.boolean(),
  reasons: z.boolean(),
});
const bookmark = z.object({ name: text, createdAt: z.number(), state: z.unknown() });
const MAX_BOOKMARKS_LENGTH = 16 * 1024 * 1024;
const bookmarks = z
  .array(bookmark)
  .max(10_000)
  .refine((list) => JSON.stringify(list).length <= MAX_BOOKMARKS_LENGTH);

/** Arguments of what is passed on to the inspector, by name. @param run the schema of a run's directory */
export function inspectorArguments(run: z.ZodType<string, string>) {
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
      z.union([z.object({ row }), z.object({ vector })]),
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
    recommend: z.tuple([source, recommendation]),
  } satisfies ArgumentsOf<
    Omit<Inspector, 'exportTable' | 'exportRecommendations' | keyof ComparisonInspector | keyof HostInspector>
  >;
}

/** Arguments of what the extension answers itself. */
export function ownArguments(run: z.ZodType<string, string>) {
  const exported = z.object({ run, checkpoint, table: text, position: index.exactOptional() });
  return {
    save: SAVE_ARGUMENTS,
    openView: z.tuple([view, run, z.object({ item: index.exactOptional(), user: index.exactOptional() })]),
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
