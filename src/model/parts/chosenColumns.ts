import type { FeatureColumn } from '../../protocol/features';
import { ModelError } from '../modelError';

/**
 * The columns that a config names, in its order, or all of them.
 * @param option of the config, such as `model.itemFeatures`
 * @throws ModelError when there is no such column
 */
export function chosenColumns(
  columns: readonly FeatureColumn[],
  names: readonly string[] | null,
  option: string,
): readonly FeatureColumn[] {
  if (names === null) return columns;
  return names.map((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return column;
    const known = columns.map((candidate) => `\`${candidate.name}\``).join(', ');
    throw new ModelError(
      'model/unknown-feature',
      `\`${option}\` names the feature \`${name}\`, and the dataset has ${known === '' ? 'none' : known}. ` +
        'Declare it with its table under `dataset`, or leave it out.',
    );
  });
}
