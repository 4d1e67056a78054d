import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzyGraph } from '../../../src/analysis/fuzzyGraph';
import type { NeighborGraph } from '../../../src/analysis/neighborGraph';
import { neighbors } from '../../../src/analysis/neighbors';
import { tableOf } from './tables';

function graphOf(rows: number[][], k: number): NeighborGraph {
  const lists = rows.map((_, row) => neighbors(tableOf(rows), [row], k, 'euclidean')[0]!);
  return {
    numRows: rows.length,
    k,
    rows: Int32Array.from(lists.flat(), ({ row }) => row),
    distances: Float32Array.from(lists.flat(), ({ score }) => score),
    recall: 1,
  };
}

const coordinate = fc.double({ min: -5, max: 5, noNaN: true });
const points = fc.array(fc.array(coordinate, { minLength: 2, maxLength: 2 }), {
  minLength: 8,
  maxLength: 20,
});

describe('fuzzyGraph', () => {
  it('weighs both directions of an edge alike, and unites exactly the neighbors', () => {
    fc.assert(
      fc.property(points, (rows) => {
        const k = 5;
        const graph = graphOf(rows, k);
        const { offsets, targets, weights } = fuzzyGraph(graph);
        const found = new Map<string, number>();
        for (let row = 0; row < rows.length; row++)
          for (let edge = offsets[row]!; edge < offsets[row + 1]!; edge++)
            found.set(`${row}–${targets[edge]!}`, weights[edge]!);
        expect(found.size).toBe(targets.length);
        for (const [edge, weight] of found) {
          if (found.get(edge.split('–').reverse().join('–')) !== weight || !(weight > 0 && weight <= 1))
            expect.fail(`The edge ${edge} has the weight ${weight}.`);
        }
        for (let row = 0; row < rows.length; row++)
          expect(found.get(`${row}–${graph.rows[row * k]!}`)).toBe(1);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('gives each row the same sum of weights before the union', () => {
    // Far apart, so that the two groups share no edge; within, all are neighbors of each other at these distances.
    const rows = [[0], [1], [3], [7], [1000], [1010], [1030], [1070]];
    const { offsets, weights, targets } = fuzzyGraph(graphOf(rows, 3));
    expect([...offsets]).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24]);
    expect([...targets.subarray(0, 3)]).toEqual([1, 2, 3]);
    // What is ten times as far apart is joined as strongly.
    for (let edge = 0; edge < 12; edge++) expect(weights[12 + edge]).toBeCloseTo(weights[edge]!, 3);
    // From row 0: 1 + e^(−2/σ) + e^(−6/σ) = log₂ 4, so that e^(−2/σ) = 0.6823; from row 2, with ρ = 2 and distances 2, 3, 4:
    // 1 + x + x² = 2, so that x = 0.6180. United they are a + b − a·b.
    const united = (a: number, b: number) => a + b - a * b;
    expect(weights[1]).toBeCloseTo(united(0.6823278, 0.618034), 4);
  });

  it('knows rows without neighbors and rows that are all equal', () => {
    expect(fuzzyGraph(graphOf([[1]], 0)).targets).toHaveLength(0);
    const { weights } = fuzzyGraph(graphOf([[1], [1], [1]], 2));
    expect([...weights]).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
