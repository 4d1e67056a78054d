import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsFor, GAP } from '../../../webview/attention/layout';

const sum = (widths: readonly number[]): number =>
  widths.reduce((total, width) => total + width, 0) + GAP * (widths.length - 1);
const MAP = { least: 252, wanted: 396, most: 396 };

describe('columns of the attention view', () => {
  test('fit, whatever the width of the page, and give way before the recommendations go below', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 760, max: 2560 }),
        fc.constantFrom('none', 'plain', 'changed', 'two'),
        (width, bars) => {
          const { widths, listsBeside } = columnsFor({ width, height: 900 }, MAP, { bars, lists: 'plain' });
          expect(sum(widths)).toBeLessThanOrEqual(width - 32);
          expect(widths).toHaveLength(2 + Number(bars !== 'none') + Number(listsBeside));
          // Lists of changes are wider, and two runs have two lists, which are below.
          if (width >= 900 && (bars === 'none' || bars === 'plain')) expect(listsBeside).toBe(true);
        },
      ),
    );
  });

  test('two lists, one for each run, are below', () => {
    const twice = { least: 528, wanted: 816, most: 816 };
    expect(columnsFor({ width: 1280, height: 900 }, twice, { bars: 'plain', lists: 'two' })).toMatchObject({
      listsBeside: false,
    });
  });

  test('no column is wider than what it makes use of', () => {
    const { widths } = columnsFor({ width: 2560, height: 900 }, MAP, { bars: 'plain', lists: 'plain' });
    expect(widths).toEqual([300, 396, 300, 380]);
  });
});
