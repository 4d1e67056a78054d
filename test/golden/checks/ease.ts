import { Ease } from '../../../src/model/ease/ease';
import type { GoldenCheck } from '../goldenCheck';

interface Fixture {
  /** Binary, `[users, items]`. */
  X: number[][];
  cases: (Record<'B' | 'scores' | 'B_recbole_float32' | 'scores_recbole_float32', number[][]> & { lam: number })[];
}

/** RecBole computes in float32. */
const FLOAT32 = 1e-5;

export const check: GoldenCheck = async (fixture, compare) => {
  const { X, cases } = fixture as Fixture;
  const users = X.map((row) => Uint32Array.from(row.flatMap((met, place) => (met === 1 ? [place + 1] : []))));
  const ends = Uint32Array.from(users, (_, user) =>
    users.slice(0, user + 1).reduce((sum, { length }) => sum + length, 0),
  );
  const sequences = {
    numItems: X[0]!.length,
    offsets: Uint32Array.of(0, ...ends),
    ends,
    items: Uint32Array.from(users.flatMap((items) => [...items])),
  };
  for (const reference of cases) {
    const label = `lambda ${reference.lam}`;
    const ease = await Ease.fit(sequences, { regularization: reference.lam });
    const scores = users.flatMap((items) => [...ease.scoresOf(items)]);
    compare(`${label}, B`, ease.weights, reference.B);
    compare(`${label}, scores`, scores, reference.scores);
    compare(`${label}, scores as ranked`, await ease.score(users), reference.scores, FLOAT32);
    compare(`${label}, B of RecBole`, ease.weights, reference.B_recbole_float32, FLOAT32);
    compare(`${label}, scores of RecBole`, scores, reference.scores_recbole_float32, FLOAT32);
  }
};
