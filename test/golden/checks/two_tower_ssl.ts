import {
  columnCodes,
  hiddenColumns,
  mutualInformation,
  relatedColumns,
  type ColumnDraws,
  type HiddenCells,
  type ViewPattern,
} from '../../../src/model/twoTower/columnViews';
import type { CategoryColumn } from '../../../src/protocol/features';
import type { GoldenCheck } from '../goldenCheck';

interface Fixture {
  /** Values of each item's columns, numbered through all columns. */
  item_sparse_unique: number[][];
  train_item_indices: number[];
  mi_matrix_nats: number[][];
  cases: {
    pattern: 'rfm' | 'rfm-complementary' | 'cfm';
    mutual_info_top: Record<string, number[]>;
    left: number[][];
    right: number[][];
  }[];
}

const PATTERNS: Record<Fixture['cases'][number]['pattern'], ViewPattern> = {
  rfm: 'rfm',
  'rfm-complementary': 'rfmComplementary',
  cfm: 'cfm',
};

/**
 * LibRecommender's views of items. Its random numbers are numpy's, so what they chose is read off the masked rows; that
 * our rule makes the same rows of the same choice is what is checked.
 */
export const check: GoldenCheck = (json, compare) => {
  const { item_sparse_unique: sparse, train_item_indices: seen, mi_matrix_nats, cases } = json as Fixture;
  const numItems = sparse.length;
  // Items are numbered from 1 here; a row of the masked matrices has the item, and the sparse values behind all items.
  const rows = sparse.map((values, item) => [item + 1, ...values.map((value) => value + numItems + 1)]);
  const columns = sparse[0]!.map((_, place): CategoryColumn => {
    const values = sparse.map((row) => row[place]!);
    const labels = [...new Set(values)].sort((a, b) => a - b);
    return {
      kind: 'category',
      name: `column ${place}`,
      values: Int32Array.from([0, ...values.map((value) => 1 + labels.indexOf(value))]),
      labels: ['', ...labels.map(String)],
    };
  });
  const itemCounts = new Uint32Array(numItems + 1);
  for (const item of seen) itemCounts[item + 1]!++;

  const codes = [Int32Array.from(itemCounts.keys()), ...columns.map(columnCodes)];
  const information = mutualInformation(codes, itemCounts);
  compare('mutual information', information.flat(), mi_matrix_nats);
  const related = relatedColumns(information);

  for (const { pattern, mutual_info_top, left, right } of cases) {
    related.forEach((own, column) =>
      compare(
        `${pattern}: columns related to ${column}`,
        [...own].sort((a, b) => a - b),
        [...mutual_info_top[String(column)]!].sort((a, b) => a - b),
      ),
    );
    const drawn = {
      left: left[0]!.map((value) => Number(value === 0)),
      right: right[0]!.map((value) => Number(value === 0)),
    };
    const hidden = hiddenColumns(PATTERNS[pattern], related, drawsThatHide(drawn, related));
    compare(`${pattern}: left`, masked(rows, left, right, hidden.left), left);
    compare(`${pattern}: right`, masked(rows, left, right, hidden.right), right);
  }
};

/** Draws that lead to what the reference hid. */
function drawsThatHide(
  { left, right }: { left: number[]; right: number[] },
  related: readonly (readonly number[])[],
): ColumnDraws {
  const permutations = [left, right].map((hidden) => {
    const columns = Array.from(hidden.keys());
    return [...columns.filter((column) => hidden[column]), ...columns.filter((column) => !hidden[column])];
  });
  let drawn = 0;
  return {
    permutation: () => permutations[drawn++]!,
    // Columns may have the same relatives; then any of them does.
    column: () => related.findIndex((own) => left.every((isHidden, place) => Boolean(isHidden) === own.includes(place))),
  };
}

/** The rows of the items that were drawn, whose hidden cells are 0. */
function masked(rows: number[][], left: number[][], right: number[][], hidden: HiddenCells['left']): number[] {
  return left.flatMap((leftRow, index) => {
    const shown = leftRow.map((value, place) => Math.max(value, right[index]![place]!));
    const own = rows.find((row) => row.every((value, place) => shown[place] === 0 || shown[place] === value));
    if (own === undefined) throw new Error(`No item has the values ${shown.join(', ')}.`);
    return own.map((value, place) => (hidden[place] === 1 ? 0 : value));
  });
}
