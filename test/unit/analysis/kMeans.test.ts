import { describe, expect, it } from 'vitest';
import { kMeans } from '../../../src/analysis/kMeans';
import { useBackend } from '../compute/useBackend';
import { drawClusters, drawTable, rowsOf, tableOf } from './tables';

describe('kMeans', () => {
  useBackend('wasm');

  it.each([false, true])('finds clusters that lie apart (spherical: %s)', async (spherical) => {
    const { table, labels } = drawClusters(5, { numRows: 300, width: 8, centers: 6, spread: 0.05 });
    const { labels: found, sizes, centers } = await kMeans(table, 6, { seed: 1, spherical, starts: 5 });
    const pairs = new Set(labels.map((label, row) => 10 * label + found[row]!));
    expect(pairs.size).toBe(6);
    expect([...sizes]).toEqual([50, 50, 50, 50, 50, 50]);
    if (spherical) for (const center of rowsOf(centers)) expect(Math.hypot(...center)).toBeCloseTo(1, 6);
  });

  it('puts each row to its nearest center, and centers into the middle', async () => {
    const table = drawTable(2, 200, 3);
    const { labels, centers, sizes, inertia } = await kMeans(table, 4, { seed: 1 });
    const [rows, middles] = [rowsOf(table), rowsOf(centers)];
    const squared = (a: number[], b: number[]) => a.reduce((sum, x, axis) => sum + (x - b[axis]!) ** 2, 0);
    let sum = 0;
    rows.forEach((row, index) => {
      const distances = middles.map((middle) => squared(row, middle));
      expect(distances[labels[index]!]).toBeCloseTo(Math.min(...distances), 5);
      sum += distances[labels[index]!]!;
    });
    expect(inertia).toBeCloseTo(sum, 4);
    expect([...sizes]).toEqual(middles.map((_, center) => labels.filter((label) => label === center).length));
  });

  it('gives the same for the same seed', async () => {
    const table = drawTable(3, 100, 4);
    const [first, again] = [await kMeans(table, 5, { seed: 9 }), await kMeans(table, 5, { seed: 9 })];
    expect(again).toEqual(first);
  });

  it('copes with fewer different rows than clusters', async () => {
    const { inertia, labels } = await kMeans(tableOf([[1], [1], [1], [2]]), 3, { seed: 1 });
    expect(inertia).toBe(0);
    expect(new Set(labels).size).toBe(2);
    expect((await kMeans(tableOf([[1], [5]]), 9, { seed: 1 })).centers.numRows).toBe(2);
  });

  it('refuses nothing at all', async () => {
    await expect(kMeans(tableOf([]), 2, { seed: 1 })).rejects.toThrow('0 rows');
  });
});
