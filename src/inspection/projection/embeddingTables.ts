import * as tf from '@tensorflow/tfjs-core';
import type { Table } from '../../analysis/table';
import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { EmbeddingView, Model } from '../../model/model';
import { letEventsIn } from '../../protocol/letEventsIn';
import type { EmbeddingSource, EmbeddingTable } from '../../protocol/projection';
import {
  itemVectors,
  productWidth,
  userStates,
  userVectors,
  type VectorBlock,
} from '../../inference/productVectors';
import { InspectionError } from '../inspectionError';

/** What scores are products of, and what a model makes of a history. */
const PRODUCT_ITEMS = 'vectors/items';
const PRODUCT_USERS = 'vectors/users';
const STATES = 'states';

/** All tables of vectors that a model has: those that it names, then what its scores are products of. */
export function embeddingTables(model: Model, dataset: PreparedDataset): EmbeddingTable[] {
  const tables = model.embeddings.map(describe);
  const product = productWidth(model, dataset);
  if (product === null) return tables;
  const width = product.state + (product.hasBias ? 1 : 0);
  const { numItems, numUsers } = dataset;
  const common = { feature: null, maxPosition: null };
  tables.push(
    {
      ...common,
      name: PRODUCT_ITEMS,
      label: 'Item scoring vectors',
      rows: 'items',
      numRows: numItems,
      width,
    },
    {
      ...common,
      name: PRODUCT_USERS,
      label: 'User scoring vectors',
      rows: 'users',
      numRows: numUsers,
      width,
    },
  );
  const maxPosition = longestHistory(model, dataset) - 1;
  if (maxPosition >= 0) {
    const label = 'User states';
    tables.push({
      ...{ name: STATES, label, rows: 'users', feature: null },
      ...{ numRows: numUsers, width: product.state, maxPosition },
    });
  }
  return tables;
}

/** The description of a table. @throws InspectionError when there is none of this name, or not at this position */
export function findTable(
  tables: readonly EmbeddingTable[],
  { table, position }: EmbeddingSource,
): EmbeddingTable {
  const found = tables.find(({ name }) => name === table);
  if (found === undefined) {
    throw new InspectionError(
      'inspection/no-table',
      `The model has no table of vectors named \`${table}\`. It has ${tables.map(({ name }) => `\`${name}\``).join(', ')}.`,
    );
  }
  const { maxPosition } = found;
  if (maxPosition === null || position === undefined) return found;
  if (!Number.isInteger(position) || position < 0 || position > maxPosition) {
    throw new InspectionError(
      'inspection/bad-position',
      `There are no states at position ${position}: positions of \`${table}\` go from 0, the newest item, to ${maxPosition}.`,
    );
  }
  return found;
}

/** The vectors of a table. */
export async function readTable(
  model: Model,
  dataset: PreparedDataset,
  { name, numRows, width }: EmbeddingTable,
  position: number,
): Promise<Table> {
  const view = model.embeddings.find((one) => one.name === name);
  if (view !== undefined) return readView(view);
  const values = new Float32Array(numRows * width);
  let place = 0;
  for await (const block of blocksOf(name, model, dataset, position)) {
    values.set(block.values, place);
    place += block.values.length;
    await letEventsIn();
  }
  return { values, numRows, width };
}

/** The vectors of a table that the model itself names, or null where it names no such table. */
export async function readNamedTable(model: Model, name: string): Promise<Table | null> {
  const view = model.embeddings.find((one) => one.name === name);
  return view === undefined ? null : readView(view);
}

function blocksOf(
  name: string,
  model: Model,
  dataset: PreparedDataset,
  position: number,
): AsyncGenerator<VectorBlock> {
  switch (name) {
    case PRODUCT_ITEMS:
      return itemVectors(model, dataset);
    case PRODUCT_USERS:
      return userVectors(model, dataset);
    default:
      return userStates(model, dataset, position);
  }
}

async function readView(view: EmbeddingView): Promise<Table> {
  const vectors = tf.tidy(() => view.vectors());
  try {
    const [numRows, width] = vectors.shape;
    // A copy, because an engine may hand out its own memory.
    return { values: Float32Array.from(await vectors.data()), numRows, width };
  } finally {
    vectors.dispose();
  }
}

function describe(view: EmbeddingView): EmbeddingTable {
  const { name, label, rows } = view;
  const [numRows, width] = tf.tidy(() => view.vectors().shape);
  const common = { name, label, numRows, width, maxPosition: null };
  return typeof rows === 'string'
    ? { ...common, rows, feature: null }
    : { ...common, rows: 'values', feature: rows.feature };
}

/** Items of the longest history, as far as the model reads it; 0 when it reads none. */
function longestHistory({ batches }: Model, { offsets, numUsers }: PreparedDataset): number {
  let longest = 0;
  for (let user = 0; user < numUsers; user++)
    longest = Math.max(longest, offsets[user + 1]! - offsets[user]!);
  return Math.min(batches.maxLength, longest);
}
