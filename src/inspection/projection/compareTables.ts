import { neighborGraph } from '../../analysis/neighborGraph';
import { projectRows } from '../../analysis/pca';
import { procrustes } from '../../analysis/procrustes';
import { rowOf, selectRows, type Table } from '../../analysis/table';
import { letEventsIn } from '../../protocol/letEventsIn';
import { rowIndex, type TableComparison } from '../../protocol/projection';
import { InspectionError } from '../inspectionError';
import { rowNames } from './rowNames';
import type { VectorTable } from './vectorStore';

/** Neighbors that two tables may agree on. */
const NEIGHBORS = 10;
const MOST_MOVED = 100;

/**
 * Two tables over the same things, joined by their ids: the second is turned, moved and scaled onto the first by all rows
 * that both have, so that what is left is what they disagree about.
 * @param points rows of the first table
 * @param chosen components of the first table to project on
 * @throws InspectionError when they have nothing in common
 */
export async function compareTables(
  first: VectorTable,
  second: VectorTable,
  points: Uint32Array,
  chosen: readonly number[],
): Promise<TableComparison> {
  const shared = sharedRows(first, second);
  const width = Math.max(first.table.width, second.table.width);
  const target = widened(first.table, width);
  const { aligned, residuals } = procrustes(widened(second.table, width), target, {
    shared: { source: shared.second, target: shared.first },
    scaling: true,
  });

  const partnerOf = new Int32Array(first.table.numRows).fill(-1);
  const residualOf = new Float32Array(first.table.numRows).fill(NaN);
  shared.first.forEach((row, place) => {
    partnerOf[row] = shared.second[place]!;
    residualOf[row] = residuals[place]!;
  });
  const rows = Int32Array.from(points, (row) => partnerOf[row]!);
  const moved = Float32Array.from(points, (row) => residualOf[row]!);
  return {
    rows,
    moved,
    overlap: await neighborOverlap(first.table, second.table, points, rows),
    coordinates: projectPartners(first, aligned, rows, chosen),
    residual: shareLeft(residuals, target, shared.first),
    mostMoved: mostMoved(first, points, moved),
  };
}

/** Rows of both tables that are of the same id. */
function sharedRows(first: VectorTable, second: VectorTable): { first: Int32Array; second: Int32Array } {
  const [one, other] = [first.description, second.description];
  const secondIds = new Map<string, number>();
  const nameSecond = rowNames(second.run.dataset, other);
  for (let row = 0; row < other.numRows; row++) secondIds.set(nameSecond(row).id, row);
  const rows: { first: number[]; second: number[] } = { first: [], second: [] };
  const nameFirst = rowNames(first.run.dataset, one);
  if (one.rows === other.rows) {
    for (let row = 0; row < one.numRows; row++) {
      const partner = secondIds.get(nameFirst(row).id);
      if (partner === undefined) continue;
      rows.first.push(row);
      rows.second.push(partner);
    }
  }
  if (rows.first.length === 0) {
    throw new InspectionError(
      'inspection/nothing-shared',
      `The tables \`${one.name}\` (${one.numRows} ${one.rows}) and \`${other.name}\` (${other.numRows} ${other.rows}) have no id in common, so they cannot be compared. Choose two tables of the same kind.`,
    );
  }
  return { first: Int32Array.from(rows.first), second: Int32Array.from(rows.second) };
}

/** The same rows with zeros behind them. */
function widened(table: Table, width: number): Table {
  if (table.width === width) return table;
  const values = new Float32Array(table.numRows * width);
  for (let row = 0; row < table.numRows; row++) values.set(rowOf(table, row), row * width);
  return { values, numRows: table.numRows, width };
}

/** What is left of the squared distances, as a share of how far the first table's shared rows are from their mean. */
function shareLeft(residuals: Float64Array, target: Table, rows: Int32Array): number {
  const { values, width } = target;
  const mean = new Float64Array(width);
  for (const row of rows)
    for (let axis = 0; axis < width; axis++) mean[axis]! += values[row * width + axis]! / rows.length;
  let total = 0;
  for (const row of rows)
    for (let axis = 0; axis < width; axis++) total += (values[row * width + axis]! - mean[axis]!) ** 2;
  const left = residuals.reduce((sum, distance) => sum + distance ** 2, 0);
  return total > 0 ? left / total : 0;
}

/** Where the partners are on the first table's components; NaN where there is none. */
function projectPartners(
  first: VectorTable,
  aligned: Table,
  partners: Int32Array,
  chosen: readonly number[],
): Float32Array {
  const coordinates = new Float32Array(partners.length * chosen.length).fill(NaN);
  const places = Uint32Array.from(partners.keys()).filter((place) => partners[place]! >= 0);
  const { width } = first.table;
  const rows = new Float32Array(places.length * width);
  // Components of the first table know its own columns only.
  places.forEach((place, row) => rows.set(rowOf(aligned, partners[place]!).subarray(0, width), row * width));
  const projected = projectRows({ values: rows, numRows: places.length, width }, first.components(), chosen);
  places.forEach((place, row) => coordinates.set(rowOf(projected, row), place * chosen.length));
  return coordinates;
}

/** The share of nearest neighbors by cosine, among the points with a partner, that both tables agree on. */
async function neighborOverlap(
  first: Table,
  second: Table,
  points: Uint32Array,
  partners: Int32Array,
): Promise<Float32Array> {
  const overlap = new Float32Array(points.length).fill(NaN);
  const places = Uint32Array.from(points.keys()).filter((place) => partners[place]! >= 0);
  const options = {
    metric: 'cosine',
    seed: 0,
    onProgress: async () => {
      await letEventsIn();
      return true;
    },
  } as const;
  const one = await neighborGraph(
    selectRows(
      first,
      places.map((place) => points[place]!),
    ),
    NEIGHBORS,
    options,
  );
  const other = await neighborGraph(
    selectRows(
      second,
      places.map((place) => partners[place]!),
    ),
    NEIGHBORS,
    options,
  );
  if (one === null || other === null || one.k === 0) return overlap;
  const { k } = one;
  places.forEach((place, row) => {
    const theirs = new Set(other.rows.subarray(row * k, (row + 1) * k));
    let common = 0;
    for (const neighbor of one.rows.subarray(row * k, (row + 1) * k)) if (theirs.has(neighbor)) common++;
    overlap[place] = common / k;
  });
  return overlap;
}

function mostMoved(
  first: VectorTable,
  points: Uint32Array,
  moved: Float32Array,
): TableComparison['mostMoved'] {
  const name = rowNames(first.run.dataset, first.description);
  return Array.from(moved.keys())
    .filter((place) => !Number.isNaN(moved[place]!))
    .sort((a, b) => moved[b]! - moved[a]! || a - b)
    .slice(0, MOST_MOVED)
    .map((place) => ({ row: rowIndex(points[place]!), ...name(points[place]!), value: moved[place]! }));
}
