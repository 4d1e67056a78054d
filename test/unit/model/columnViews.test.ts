import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import {
  columnCodes,
  drawItems,
  hiddenCells,
  mutualInformation,
  relatedColumns,
} from '../../../src/model/twoTower/columnViews';

const RELATED = [
  [1, 2],
  [0, 2],
  [3, 1],
  [2, 4],
  [3, 0],
];
const rowsOf = (cells: Uint8Array, numColumns: number): number[][] =>
  Array.from({ length: cells.length / numColumns }, (_, row) =>
    Array.from(cells.subarray(row * numColumns, (row + 1) * numColumns)),
  );
const count = (row: number[]): number => row.reduce((sum, value) => sum + value, 0);

describe('views of items', () => {
  it.each(['rfm', 'rfmComplementary', 'cfm'] as const)(
    '%s: hide what the rule says, row by row',
    (pattern) => {
      const { left, right } = hiddenCells(pattern, RELATED, 200, true, new RandomStream(1));
      const pairs = rowsOf(left, 5).map((row, index) => [row, rowsOf(right, 5)[index]!] as const);
      for (const [hidden, other] of pairs) {
        expect(count(hidden)).toBe(2);
        if (pattern === 'rfm') expect(count(other)).toBe(2);
        else expect(other).toEqual(hidden.map((value) => 1 - value));
      }
      if (pattern === 'cfm') {
        const allowed = RELATED.map((own) =>
          [0, 1, 2, 3, 4].map((column) => Number(own.includes(column))).join(),
        );
        expect(new Set(pairs.map(([hidden]) => hidden.join()))).toEqual(new Set(allowed));
      }
      expect(new Set(pairs.map(String)).size).toBeGreaterThan(3);
    },
  );

  it('hide the same in all rows where they are told to', () => {
    const { left, right } = hiddenCells('rfm', RELATED, 20, false, new RandomStream(1));
    for (const cells of [left, right]) expect(new Set(rowsOf(cells, 5).map(String)).size).toBe(1);
  });

  it('know that independent columns share no information, and equal ones all of it', () => {
    const columns = [
      [0, 0, 1, 1, 9],
      [0, 1, 0, 1, 9],
      [5, 5, 2, 2, 9],
    ];
    const information = mutualInformation(columns, [1, 1, 1, 1, 0]);
    expect(information[0]![1]).toBeCloseTo(0, 12);
    expect(information[0]![2]).toBeCloseTo(Math.log(2), 12);
    expect(information[1]![1]).toBeCloseTo(Math.log(2), 12);
    expect(relatedColumns(information)).toEqual([[2], [0], [0]]);
    expect(mutualInformation(columns, [0, 0, 0, 0, 0]).flat()).toEqual(new Array(9).fill(0));
  });

  it('take a set of values for one, in whatever order', () => {
    const codes = columnCodes({
      kind: 'multi',
      name: 'tags',
      offsets: Uint32Array.of(0, 0, 2, 4, 5),
      values: Int32Array.of(1, 2, 2, 1, 1),
      labels: ['', 'x', 'y'],
    });
    expect(Array.from(codes)).toEqual([0, 1, 1, 2]);
  });

  it.each([
    [3, 100],
    [60, 100],
    [99, 100],
  ])('draw %i of %i items without repetition', (wanted, numItems) => {
    const items = drawItems(wanted, numItems, new RandomStream(4));
    expect(new Set(items).size).toBe(wanted);
    expect(Math.min(...items)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...items)).toBeLessThanOrEqual(numItems);
  });

  it('draw with repetition when there are fewer items than wanted', () => {
    const items = drawItems(50, 3, new RandomStream(4));
    expect(new Set(items)).toEqual(new Set([1, 2, 3]));
  });
});
