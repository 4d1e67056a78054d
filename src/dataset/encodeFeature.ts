import type { FeatureConfig } from '../options/featureSchema';
import type { CategoryColumn, FeatureColumn, MultiColumn, NumberColumn } from '../protocol/features';
import { shorten } from './dataFile';
import { DatasetError } from './datasetError';
import { isNoNumber } from './missingValues';
import type { EntityTable } from './readEntityTable';
import { mayHoldLists, placeOf } from './rowSource';

/** What the report says of a feature. */
export interface FeatureFacts {
  of: 'users' | 'items';
  name: string;
  kind: FeatureColumn['kind'];
  /** Different values that training knows; null for a number. */
  numValues: number | null;
  /** Share of the users or items without a known value. */
  unknownShare: number;
}

/** The entities of a prepared dataset, in the order of their indices. */
export interface Entities {
  /** Index into the rows of the table of each. */
  kept: Uint32Array;
  /** Whether the entity occurs in the training part. */
  inTraining: (index: number) => boolean;
  /** Rows before the first entity that stand for none of them: the padding of items. */
  numPadding: number;
}

/**
 * Makes a side feature of a column of texts. Everything that is learned of it, which is its values and its range, comes
 * from the entities of the training part; what the others have beside is unknown.
 * @throws DatasetError when a number cannot be read
 */
export function encodeFeature(
  table: EntityTable,
  index: number,
  config: FeatureConfig,
  entities: Entities,
): { column: FeatureColumn; facts: FeatureFacts } {
  const { name, texts, column: source } = table.features[index]!;
  const { kept, numPadding } = entities;
  const kind = config.type;
  const facts = (numValues: number | null, numUnknown: number): FeatureFacts => ({
    of: table.of,
    name,
    kind,
    numValues,
    unknownShare: numUnknown / kept.length,
  });
  if (config.type === 'number') {
    const numbers = Float64Array.from(kept, (entity) => readNumber(texts[entity]!, table, entity, source));
    const { shift, scale } = normalizationOf(
      config.normalization,
      numbers.filter((value, place) => !Number.isNaN(value) && entities.inTraining(place)),
    );
    const values = new Float32Array(numPadding + kept.length);
    let missing = 0;
    numbers.forEach((value, place) => {
      if (Number.isNaN(value)) missing++;
      else values[numPadding + place] = (value - shift) / scale;
    });
    const column: NumberColumn = { kind: 'number', name, values, shift, scale };
    return { column, facts: facts(null, missing) };
  }
  const split = splitterOf(config, source, table);
  const valuesOf = Array.from(kept, (entity) => split(texts[entity]!));
  const labels = vocabularyOf(
    valuesOf.filter((_, place) => entities.inTraining(place)),
    config.minCount,
  );
  const indexOf = new Map(labels.map((label, value) => [label, value]));
  const known = valuesOf.map((values) =>
    values.flatMap((value) => indexOf.get(value) ?? []).sort((a, b) => a - b),
  );
  const numUnknown = known.reduce((sum, values) => sum + (values.length === 0 ? 1 : 0), 0);
  const rows = [...Array.from({ length: numPadding }, (): number[] => []), ...known];
  return {
    column:
      config.type === 'category'
        ? ({
            kind: 'category',
            name,
            values: Int32Array.from(rows, ([value]) => value ?? 0),
            labels,
          } satisfies CategoryColumn)
        : ({ kind: 'multi', name, ...packRows(rows), labels } satisfies MultiColumn),
    facts: facts(labels.length - 1, numUnknown),
  };
}

/** What turns a text into its values: none where it is empty or missing, each at most once. */
function splitterOf(
  config: Exclude<FeatureConfig, { type: 'number' }>,
  source: string,
  { source: rows }: EntityTable,
): (text: string | null) => string[] {
  if (config.type === 'category') return (text) => trimmed([text]);
  const { separator = source.endsWith(':token_seq') ? ' ' : '|' } = config;
  const hasLists = mayHoldLists(rows);
  return (text) => trimmed((hasLists && readList(text)) || (text ?? '').split(separator));
}

function trimmed(values: readonly (string | null)[]): string[] {
  return [...new Set(values.map((value) => value?.trim() ?? '').filter((value) => value !== ''))];
}

/** The list that JSON and Parquet files may hold instead of a text; null where it is none. */
function readList(text: string | null): (string | null)[] | null {
  if (text?.startsWith('[') !== true) return null;
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list)
      ? list.map((value) =>
          value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
        )
      : null;
  } catch {
    return null;
  }
}

/** The values that enough entities have, in the order of their texts, behind the empty one for the unknown. */
function vocabularyOf(entities: readonly (readonly string[])[], minCount: number): string[] {
  const counts = new Map<string, number>();
  for (const value of entities.flat()) counts.set(value, (counts.get(value) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= minCount).map(([value]) => value);
  return ['', ...frequent.sort()];
}

function packRows(rows: readonly (readonly number[])[]): Pick<MultiColumn, 'offsets' | 'values'> {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((values, row) => (offsets[row + 1] = offsets[row]! + values.length));
  return { offsets, values: Int32Array.from(rows.flat()) };
}

/** NaN for a missing number. */
function readNumber(
  text: string | null,
  { source, rows, of }: EntityTable,
  entity: number,
  column: string,
): number {
  const plain = text?.trim() ?? '';
  if (isNoNumber(plain)) return NaN;
  const value = Number(plain);
  if (Number.isFinite(value)) return value;
  const row = rows[entity]!;
  throw new DatasetError(
    'dataset/not-a-number',
    `${placeOf(source, row)}: column \`${column}\` holds \`${shorten(plain)}\`, expected a number or nothing. ` +
      `Correct the value, or make the column a \`category\` in \`dataset.${of}.features\`.`,
  );
}

/** What to subtract and to divide by. A column of one value only is not divided. */
function normalizationOf(
  normalization: 'standard' | 'minMax' | 'none',
  values: Float64Array,
): { shift: number; scale: number } {
  if (normalization === 'none' || values.length === 0) return { shift: 0, scale: 1 };
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  // Rounding would give the mean of equal values a deviation.
  if (least === most) return { shift: least, scale: 1 };
  if (normalization === 'minMax') return { shift: least, scale: most - least };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { shift: mean, scale: Math.sqrt(variance) };
}
