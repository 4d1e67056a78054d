import type { ObservedPairs } from '../../../src/model/ials/observedPairs';
import type { IalsConfig } from '../../../src/model/ials/options';

/** The pairs above 0 of a matrix of users and items. */
export function pairsOfMatrix(matrix: readonly (readonly number[])[]): ObservedPairs {
  const rows = matrix.map((row) => row.flatMap((strength, id) => (strength > 0 ? [{ strength, id }] : [])));
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, place) => (offsets[place + 1] = offsets[place]! + row.length));
  return {
    offsets,
    ids: Uint32Array.from(rows.flat(), ({ id }) => id),
    strengths: Float64Array.from(rows.flat(), ({ strength }) => strength),
  };
}

/** What is minimized, pair by pair, as the papers have it. */
export function lossOf(
  matrix: readonly (readonly number[])[],
  users: Float64Array,
  items: Float64Array,
  objective: IalsConfig['objective'],
): number {
  const numItems = matrix[0]!.length;
  const factors = items.length / numItems;
  const vector = (table: Float64Array, row: number) => table.subarray(row * factors, (row + 1) * factors);
  const product = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, place) => sum + value * b[place]!, 0);
  const observedBy = (row: readonly number[]) => row.filter((strength) => strength > 0).length;
  let loss = 0;
  matrix.forEach((row, user) =>
    row.forEach((strength, item) => {
      const score = product(vector(users, user), vector(items, item));
      const observed = strength > 0;
      if (objective.type === 'rendle')
        loss += (observed ? (score - 1) ** 2 : 0) + objective.unobservedWeight * score ** 2;
      else {
        const weighted = objective.alpha * strength;
        const confidence = objective.type === 'hkv' ? 1 + weighted : observed ? weighted : 1;
        loss += confidence * ((observed ? 1 : 0) - score) ** 2;
      }
    }),
  );
  const penalty = (table: Float64Array, rows: readonly (readonly number[])[]) => {
    rows.forEach((row, place) => {
      const own = vector(table, place);
      const scale =
        objective.type === 'rendle'
          ? (observedBy(row) + objective.unobservedWeight * row.length) ** objective.frequencyExponent
          : 1;
      loss += objective.regularization * scale * product(own, own);
    });
  };
  penalty(users, matrix);
  penalty(
    items,
    Array.from({ length: numItems }, (_, item) => matrix.map((row) => row[item]!)),
  );
  return loss;
}
