import type { PreparedDataset } from '../../dataset/preparedDataset';
import type { EmbeddingTable } from '../../protocol/projection';
import { itemLabel } from '../runInspector';

/** What a row is called. */
export interface RowName {
  /** As in the data, where it is something of the data. */
  id: string;
  label: string;
}

/** Names the rows of a table. */
export function rowNames(dataset: PreparedDataset, table: EmbeddingTable): (row: number) => RowName {
  switch (table.rows) {
    case 'items':
      return (row) => {
        const { id, title } = itemLabel(dataset, row + 1);
        return { id, label: title };
      };
    case 'users':
      return (row) => ({ id: dataset.userIds[row]!, label: dataset.userIds[row]! });
    case 'positions':
      return (row) => {
        const itemsAgo = table.numRows - 1 - row;
        return {
          id: String(row + 1),
          label: itemsAgo === 0 ? 'newest item' : `${itemsAgo} before the newest`,
        };
      };
    case 'values': {
      // A feature of items and one of users may be of one name.
      const labels = [...dataset.itemFeatures, ...dataset.userFeatures]
        .filter(({ name }) => name === table.feature)
        .map((column) => (column.kind === 'number' ? [] : column.labels))
        .find(({ length }) => length === table.numRows);
      return (row) => {
        const label = labels?.[row] ?? String(row);
        return label === '' ? { id: '', label: '(unknown)' } : { id: label, label };
      };
    }
  }
}
