import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutSentence, cutTitle, fitTitle, titleParts } from '../../../src/series/cutText';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const characters = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
const FAMILY = '👨‍👩‍👧‍👦';
/** Texts of what is several code units and one character: joined emoji, flags, accents, Hangul, Devanagari. */
const hard = fc
  .array(fc.constantFrom(FAMILY, '🇩🇪', 'e\u0301', '각', 'क्षि', '👍🏽', 'a', ' ', '東', '\r\n'), {
    maxLength: 60,
  })
  .map((parts) => parts.join(''));

describe('cutting titles', () => {
  test('the end stays, so that titles with the same beginning stay apart', () => {
    const first = cutTitle('Galaxy Headphones Wireless Pro 2', 24);
    const second = cutTitle('Galaxy Headphones Wireless Pro 27', 24);
    expect(first).not.toBe(second);
    expect(second).toMatch(/^Galaxy Head.*….*Pro 27$/);
    expect(cutTitle('Galaxy Headphones', 17)).toBe('Galaxy Headphones');
  });

  test('what is short enough is left alone, and nothing is longer than it may be', () => {
    fc.assert(
      fc.property(hard, fc.integer({ min: 3, max: 40 }), (text, most) => {
        const cut = cutTitle(text, most);
        if (characters(text).length <= most) expect(cut).toBe(text);
        else expect(characters(cut).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('no character is cut in two', () => {
    fc.assert(
      fc.property(hard, fc.integer({ min: 3, max: 40 }), (text, most) => {
        const own = new Set(characters(text));
        for (const cut of [cutTitle(text, most), cutSentence(text, most)])
          for (const part of cut.split('…')) for (const one of characters(part)) expect(own).toContain(one);
        expect(titleParts(text).join('')).toBe(text);
        for (const part of titleParts(text)) for (const one of characters(part)) expect(own).toContain(one);
      }),
    );
    expect(cutTitle(FAMILY.repeat(9), 5)).toBe(`${FAMILY.repeat(2)}…${FAMILY.repeat(2)}`);
  });

  test('long titles have the same characters, taken apart piece by piece', () => {
    const long = fc
      .array(hard, { minLength: 15, maxLength: 40 })
      .map((parts) => `${parts.join('')}\u{1d157}\u{1d165}`.repeat(2));
    fc.assert(
      fc.property(long, (text) => {
        // All of it fits but for the last character, so that every other one is cut from its neighbors.
        const whole = characters(text);
        fc.pre(whole.length > 1);
        const beginning = whole.slice(0, -2).join('').trimEnd();
        expect(cutSentence(text, whole.length - 1)).toBe(`${beginning}…`);
        expect(cutSentence(text, whole.length)).toBe(text);
      }),
      { numRuns: 50 },
    );
    // As one piece, this took minutes.
    const [, end] = titleParts('日本語'.repeat(200_000));
    expect(end).toBe('本語日本語日本語');
  });

  test('as much as there is room for', () => {
    const measure = (text: string): number => 5 * text.length;
    const title = 'Galaxy Headphones Wireless Pro 27';
    expect(fitTitle(title, 5 * title.length, measure)).toBe(title);
    for (let width = 20; width < 5 * title.length; width += 5) {
      const cut = fitTitle(title, width, measure);
      expect(measure(cut)).toBeLessThanOrEqual(width);
      expect(cut).toContain('…');
      expect(cut.endsWith(width >= 30 ? '27' : '7')).toBe(true);
    }
    expect(fitTitle(title, 4, measure)).toBe('');
  });

  test('sentences lose their end', () => {
    expect(cutSentence('The file items.csv has no column title.', 20)).toBe('The file items.csv…');
  });

  test('the end that is kept begins with a word where it can', () => {
    expect(titleParts('Galaxy Headphones Pro 27')).toEqual(['Galaxy Headphones ', 'Pro 27']);
    expect(titleParts('Alien')).toEqual(['Alien', '']);
    expect(titleParts('千と千尋の神隠しと風の谷のナウシカともののけ姫')[1]).toBe('シカともののけ姫');
  });
});
