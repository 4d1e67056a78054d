import { HalfStep } from '../../../src/model/ials/halfStep';
import { solveAll } from '../../../src/model/ials/ials';
import { objectiveOf } from '../../../src/model/ials/objective';
import { transposed } from '../../../src/model/ials/observedPairs';
import type { IalsConfig } from '../../../src/model/ials/options';
import { pairsOfMatrix, lossOf } from '../../unit/model/ialsLoss';
import { flat, type GoldenCheck } from '../goldenCheck';

/** Of a loss, in proportion to it. */
const TOLERANCE = 1e-9;

interface Case {
  variant: 'hkv' | 'implicit-convention' | 'ials';
  alpha: number;
  alpha0: number;
  lam: number;
  nu: number;
  user_factors: number[][];
  item_factors: number[][];
  scores: number[][];
  loss_before: number;
  loss_after_users: number;
  loss_after_items: number;
}

interface Fixture {
  R: number[][];
  user_factors_0: number[][];
  item_factors_0: number[][];
  cases: Case[];
}

function optionsOf({ variant, alpha, alpha0, lam, nu }: Case): IalsConfig['objective'] {
  if (variant === 'ials')
    return { type: 'rendle', unobservedWeight: alpha0, regularization: lam, frequencyExponent: nu };
  return { type: variant === 'hkv' ? 'hkv' : 'implicit', alpha, regularization: lam };
}

/** One sweep from given vectors; then each user folded in with the new vectors of items, which must be exact as well. */
export const check: GoldenCheck = async (fixture, compare) => {
  const { R, user_factors_0, item_factors_0, cases } = fixture as Fixture;
  const factors = item_factors_0[0]!.length;
  const byUser = pairsOfMatrix(R);
  const byItem = transposed(byUser, item_factors_0.length);
  const rest = () => Promise.resolve();
  for (const [place, one] of cases.entries()) {
    const options = optionsOf(one);
    const objective = objectiveOf(options);
    const label = (part: string) => `case ${place} (${one.variant}): ${part}`;
    const loss = (part: string, expected: number) =>
      compare(label(part), [lossOf(R, users, items, options)], expected, TOLERANCE * Math.max(1, expected));
    let users: Float64Array = Float64Array.from(flat(user_factors_0));
    const items = Float64Array.from(flat(item_factors_0));
    loss('loss before', one.loss_before);
    // A user without interactions has a vector of 0 after the first half step, and stays as it was before it.
    users = new Float64Array(users.length);
    await solveAll(byUser, items, users, objective, rest);
    compare(label('users'), users, one.user_factors);
    loss('loss after users', one.loss_after_users);
    await solveAll(byItem, users, items, objective, rest);
    compare(label('items'), items, one.item_factors);
    loss('loss after items', one.loss_after_items);
    const scores = R.flatMap((_, user) =>
      one.item_factors.map((_vector, item) => {
        let sum = 0;
        for (let f = 0; f < factors; f++) sum += users[user * factors + f]! * items[item * factors + f]!;
        return sum;
      }),
    );
    compare(label('scores'), scores, one.scores);
    // Folding in is a half step of one user.
    const step = await HalfStep.prepare(Float64Array.from(flat(item_factors_0)), factors, objective, rest);
    const folded = new Float64Array(factors);
    await step.solve(
      { ids: byUser.ids.subarray(0, byUser.offsets[1]), strengths: byUser.strengths.subarray(0, byUser.offsets[1]) },
      folded,
    );
    compare(label('a user alone'), folded, one.user_factors[0]!);
  }
};
