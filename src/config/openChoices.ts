import type { ConfigPath } from './sourceTree';

/** A table that a config reads: the interactions, or what is known of items or users. */
export type TableName = 'interactions' | 'items' | 'users';

/** What fits into a field depends on the files that are there, or on the rest of the config, so no schema can list it. */
export type OpenChoice =
  | { kind: 'file'; table: TableName }
  /** `role` is what the column is for, such as `user`; that of a feature is its own. */
  | { kind: 'column'; table: TableName; role: string }
  | { kind: 'feature'; table: 'items' | 'users' }
  | { kind: 'metric' };

/** What the field at `path` of a config chooses from; null for a field that a schema says all about. */
export function openChoiceAt(path: ConfigPath): OpenChoice | null {
  const field = path.map((part) => (typeof part === 'number' ? '*' : part)).join('.');
  const role = String(path.at(-1));
  switch (field) {
    case 'dataset.path':
    case 'dataset.path.*':
    case 'evaluation.candidates.path':
    case 'evaluation.candidates.path.*':
      return { kind: 'file', table: 'interactions' };
    case 'dataset.items.path':
      return { kind: 'file', table: 'items' };
    case 'dataset.users.path':
      return { kind: 'file', table: 'users' };
    case 'dataset.columns.user':
    case 'dataset.columns.item':
    case 'dataset.columns.items':
    case 'dataset.columns.timestamp':
    case 'dataset.columns.rating':
    case 'dataset.columns.label':
    case 'dataset.columns.impression':
    case 'dataset.columns.impressions':
      return { kind: 'column', table: 'interactions', role };
    case 'dataset.split.name':
      return { kind: 'column', table: 'interactions', role: 'split' };
    case 'dataset.items.id':
      return { kind: 'column', table: 'items', role: 'item' };
    case 'dataset.items.title':
      return { kind: 'column', table: 'items', role };
    case 'dataset.users.id':
      return { kind: 'column', table: 'users', role: 'user' };
    case 'model.itemFeatures.*':
      return { kind: 'feature', table: 'items' };
    case 'model.userFeatures.*':
      return { kind: 'feature', table: 'users' };
    case 'training.earlyStopping.metric':
      return { kind: 'metric' };
    default:
      return /^dataset\.(items|users)\.features\.[^.]+$/.test(field)
        ? { kind: 'column', table: path[1] as 'items' | 'users', role }
        : null;
  }
}

/** The same, where the config's split is known: some of its fields are names of files for one `type` alone. */
export function openChoiceIn(path: ConfigPath, splitType: unknown): OpenChoice | null {
  const isPart = /^dataset\.split\.(validation|test)(\.\d+)?$/.test(path.join('.'));
  return isPart && splitType === 'files' ? { kind: 'file', table: 'interactions' } : openChoiceAt(path);
}
