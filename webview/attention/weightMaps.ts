import type { RecordedView, RecordedWeights } from '../../src/protocol/attention';
import type { HeatMapData } from '../plot/heatMapModel';

/** What the rows or columns of a map stand for; `value` is a single column. */
export type MapAxis = 'position' | 'candidate' | 'slot' | 'value';

type RecordedAxis = RecordedView['axes'][number] | 'candidate';

/** The weights of one head, or of a view without heads, as rows and columns. Positions are rows wherever there are any. */
export interface WeightMap extends HeatMapData {
  view: string;
  /** Null where the view has none, and for a mean of heads. */
  head: number | null;
  rowAxis: MapAxis;
  columnAxis: MapAxis;
  /** What adds up to 1. */
  sums: 'rows' | 'columns' | null;
}

/**
 * The maps of a view, one for each head. Where the weights depend on the candidate and have two axes beside it, those of one
 * candidate are taken.
 *
 * @throws Error when the shape does not fit the axes that the view declares
 */
export function mapsOf(view: RecordedView, weights: RecordedWeights, candidate = 0): WeightMap[] {
  const axes: readonly RecordedAxis[] = view.of === 'candidate' ? ['candidate', ...view.axes] : view.axes;
  const { shape, values } = weights;
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length !== axes.length || values.length !== size) {
    throw new Error(
      `The weights of “${view.label}” have the shape [${shape.join(', ')}] and ${values.length} values, but its axes are ${axes.join(', ')}. The run was recorded by another version; reopen it.`,
    );
  }
  const steps = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const headAxis = axes.indexOf('head');
  const candidateAxis = axes.indexOf('candidate');
  let free = axes.map((_, axis) => axis).filter((axis) => axis !== headAxis);
  let start = 0;
  if (free.length > 2 && candidateAxis >= 0) {
    start = Math.min(candidate, shape[candidateAxis]! - 1) * steps[candidateAxis]!;
    free = free.filter((axis) => axis !== candidateAxis);
  }
  // Positions go down, as the list of the history does.
  const turned = axes[free[0]!] !== 'position' && axes[free[1]!] === 'position';
  const [rowAxis, columnAxis] = turned ? [free[1]!, free[0]!] : [free[0]!, free[1]];
  const rows = shape[rowAxis]!;
  const columns = columnAxis === undefined ? 1 : shape[columnAxis]!;
  const numHeads = headAxis < 0 ? 1 : shape[headAxis]!;
  return Array.from({ length: numHeads }, (_, head) => {
    const map = new Float32Array(rows * columns);
    const first = start + (headAxis < 0 ? 0 : head * steps[headAxis]!);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const offset = row * steps[rowAxis]! + (columnAxis === undefined ? 0 : column * steps[columnAxis]!);
        map[row * columns + column] = values[first + offset]!;
      }
    }
    return {
      view: view.name,
      head: headAxis < 0 ? null : head,
      rowAxis: axisName(axes[rowAxis]!),
      columnAxis: columnAxis === undefined ? 'value' : axisName(axes[columnAxis]!),
      rows,
      columns,
      values: map,
      causal: view.causal,
      sums: !view.normalized ? null : turned || columnAxis === undefined ? 'columns' : 'rows',
    };
  });
}

/** The mean of some heads of one view. */
export function meanMap(maps: readonly WeightMap[]): WeightMap {
  const [first] = maps;
  if (!first) throw new Error('There are no heads to average.');
  if (maps.length === 1) return first;
  const values = first.values.map(
    (_, index) => maps.reduce((sum, map) => sum + map.values[index]!, 0) / maps.length,
  );
  return { ...first, head: null, values };
}

/**
 * The map with a row, and where columns are positions a column, for each of `count` lines from `first`: `lines[p]` is the line
 * of position p. NaN where a line has no position, because it was dropped or is not read.
 */
export function onLines(map: WeightMap, lines: readonly number[], first: number, count: number): WeightMap {
  const place = (axis: MapAxis, index: number): number =>
    axis === 'position' ? lines[index]! - first : index;
  const rows = map.rowAxis === 'position' ? count : map.rows;
  const columns = map.columnAxis === 'position' ? count : map.columns;
  const values = new Float32Array(rows * columns).fill(NaN);
  for (let row = 0; row < map.rows; row++) {
    for (let column = 0; column < map.columns; column++) {
      const target = place(map.rowAxis, row) * columns + place(map.columnAxis, column);
      values[target] = map.values[row * map.columns + column]!;
    }
  }
  return { ...map, rows, columns, values };
}

/** How much the weights have changed; NaN where they were not there before or are not now. */
export function changeOf(after: WeightMap, before: WeightMap): WeightMap {
  const fits = after.rows === before.rows && after.columns === before.columns;
  const values = after.values.map((value, index) => (fits ? value - before.values[index]! : NaN));
  return { ...after, values, sums: null };
}

function axisName(axis: RecordedAxis): MapAxis {
  return axis === 'head' ? 'value' : axis;
}
