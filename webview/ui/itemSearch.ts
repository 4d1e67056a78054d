import type { ItemLabel } from '../../src/protocol/inspection';
import type { SearchBoxModel } from './searchBox';

/** A search for an item of the run's data, by title or id. */
export function itemSearch(
  { findItems }: { findItems: (text: string) => Promise<ItemLabel[]> },
  texts: Pick<SearchBoxModel, 'label' | 'placeholder'>,
  choose: (item: ItemLabel) => void,
): SearchBoxModel {
  return {
    ...texts,
    empty: 'No item matches.',
    search: async (text) =>
      (await findItems(text)).map((item) => ({
        label: item.title,
        detail: item.title === item.id ? '' : item.id,
        choose: () => choose(item),
      })),
  };
}
