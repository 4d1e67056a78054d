import { DEFAULT_SEED } from '../../src/protocol/defaultSeed';
import {
  dataColumnId,
  OWN_COLUMNS,
  type DistanceMetric,
  type RowIndex,
  type Sampling,
  type UmapRequest,
} from '../../src/protocol/projection';
import type { ScatterCamera } from '../plot/scatterCamera';
import type { ScatterTool } from '../plot/scatterModel';
import { NUM_CATEGORY_COLORS, type ColoredCategories } from './categoryColors';

/** What the right side shows. */
export type RailTab = 'point' | 'selection' | 'user' | 'comparison' | 'statistics';

/** The second table of a comparison: the table of the same name at another checkpoint. */
export interface SecondSource {
  run: string;
  checkpoint: string;
}

/**
 * All that the user has set and chosen: what is kept when the window is reloaded, and what a bookmark holds. Rows, not
 * points, since a row stays the same when another sample is drawn.
 */
export interface ProjectionSettings {
  /** Null for the best one. */
  checkpoint: string | null;
  /** Null for the first table of items. */
  table: string | null;
  /** Of `states`: 0 is the newest item. */
  position: number;
  method: 'pca' | 'umap';
  dimensions: 2 | 3;
  /** Three; the first two are for a flat map. */
  components: readonly number[];
  /** As UMAP was last started. */
  umap: UmapSettings;
  /** Id of a column, or one of {@link OWN_COLORS}. */
  color: string;
  /** Clusters to look for when colored by cluster. */
  clusters: number;
  /** By what is colored: the categories that the user gave a color. Others have that of the most frequent ones. */
  colored: Readonly<Record<string, ColoredCategories>>;
  /** The one class of the legend that is to be seen among the others. */
  raised: number | null;
  labels: boolean;
  contours: boolean;
  tool: ScatterTool;
  metric: DistanceMetric;
  /** Neighbors that are listed. */
  numNeighbors: number;
  maxPoints: number;
  samplingSeed: number;
  query: string;
  focus: RowIndex | null;
  selection: readonly RowIndex[];
  /** Rows that alone are drawn. */
  isolated: readonly RowIndex[] | null;
  user: number | null;
  second: SecondSource | null;
  tab: RailTab | null;
  asTable: boolean;
  camera: ScatterCamera | null;
}

export type UmapSettings = Omit<UmapRequest, 'dimensions'>;

/** What versions that had no ids kept of a column: what it was called. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'popularity decile': OWN_COLUMNS.popularityDecile,
  'training interactions': OWN_COLUMNS.trainingInteractions,
  'in training and test': OWN_COLUMNS.inTrainingAndTest,
  'history length': OWN_COLUMNS.historyLength,
  norm: OWN_COLUMNS.norm,
  'recommended in top-10': OWN_COLUMNS.recommendations,
};

/** The id of a color that this version or an earlier one kept. */
function colorId(kept: string): string {
  if (/^(?::|column:)/.test(kept)) return kept;
  return Object.hasOwn(OLD_NAMES, kept) ? OLD_NAMES[kept]! : dataColumnId(kept);
}

/** What points can be colored by besides the columns of the table. */
export const OWN_COLORS = {
  none: ':none',
  cluster: ':cluster',
  recommended: ':recommended',
  moved: ':moved',
  overlap: ':overlap',
} as const;

/** Of the lists in which recommendations are counted. */
export const RECOMMENDED_LENGTH = 10;

export const DEFAULT_UMAP: UmapSettings = {
  numNeighbors: 15,
  minDistance: 0.1,
  metric: 'cosine',
  epochs: null,
  seed: DEFAULT_SEED,
};

export const DEFAULT_SETTINGS: ProjectionSettings = {
  checkpoint: null,
  table: null,
  position: 0,
  method: 'pca',
  dimensions: 2,
  components: [0, 1, 2],
  umap: DEFAULT_UMAP,
  color: OWN_COLUMNS.popularityDecile,
  clusters: 8,
  colored: {},
  raised: null,
  labels: true,
  contours: false,
  tool: 'move',
  metric: 'cosine',
  numNeighbors: 10,
  maxPoints: 20_000,
  samplingSeed: DEFAULT_SEED,
  query: '',
  focus: null,
  selection: [],
  isolated: null,
  user: null,
  second: null,
  tab: null,
  asTable: false,
  camera: null,
};

/** More chosen rows are not kept: a reload would cost more than choosing them again. */
const MAX_KEPT_ROWS = 20_000;

/** How points are laid out: two tables are compared on the components of the first, whatever else is selected. */
export function shownMethod({ method, second }: ProjectionSettings): ProjectionSettings['method'] {
  return second === null ? method : 'pca';
}

/** The categories that the user gave a color; null where the most frequent ones have it. */
export function chosenColors({ color, colored }: ProjectionSettings): ColoredCategories | null {
  return Object.hasOwn(colored, color) ? colored[color]! : null;
}

export function samplingOf({ maxPoints, samplingSeed }: ProjectionSettings): Sampling {
  return { maxPoints, seed: samplingSeed };
}

/** The same settings without what is too large to be kept. */
export function keepable(settings: ProjectionSettings): ProjectionSettings {
  const { selection, isolated } = settings;
  return {
    ...settings,
    selection: selection.length > MAX_KEPT_ROWS ? [] : selection,
    isolated: isolated !== null && isolated.length > MAX_KEPT_ROWS ? null : isolated,
  };
}

/** What an earlier page kept or a bookmark holds, which may be of another version: what is not understood is set anew. */
export function readSettings(kept: unknown): ProjectionSettings {
  const found: { [Name in keyof ProjectionSettings]?: unknown } =
    typeof kept === 'object' && kept !== null ? kept : {};
  const settings: { [Name in keyof ProjectionSettings]: unknown } = { ...DEFAULT_SETTINGS };
  for (const name of Object.keys(CHECKS) as (keyof ProjectionSettings)[]) {
    if (found[name] !== undefined && CHECKS[name](found[name])) settings[name] = found[name];
  }
  const read = settings as ProjectionSettings;
  const colored = Object.entries(read.colored).map(
    ([color, categories]) => [colorId(color), categories] as const,
  );
  return { ...read, color: colorId(read.color), colored: Object.fromEntries(colored) };
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isWhole =
  (from: number, to: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
const isRow = isWhole(0, 2 ** 32 - 1);
const isOneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const isNumber: Check = (value) => Number.isFinite(value);
const isObject =
  (checks: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const CHECKS: { [Name in keyof ProjectionSettings]: Check } = {
  checkpoint: orNull(isText),
  table: orNull(isText),
  position: isWhole(0, 1e6),
  method: isOneOf('pca', 'umap'),
  dimensions: isOneOf(2, 3),
  components: (value) => isListOf(isWhole(0, 1e5))(value) && (value as unknown[]).length === 3,
  umap: isObject({
    numNeighbors: isWhole(2, 200),
    minDistance: isNumber,
    metric: isOneOf('cosine', 'euclidean'),
    epochs: orNull(isWhole(1, 1e5)),
    seed: isWhole(0, 2 ** 32 - 1),
  }),
  color: isText,
  clusters: isWhole(2, 50),
  colored: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (colored: unknown) =>
        isListOf(orNull(isText))(colored) && (colored as unknown[]).length === NUM_CATEGORY_COLORS,
    ),
  raised: orNull(isWhole(-1, 1000)),
  labels: isFlag,
  contours: isFlag,
  tool: isOneOf('move', 'lasso', 'rectangle'),
  metric: isOneOf('cosine', 'dot', 'euclidean'),
  numNeighbors: isWhole(1, 100),
  maxPoints: isWhole(1, 1e7),
  samplingSeed: isWhole(0, 2 ** 32 - 1),
  query: isText,
  focus: orNull(isRow),
  selection: isListOf(isRow),
  isolated: orNull(isListOf(isRow)),
  user: orNull(isRow),
  second: orNull(isObject({ run: isText, checkpoint: isText })),
  tab: orNull(isOneOf('point', 'selection', 'user', 'comparison', 'statistics')),
  asTable: isFlag,
  camera: orNull(
    isObject({
      target: (value) => isListOf(isNumber)(value) && (value as unknown[]).length === 3,
      zoom: isNumber,
      orbit: isNumber,
      tilt: isNumber,
    }),
  ),
};
