import { rowOf, type Table } from '../../analysis/table';
import { originalNumber } from '../../dataset/originalNumber';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { FeatureColumn } from '../../protocol/features';
import {
  dataColumnId,
  OWN_COLUMNS,
  type CategoryPointColumn,
  type EmbeddingTable,
  type NumberPointColumn,
  type PointColumn,
} from '../../protocol/projection';
import { modelDataOf } from '../../inference/modelData';
import { popularityDeciles } from '../popularityDeciles';

/** What is known of some rows of a table, beside their names. */
export function pointColumns(
  dataset: PreparedDataset,
  description: EmbeddingTable,
  table: Table,
  rows: Uint32Array,
): PointColumn[] {
  const columns = [...ownColumns(dataset, description, rows), normColumn(table, rows)];
  const labels = new Set(columns.map(({ label }) => label));
  const { itemFeatures, userFeatures } = dataset;
  const [features, first] =
    description.rows === 'items'
      ? [itemFeatures, 1]
      : description.rows === 'users'
        ? [userFeatures, 0]
        : [[], 0];
  for (const feature of features) {
    const column = featureColumn(feature, rows, first);
    // A column of the data that is named as one of ours.
    if (labels.has(column.label)) column.label = `${column.label} (${description.rows})`;
    columns.push(column);
  }
  return columns;
}

/** By row: how often its item occurs in training, or how long its user's history is; null for other tables. */
export function popularityOf(dataset: PreparedDataset, { rows }: EmbeddingTable): Uint32Array | null {
  if (rows === 'items') return modelDataOf(dataset).itemCounts.subarray(1);
  if (rows !== 'users') return null;
  const { numUsers, offsets } = dataset;
  return Uint32Array.from({ length: numUsers }, (_, user) => offsets[user + 1]! - offsets[user]!);
}

function ownColumns(dataset: PreparedDataset, description: EmbeddingTable, rows: Uint32Array): PointColumn[] {
  const popularity = popularityOf(dataset, description);
  if (popularity === null) return [];
  const counts = Float32Array.from(rows, (row) => popularity[row]!);
  if (description.rows === 'users')
    return [{ kind: 'number', id: OWN_COLUMNS.historyLength, label: 'history length', values: counts }];
  return [
    popularityDecile(popularity, rows),
    { kind: 'number', id: OWN_COLUMNS.trainingInteractions, label: 'training interactions', values: counts },
    coverage(dataset, popularity, rows),
  ];
}

function popularityDecile(popularity: Uint32Array, rows: Uint32Array): CategoryPointColumn {
  const deciles = popularityDeciles(popularity);
  return {
    kind: 'category',
    id: OWN_COLUMNS.popularityDecile,
    label: 'popularity decile',
    values: Int32Array.from(rows, (row) => deciles[row]!),
    labels: ['', '1 (most popular)', '2', '3', '4', '5', '6', '7', '8', '9', '10 (least popular)'],
    ordered: true,
  };
}

const COVERAGE = ['', 'in both', 'in training only', 'in test only', 'in neither'];

/** Whether items are among the training interactions, and among the held-out items of the test. */
function coverage(dataset: PreparedDataset, popularity: Uint32Array, rows: Uint32Array): CategoryPointColumn {
  const { numItems, offsets, validationEnd, items, numUsers } = dataset;
  const inTest = new Uint8Array(numItems);
  for (let user = 0; user < numUsers; user++)
    for (let place = validationEnd[user]!; place < offsets[user + 1]!; place++) inTest[items[place]! - 1] = 1;
  const values = Int32Array.from(rows, (row) => {
    if (popularity[row]! > 0) return inTest[row] === 1 ? 1 : 2;
    return inTest[row] === 1 ? 3 : 4;
  });
  return {
    kind: 'category',
    id: OWN_COLUMNS.inTrainingAndTest,
    label: 'in training and test',
    values,
    labels: COVERAGE,
    ordered: false,
  };
}

function normColumn(table: Table, rows: Uint32Array): NumberPointColumn {
  const values = Float32Array.from(rows, (row) => {
    let squares = 0;
    for (const value of rowOf(table, row)) squares += value * value;
    return Math.sqrt(squares);
  });
  return { kind: 'number', id: OWN_COLUMNS.norm, label: 'norm', values };
}

/** @param first index of the item or user of row 0 */
function featureColumn(feature: FeatureColumn, rows: Uint32Array, first: number): PointColumn {
  const name = { id: dataColumnId(feature.name), label: feature.name };
  switch (feature.kind) {
    case 'category': {
      const values = Int32Array.from(rows, (row) => feature.values[first + row]!);
      return { kind: 'category', ...name, values, labels: feature.labels, ordered: false };
    }
    case 'multi': {
      const values = Int32Array.from(rows, (row) => {
        const [from, to] = [feature.offsets[first + row]!, feature.offsets[first + row + 1]!];
        return from < to ? feature.values[from]! : 0;
      });
      return { kind: 'category', ...name, values, labels: feature.labels, ordered: false };
    }
    case 'number': {
      const values = Float32Array.from(rows, (row) => originalNumber(feature, first + row));
      return { kind: 'number', ...name, values };
    }
  }
}
