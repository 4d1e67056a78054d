import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { neighborGraph } from '../../../src/analysis/neighborGraph';
import { neighbors } from '../../../src/analysis/neighbors';
import { useBackend } from '../compute/useBackend';
import { drawClusters, drawTable, tableOf } from './tables';

describe.each(['cosine', 'euclidean'] as const)('neighborGraph by %s', (metric) => {
  useBackend('wasm');

  it('is exact for small tables', async () => {
    const table = drawTable(1, 150, 6);
    const graph = (await neighborGraph(table, 7, { metric, seed: 1 }))!;
    expect([graph.k, graph.recall]).toEqual([7, 1]);
    for (let row = 0; row < 150; row++) {
      const expected = neighbors(table, [row], 7, metric)[0]!;
      expect([...graph.rows.subarray(row * 7, (row + 1) * 7)]).toEqual(expected.map((found) => found.row));
      expected.forEach(({ score }, rank) => {
        const distance = metric === 'cosine' ? 1 - score : score;
        expect(graph.distances[row * 7 + rank]).toBeCloseTo(distance, 5);
      });
    }
  });

  it('finds nearly all neighbors in large tables, and knows how many', async () => {
    const { table } = drawClusters(1, { numRows: 1500, width: 16, centers: 20, spread: 0.7 });
    const k = 10;
    const exact = (await neighborGraph(table, k, { metric, seed: 1 }))!;
    const graph = (await neighborGraph(table, k, { metric, seed: 1, exactUpTo: 0 }))!;
    let found = 0;
    for (let row = 0; row < 1500; row++) {
      const list = [...graph.rows.subarray(row * k, (row + 1) * k)];
      expect(new Set(list).size).toBe(k);
      expect(list).not.toContain(row);
      expect(list).not.toContain(-1);
      const truth = new Set(exact.rows.subarray(row * k, (row + 1) * k));
      found += list.filter((other) => truth.has(other)).length;
    }
    expect(found / (1500 * k)).toBeGreaterThan(0.97);
    expect(graph.recall).toBeCloseTo(found / (1500 * k), 1);
    expect(await neighborGraph(table, k, { metric, seed: 1, exactUpTo: 0 })).toEqual(graph);
  });
});

describe('neighborGraph', () => {
  useBackend('wasm');

  it('knows tables with fewer rows than neighbors', async () => {
    const graph = await neighborGraph(tableOf([[1], [3]]), 5, { metric: 'euclidean', seed: 1 });
    expect(graph).toMatchObject({ k: 1, rows: Int32Array.of(1, 0), distances: Float32Array.of(2, 2) });
    expect((await neighborGraph(tableOf([[1]]), 5, { metric: 'euclidean', seed: 1 }))!.k).toBe(0);
  });

  it('searches tables of which most rows are equal', async () => {
    const rows = Array.from({ length: 500 }, (_, row) => (row < 400 ? [0, 0] : [row, 1]));
    const graph = (await neighborGraph(tableOf(rows), 5, { metric: 'euclidean', seed: 1, exactUpTo: 0 }))!;
    expect(graph.recall).toBe(1);
    expect([...graph.distances.subarray(0, 5)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('compares all rows of a table without any order', async () => {
    const random = new RandomStream(4);
    const values = Float32Array.from({ length: 2000 * 64 }, () => random.nextNormal());
    const table = { values, numRows: 2000, width: 64 };
    const found = await neighborGraph(table, 5, { metric: 'euclidean', seed: 1, exactUpTo: 0 });
    expect(found!.recall).toBeGreaterThan(0.8);
  });

  it.each([0, 1000])('ends early when it is told to (exact up to %i)', async (exactUpTo) => {
    const shares: number[] = [];
    const onProgress = (share: number) => {
      shares.push(share);
      return Promise.resolve(shares.length < (exactUpTo === 0 ? 3 : 1));
    };
    const options = { metric: 'euclidean', seed: 1, exactUpTo, onProgress } as const;
    expect(await neighborGraph(drawTable(1, 500, 4), 5, options)).toBeNull();
    expect(shares).toHaveLength(exactUpTo === 0 ? 3 : 1);
  });
});
