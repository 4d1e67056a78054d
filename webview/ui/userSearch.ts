import { countOf } from '../../src/protocol/countOf';
import type { UserLabel } from '../../src/protocol/inspection';
import type { SearchBoxModel } from './searchBox';

/** A search for a user of the run's data, by id. */
export function userSearch(
  { findUsers }: { findUsers: (text: string) => Promise<UserLabel[]> },
  texts: Pick<SearchBoxModel, 'label' | 'placeholder' | 'title' | 'empty'>,
  choose: (user: UserLabel) => void,
): SearchBoxModel {
  return {
    ...texts,
    search: async (text) =>
      (await findUsers(text)).map((user) => ({
        label: user.id,
        detail: countOfItems(user.historyLength),
        choose: () => choose(user),
      })),
  };
}

/** `1 item`, `1,234 items`. */
export function countOfItems(items: number): string {
  return countOf(items, 'item');
}
