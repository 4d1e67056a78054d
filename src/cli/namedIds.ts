import type { Inspector } from '../process/inspector';
import type { HistoryEnd, ItemLabel, UserHistory } from '../protocol/inspection';
import { UsageError } from './usageError';

/** Ids are looked for among so many that are nearly the same. */
const NEAR_IDS = 50;
/** Of these, so many are named. */
const EXAMPLES = 3;

interface Named {
  id: string;
  title?: string;
}

/** What the user of this id did. @throws UsageError with similar ids where there is none */
export async function historyOf(
  calls: Pick<Inspector, 'findUsers' | 'userHistory'>,
  run: string,
  id: string,
  until: HistoryEnd,
): Promise<UserHistory> {
  const near = await calls.findUsers(run, id, NEAR_IDS);
  const found = near.find((user) => user.id === id);
  if (found === undefined) throw unknown('user', id, near, await calls.findUsers(run, '', EXAMPLES));
  return calls.userHistory(run, found.user, until);
}

/** The items of these ids. @throws UsageError with similar ids and titles for one that is unknown */
export function itemsOf(
  calls: Pick<Inspector, 'findItems'>,
  run: string,
  ids: readonly string[],
): Promise<ItemLabel[]> {
  return Promise.all(
    ids.map(async (id) => {
      const near = await calls.findItems(run, id, NEAR_IDS);
      const found = near.find((item) => item.id === id);
      if (found !== undefined) return found;
      throw unknown('item', id, near, await calls.findItems(run, '', EXAMPLES));
    }),
  );
}

/** @param first some ids, to be named where none is near */
function unknown(
  kind: 'user' | 'item',
  id: string,
  near: readonly Named[],
  first: readonly Named[],
): UsageError {
  const [some, like] = near.length > 0 ? [near, 'Similar ids:'] : [first, 'Ids look like'];
  const named = some
    .slice(0, EXAMPLES)
    .map(({ id: other, title }) =>
      title === undefined || title === other ? `\`${other}\`` : `\`${other}\` (${title})`,
    );
  return new UsageError(
    `There is no ${kind} \`${id}\` in the data of this run. ${like} ${named.join(', ')}.`,
  );
}
