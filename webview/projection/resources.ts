import type { InspectedRun } from '../../src/protocol/inspection';
import type { ProjectionPanelHost } from '../../src/protocol/inspectionPanel';
import type {
  EmbeddingSource,
  EmbeddingTable,
  NumberPointColumn,
  NeighborQuery,
  PcaLayout,
  PointNeighbor,
  PointSet,
  ProjectionBookmark,
  SelectionSummary,
  TableComparison,
  TableStatistics,
  UmapLayoutResult,
  UserPath,
} from '../../src/protocol/projection';
import { current, type Resources, type Wanted } from '../ui/resources';
import { OWN_COLORS, RECOMMENDED_LENGTH, samplingOf, shownMethod, type ProjectionSettings } from './settings';

/** What the page asks the extension for; each answer is kept until something else is wanted in its place. */
export interface ResourceValues {
  run: InspectedRun;
  secondRun: InspectedRun;
  tables: EmbeddingTable[];
  points: PointSet;
  pca: PcaLayout;
  umap: UmapLayoutResult;
  clusters: Int32Array;
  recommended: NumberPointColumn;
  neighbors: PointNeighbor[];
  selection: SelectionSummary;
  meanNeighbors: PointNeighbor[];
  statistics: TableStatistics;
  path: UserPath;
  comparison: TableComparison;
  bookmarks: ProjectionBookmark[];
}
export type ResourceName = keyof ResourceValues;

export const NO_RESOURCES: Resources<ResourceValues> = {
  run: null,
  secondRun: null,
  tables: null,
  points: null,
  pca: null,
  umap: null,
  clusters: null,
  recommended: null,
  neighbors: null,
  selection: null,
  meanNeighbors: null,
  statistics: null,
  path: null,
  comparison: null,
  bookmarks: null,
};

/** What of the state decides what is wanted. */
export interface WantingState {
  runDirectory: string | null;
  settings: ProjectionSettings;
  resources: Resources<ResourceValues>;
  /** Counts the changes of the selection, which may be too large to name it by its rows. */
  selectionRevision: number;
}

/** The checkpoint that is shown: the chosen one, else the best, else the newest. Null while it is not known. */
export function shownCheckpoint({ settings, resources }: WantingState): string | null {
  const checkpoints = resources.run?.value?.checkpoints;
  if (!checkpoints) return settings.checkpoint;
  const has = (name: string | null): boolean => checkpoints.some((checkpoint) => checkpoint.name === name);
  if (has(settings.checkpoint)) return settings.checkpoint;
  return has('best') ? 'best' : (checkpoints.at(-1)?.name ?? null);
}

/** The table that is shown: the chosen one, else the first of items, else the first. Null while it is not known. */
export function shownTable({ settings, resources }: WantingState): string | null {
  const tables = resources.tables?.value;
  if (!tables) return settings.table;
  if (tables.some(({ name }) => name === settings.table)) return settings.table;
  return (tables.find(({ rows }) => rows === 'items') ?? tables[0])?.name ?? null;
}

/** What is shown, as the inspector names it; null while it is not known. */
export function shownSource(state: WantingState): EmbeddingSource | null {
  const run = state.runDirectory;
  const checkpoint = shownCheckpoint(state);
  const table = shownTable(state);
  if (run === null || checkpoint === null || table === null) return null;
  return { run, checkpoint, table, ...(table === 'states' && { position: state.settings.position }) };
}

/** The run has not come as far as its first checkpoint, or had not when it was asked. */
export function withoutCheckpoint({ resources }: Pick<WantingState, 'resources'>): boolean {
  return resources.run !== null && current(resources.run)?.checkpoints.length === 0;
}

/** Everything that the page needs in a state, what is most urgent first. */
export function wantedResources(state: WantingState): Wanted<ProjectionPanelHost, ResourceValues>[] {
  const { runDirectory: run, settings, resources, selectionRevision } = state;
  if (run === null) return [];
  const wanted: Wanted<ProjectionPanelHost, ResourceValues>[] = [];
  const want = <Name extends ResourceName>(
    name: Name,
    key: readonly unknown[],
    ask: (host: ProjectionPanelHost, task: string) => Promise<ResourceValues[Name]>,
  ): void => void wanted.push({ name, key: JSON.stringify(key), ask });
  want('run', [run], (host) => host.describeRun(run));
  want('bookmarks', [run], (host) => host.bookmarks(run));
  const checkpoint = shownCheckpoint(state);
  if (checkpoint !== null) {
    want('tables', [run, checkpoint], (host) => host.embeddingTables({ run, checkpoint }));
    const { user } = settings;
    if (user !== null) {
      want('path', [run, checkpoint, user], (host) => host.userPath({ run, checkpoint }, user, PATH_LENGTH));
    }
  }
  const { second } = settings;
  if (second !== null) {
    want('secondRun', [second.run], (host) => host.describeRun(second.run));
  }
  const source = shownSource(state);
  if (source === null) return wanted;
  const sampling = samplingOf(settings);
  const components = settings.components.slice(0, settings.dimensions);
  want('points', [source, sampling], (host) => host.points(source, sampling));
  want('pca', [source, sampling, components], (host) => host.pca(source, sampling, { components }));
  if (shownMethod(settings) === 'umap') {
    const request = { ...settings.umap, dimensions: settings.dimensions };
    want('umap', [source, sampling, request], (host, task) => host.umap(source, sampling, request, task));
  }
  if (settings.color === OWN_COLORS.cluster) {
    const { clusters, samplingSeed } = settings;
    want('clusters', [source, sampling, clusters], (host) =>
      host.clusters(source, sampling, clusters, samplingSeed),
    );
  }
  if (settings.color === OWN_COLORS.recommended) {
    want('recommended', [source, sampling], (host, task) =>
      host.recommendationCounts(source, sampling, RECOMMENDED_LENGTH, task),
    );
  }
  const { metric, numNeighbors } = settings;
  const neighborsOf = (query: NeighborQuery) => (host: ProjectionPanelHost) =>
    host.neighbors(source, query, metric, numNeighbors);
  const row = settings.focus;
  if (row !== null) want('neighbors', [source, row, metric, numNeighbors], neighborsOf({ row }));
  if (settings.selection.length > 1) {
    const rows = Uint32Array.from(settings.selection);
    want('selection', [source, selectionRevision], (host) => host.selection(source, rows));
    const mean = current(resources.selection)?.mean;
    if (mean) {
      const key = [source, selectionRevision, metric, numNeighbors];
      want('meanNeighbors', key, neighborsOf({ vector: mean }));
    }
  }
  if (settings.tab === 'statistics') want('statistics', [source], (host) => host.statistics(source));
  if (second !== null) {
    const other = { ...source, ...second };
    want('comparison', [source, other, sampling, components], (host) =>
      host.compare(source, other, sampling, { components }),
    );
  }
  return wanted;
}

/** Items that are recommended to a user whose path is shown. */
const PATH_LENGTH = 10;
