import { DIEN_SIZES, DienTask } from './models/dien';
import { DIN_SIZES, DinTask } from './models/din';
import { HSTU_SIZES, HstuTask } from './models/hstu';
import { EVALUATION_100K_SIZES, EVALUATION_SIZES, Ranking } from './models/ranking';
import { SASREC_SIZES, SasrecTask } from './models/sasrec';
import { SUM_SIZES, SumTask } from './models/sum';
import { TargetRanking } from './models/targetRanking';
import { TWO_TOWER_SIZES, TwoTowerTask } from './models/twoTower';
import { Training, type Work } from './work';

/** @param minLength length of the shortest histories; all are full when it is null */
type Create = (minLength: number | null) => Work;

const works: Record<string, Create> = {
  sasrec: (minLength) => new Training(new SasrecTask(shortened(SASREC_SIZES, minLength))),
  hstu: (minLength) => new Training(new HstuTask(shortened(HSTU_SIZES, minLength))),
  dien: (minLength) => new Training(new DienTask(shortened(DIEN_SIZES, minLength))),
  sum: (minLength) => new Training(new SumTask(shortened(SUM_SIZES, minLength))),
  din: (minLength) => new Training(new DinTask(shortened(DIN_SIZES, minLength))),
  twotower: (minLength) => new Training(new TwoTowerTask(shortened(TWO_TOWER_SIZES, minLength))),
  evaluation: () => new Ranking(EVALUATION_SIZES),
  evaluation100k: () => new Ranking(EVALUATION_100K_SIZES),
  targets: () => new TargetRanking(EVALUATION_SIZES, 1),
  targets100k: () => new TargetRanking(EVALUATION_100K_SIZES, 1),
};

export function createWork(name: string, minLength: number | null): Work {
  const create = works[name];
  if (create === undefined) throw new Error(`There is no work named ${name}.`);
  return create(minLength);
}

function shortened<T extends { length: number; minLength: number }>(sizes: T, minLength: number | null): T {
  return { ...sizes, minLength: Math.min(sizes.length, minLength ?? sizes.minLength) };
}
