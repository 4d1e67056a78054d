import type { RandomStream } from '../../compute/random';
import type { CategoryColumn, FeatureColumn, MultiColumn } from '../../protocol/features';
import type { ModelData } from '../model';
import { ModelError } from '../modelError';
import { columnCodes, hiddenCells, mutualInformation, relatedColumns, type ViewPattern } from './columnViews';
import type { TwoTowerConfig } from './options';

/** What self-supervised learning needs. */
export interface SelfSupervision {
  pattern: ViewPattern;
  /** Places, among the parts of an item's vector, of the columns that may be hidden: the id and everything but numbers. */
  columns: readonly number[];
  numParts: number;
  related: readonly (readonly number[])[];
}

/**
 * What two views show of some items' vectors, drawn at random: 1 for each part that a view shows and 0 for one that it hides,
 * `[rows, numParts]`.
 * @param perRow whether each row hides columns of its own, or all the same
 */
export function drawViews(
  { pattern, columns, numParts, related }: SelfSupervision,
  rows: number,
  perRow: boolean,
  random: RandomStream,
): { left: Float32Array; right: Float32Array } {
  const hidden = hiddenCells(pattern, related, rows, perRow, random);
  const shown = (cells: Uint8Array): Float32Array => {
    const parts = new Float32Array(rows * numParts).fill(1);
    cells.forEach((isHidden, cell) => {
      const row = Math.floor(cell / columns.length);
      if (isHidden) parts[row * numParts + columns[cell % columns.length]!] = 0;
    });
    return parts;
  };
  return { left: shown(hidden.left), right: shown(hidden.right) };
}

/** Null where the config wants none. @throws ModelError without columns that could be hidden beside the id */
export function createSelfSupervision(
  { selfSupervised: pattern }: TwoTowerConfig,
  columns: readonly FeatureColumn[],
  { itemCounts }: ModelData,
): SelfSupervision | null {
  if (pattern === null) return null;
  const hideable = (column: FeatureColumn): column is CategoryColumn | MultiColumn =>
    column.kind !== 'number';
  const chosen = columns.filter(hideable);
  if (chosen.length === 0) {
    throw new ModelError(
      'model/no-item-features',
      '`model.selfSupervised` hides features of items, and the model reads none that holds categories. ' +
        'Name such columns in `dataset.items.features`, or set `model.selfSupervised` to null.',
    );
  }
  const items = Int32Array.from(itemCounts.keys());
  const codes = [items, ...chosen.map(columnCodes)];
  // Only one pattern asks which columns belong together.
  const information =
    pattern === 'cfm' ? mutualInformation(codes, itemCounts) : codes.map(() => codes.map(() => 0));
  return {
    pattern,
    columns: [0, ...columns.flatMap((column, index) => (hideable(column) ? [index + 1] : []))],
    numParts: 1 + columns.length,
    related: relatedColumns(information),
  };
}
