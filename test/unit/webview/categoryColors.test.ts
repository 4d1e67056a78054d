import { describe, expect, test } from 'vitest';
import {
  nextReplaced,
  withColor,
  withoutColor,
  type CategoryLegend,
  type ColoredCategories,
} from '../../../webview/projection/categoryColors';
import { coloringOf, OTHERS } from '../../../webview/projection/coloring';
import { readSettings } from '../../../webview/projection/settings';

/** Categories a to n, of which a is the most frequent. */
const labels = ['', ...'a b c d e f g h i j k l m n'.split(' ')];
const values = Int32Array.from(
  labels.flatMap((_, value) => Array.from<number>({ length: 20 - value }).fill(value)),
);
const column = { kind: 'category', id: 'genre', label: 'genre', values, labels, ordered: false } as const;
const colored = (slots: ColoredCategories | null): CategoryLegend =>
  coloringOf({ ...column, labels: [...labels] }, slots).legend as CategoryLegend;
const shown = ({ entries }: CategoryLegend): string => entries.map(({ label }) => label).join('');

describe('which categories have a color', () => {
  test('the ten most frequent at first; one that is given a color takes that of the rarest of them', () => {
    const first = colored(null);
    expect(shown(first)).toBe('abcdefghij');
    expect(nextReplaced(first)).toBe('j');
    const second = colored(withColor(first, 'n'));
    expect(shown(second)).toBe('abcdefghin');
    expect(second.others.map(({ label }) => label)).toEqual(['j', 'k', 'l', 'm']);
    // Not n, though it is rarer.
    expect(nextReplaced(second)).toBe('i');
    expect(shown(colored(withColor(second, 'm')))).toBe('abcdefghmn');
  });

  test('when all are the user’s own, the rarest makes place', () => {
    let slots: ColoredCategories | null = null;
    for (const label of ['k', 'l', 'm', 'n']) slots = withColor(colored(slots), label);
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f']) slots = withoutColor(colored(slots), label);
    expect(shown(colored(slots))).toBe('nmlk');
    expect(nextReplaced(colored(slots))).toBeNull();
  });

  test('a color that was taken away is free for the next one, and is nobody’s until then', () => {
    const without = colored(withoutColor(colored(null), 'c'));
    expect(shown(without)).toBe('abdefghij');
    expect(without.entries.map(({ index }) => index)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9]);
    expect(nextReplaced(without)).toBeNull();
    expect(shown(colored(withColor(without, 'n')))).toBe('abndefghij');
    const { classes } = coloringOf({ ...column, labels: [...labels] }, withoutColor(colored(null), 'c'));
    expect(classes[values.indexOf(3)]).toBe(OTHERS);
  });

  test('of another table none may be left: then the most frequent have one', () => {
    expect(shown(colored(Array.from<string>({ length: 10 }).fill('elsewhere')))).toBe('abcdefghij');
  });

  test('what was kept of another version is not understood', () => {
    const ten = Array.from<null>({ length: 10 }).fill(null);
    expect(readSettings({ colored: { genre: ten } }).colored).toEqual({ 'column:genre': ten });
    expect(readSettings({ colored: { genre: ['a'] } }).colored).toEqual({});
    expect(readSettings({ colored: 'genre' }).colored).toEqual({});
  });
});
