import { gbce, gbceBeta } from '../../../src/model/parts/nextItemLoss';
import type { GoldenCheck } from '../goldenCheck';

interface Fixture {
  logits_pos_first: number[][][];
  mask: number[][];
  cases: { k: number; n_items: number; t: number; beta: number; loss: number }[];
}

/** The loss of gSASRec, in doubles. */
export const check: GoldenCheck = (fixture, compare) => {
  const { logits_pos_first: logits, mask, cases } = fixture as Fixture;
  const rows = logits.flatMap((user, index) => user.filter((_, place) => mask[index]![place] !== 0));
  for (const { k, n_items, t, beta, loss } of cases) {
    const label = `k ${k}, ${n_items} items, t ${t}`;
    const own = gbceBeta(k, n_items, t);
    compare(`${label}, beta`, [own], beta);
    compare(`${label}, loss`, [gbce(rows, own)], loss);
  }
};
