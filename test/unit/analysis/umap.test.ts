import { UMAP } from 'umap-js';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { continuity, trustworthiness } from '../../../src/analysis/trustworthiness';
import { umap } from '../../../src/analysis/umap';
import type { Table } from '../../../src/analysis/table';
import { useBackend } from '../compute/useBackend';
import { drawClusters, drawTable, rowsOf, tableOf } from './tables';

describe('umap', () => {
  useBackend('wasm');

  it.each([2, 3] as const)('keeps neighbors in %i dimensions as well as umap-js', async (dimensions) => {
    const { table } = drawClusters(2, {
      numRows: dimensions === 2 ? 500 : 250,
      width: 16,
      centers: 10,
      spread: 0.4,
    });
    const { layout } = await umap(table, { seed: 1, metric: 'euclidean', dimensions, epochs: 150 });
    const random = new RandomStream(1);
    const reference = new UMAP({ nComponents: dimensions, nEpochs: 150, random: () => random.nextFloat() });
    const expected = tableOf(reference.fit(rowsOf(table)));
    const original = { points: table, metric: 'euclidean' } as const;
    for (const measure of [trustworthiness, continuity]) {
      const [ours, theirs] = [layout, expected].map((points) =>
        measure(original, { points, metric: 'euclidean' }, 15),
      );
      expect(ours).toBeGreaterThan(theirs! - 0.01);
    }
  });

  it('draws clusters apart', async () => {
    const { table, labels } = drawClusters(3, { numRows: 200, width: 8, centers: 4, spread: 0.05 });
    const { layout, neighbors } = await umap(table, { seed: 1, metric: 'cosine', epochs: 100 });
    expect(neighbors!.recall).toBe(1);
    const rows = rowsOf(layout);
    const farthest = Math.max(
      ...rows.map((row, index) => Math.hypot(...row.map((x, axis) => x - rows[labels[index]!]![axis]!))),
    );
    // The first rows are one of each cluster.
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < i; j++)
        expect(Math.hypot(...rows[i]!.map((x, axis) => x - rows[j]![axis]!))).toBeGreaterThan(farthest / 2);
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const table = drawTable(1, 120, 5);
    const run = async (seed: number) => (await umap(table, { seed, metric: 'cosine', epochs: 30 })).layout;
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('shows each epoch, lets events in and stops when it is told to', async () => {
    const table = drawTable(1, 2000, 5);
    const epochs: number[] = [];
    const shares: number[] = [];
    let stop = false;
    let seen: Table | null = null;
    const result = await umap(
      table,
      { seed: 1, metric: 'euclidean', epochs: 100_000 },
      {
        onNeighbors: (share) => void shares.push(share),
        onProgress: (epoch, layout) => {
          // Only when events are let in.
          if (epoch === 1) setImmediate(() => (stop = true));
          epochs.push(epoch);
          seen = layout;
        },
        shouldStop: () => stop,
      },
    );
    expect(shares[0]).toBe(0);
    expect(epochs).toEqual(Array.from({ length: result.epochs }, (_, index) => index + 1));
    expect(result.epochs).toBeLessThan(100_000);
    expect(result.layout).toBe(seen);
    const known = await umap(table, {
      seed: 1,
      metric: 'euclidean',
      epochs: 1,
      neighbors: result.neighbors!,
    });
    expect(known.neighbors).toBe(result.neighbors);
  });

  it('stops before the neighbors are known', async () => {
    const options = { seed: 1, metric: 'euclidean' } as const;
    const result = await umap(drawTable(1, 50, 5), options, { shouldStop: () => true });
    expect(result).toMatchObject({ epochs: 0, neighbors: null, layout: { numRows: 50, width: 2 } });
  });

  it.each([
    [0, 3],
    [1, 3],
    [2, 3],
    [30, 1],
  ])('lays out %i rows of %i', async (numRows, width) => {
    const table = drawTable(1, numRows, width);
    const { layout } = await umap(table, { seed: 1, metric: 'euclidean', dimensions: 3, epochs: 20 });
    expect(layout.values).toHaveLength(3 * numRows);
    expect(layout.values.every(Number.isFinite)).toBe(true);
  });

  it('begins with the layout it is given', async () => {
    const initial = drawTable(8, 50, 2);
    const options = { seed: 1, metric: 'euclidean', initial, learningRate: 0, epochs: 1 } as const;
    const { layout } = await umap(drawTable(1, 50, 5), options);
    const scale = 10 / Math.max(...initial.values.map(Math.abs));
    layout.values.forEach((value, index) => expect(value).toBeCloseTo(scale * initial.values[index]!, 2));
    await expect(umap(drawTable(1, 49, 5), options)).rejects.toThrow('The initial layout is 50 × 2');
  });

  it('draws equal rows near to each other', async () => {
    const rows = Array.from({ length: 60 }, (_, row) => (row < 30 ? [1, 1, 0] : [row, -row, row % 7]));
    const { layout } = await umap(tableOf(rows), { seed: 1, metric: 'euclidean', epochs: 50 });
    expect(layout.values.every(Number.isFinite)).toBe(true);
  });
});
