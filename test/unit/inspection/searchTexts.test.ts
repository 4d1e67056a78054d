import { describe, expect, it } from 'vitest';
import { searchTexts } from '../../../src/inspection/searchTexts';

const titles = ['Alien', 'Aliens', 'The Alien Factor', 'Inalienable', 'A little entry', 'Amélie'];

describe('searchTexts', () => {
  it('puts equal texts before beginnings, words, parts and letters in order', () => {
    expect(searchTexts('alien', [titles], 10)).toEqual([0, 1, 2, 3, 4]);
  });

  it('knows no case and no accents', () => {
    expect(searchTexts('AMELIE', [titles], 10)).toEqual([5]);
  });

  it('reads /…/ as a regular expression', () => {
    expect(searchTexts('/^a.*s$/', [titles], 10)).toEqual([1]);
  });

  it('finds what was misspelled, where nothing else matches', () => {
    expect(searchTexts('alein', [titles], 10)).toEqual([0]);
    expect(searchTexts('Inalianible', [titles], 10)).toEqual([3]);
    expect(searchTexts('xyz', [titles], 10)).toEqual([]);
    expect(searchTexts('1009', [['1010', '2000', '1008']], 10)).toEqual([2]);
  });

  it('says what is wrong with a regular expression', () => {
    expect(() => searchTexts('/(/', [titles], 10)).toThrow(/is not a regular expression/);
  });

  it('takes the best of several columns and keeps to the limit', () => {
    expect(searchTexts('7', [titles, ['1', '17', '7', '77', '70', '6']], 2)).toEqual([2, 3]);
  });
});
