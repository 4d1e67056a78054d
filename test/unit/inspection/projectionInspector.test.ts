import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { PCA } from 'ml-pca';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InspectedRuns } from '../../../src/inspection/inspectedRuns';
import { projectionInspector } from '../../../src/inspection/projection/projectionInspector';
import { Tasks } from '../../../src/inspection/tasks';
import type { TaskProgress } from '../../../src/protocol/inspection';
import {
  rowIndex,
  type DistanceMetric,
  type EmbeddingSource,
  type PointColumn,
  type ProjectionInspector,
} from '../../../src/protocol/projection';
import { ENGINE_ASSETS, useBackend } from '../compute/useBackend';
import { TINY_MODELS, trainTiny } from './trainedRun';

const ALL = { maxPoints: 100_000, seed: 1 };
const UMAP = {
  dimensions: 2,
  numNeighbors: 8,
  minDistance: 0.1,
  metric: 'cosine',
  epochs: 20,
  seed: 3,
} as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-projection-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Opened {
  inspector: ProjectionInspector;
  told: { task: string; progress: TaskProgress }[];
  warnings: string[];
}

function open(): Opened {
  const told: Opened['told'] = [];
  const warnings: string[] = [];
  const runs = new InspectedRuns(ENGINE_ASSETS, (message) => warnings.push(message));
  const tasks = new Tasks((task, progress) => told.push({ task, progress }));
  return { inspector: projectionInspector(runs, tasks), told, warnings };
}

const columnOf = (columns: readonly PointColumn[], label: string): PointColumn => {
  const found = columns.find((column) => column.label === label);
  if (found === undefined) throw new Error(`There is no column ${label}.`);
  return found;
};

/** The vectors, as they are exported. */
async function vectorsOf(inspector: ProjectionInspector, source: EmbeddingSource): Promise<number[][]> {
  const output = path.join(folder, 'vectors.npy');
  const request = { source, rows: null, format: 'npy', coordinates: null, dimensions: 2, output } as const;
  await inspector.exportTable(request);
  return readNpy(await readFile(output));
}

function readNpy(bytes: Buffer): number[][] {
  expect(bytes.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
  const start = 10 + bytes.readUInt16LE(8);
  const [, rows, width] = /'shape': \((\d+), (\d+)\)/.exec(bytes.toString('latin1', 10, start))!.map(Number);
  expect(bytes).toHaveLength(start + 4 * rows! * width!);
  return Array.from({ length: rows! }, (_, row) =>
    Array.from({ length: width! }, (_, axis) => bytes.readFloatLE(start + 4 * (row * width! + axis))),
  );
}

describe.each(Object.entries(TINY_MODELS))('the tables of %s', (name, model) => {
  useBackend('wasm');

  it('open at each checkpoint, with what is known of their rows', async () => {
    const run = await trainTiny(path.join(folder, name), model);
    const { inspector } = open();
    const tables = await inspector.embeddingTables({ run, checkpoint: 'last' });
    expect(tables.length).toBeGreaterThan(0);
    const isProduct = ['sasrec', 'gru4rec', 'bert4rec', 'hstu', 'twoTower'].includes(name);
    expect(tables.some((table) => table.name === 'vectors/items')).toBe(isProduct);
    expect(tables.some((table) => table.name === 'states')).toBe(isProduct);
    for (const { name: table, rows, numRows, width, maxPosition } of tables) {
      for (const checkpoint of ['best', 'last']) {
        const source = { run, checkpoint, table, ...(maxPosition !== null && { position: maxPosition }) };
        const points = await inspector.points(source, ALL);
        expect(points).toMatchObject({ numRows, width });
        expect(Array.from(points.rows)).toEqual(Array.from({ length: numRows }, (_, row) => row));
        expect(points.labels).toHaveLength(numRows);
        for (const { values } of points.columns) expect(values).toHaveLength(numRows);
        const expected = {
          items: [
            'popularity decile',
            'training interactions',
            'in training and test',
            'norm',
            'category',
            'year',
          ],
          users: ['history length', 'norm'],
          positions: ['norm'],
          values: ['norm'],
        };
        expect(points.columns.map((column) => column.label)).toEqual(expected[rows]);
        const { coordinates, explained } = await inspector.pca(source, ALL, { components: [0, 1] });
        expect(coordinates).toHaveLength(2 * numRows);
        expect(explained).toHaveLength(width);
        expect(coordinates.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('know what is recommended, to one user and to all', async () => {
    const run = path.join(
      folder,
      name,
      '.recsight/runs',
      (await readdir(path.join(folder, name, '.recsight/runs')))[0]!,
    );
    const { inspector, told } = open();
    const source = { run, checkpoint: 'best' };
    const path5 = await inspector.userPath(source, 3, 5);
    expect(path5.recommended).toHaveLength(5);
    const seen = new Set(path5.items.map(({ item }) => item));
    expect(path5.recommended.some(({ item }) => seen.has(item))).toBe(false);
    const scores = path5.recommended.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));

    const items = (await inspector.embeddingTables(source)).find(({ rows }) => rows === 'items')!;
    const table = { ...source, table: items.name };
    const counts = await inspector.recommendationCounts(table, ALL, 5, 'count');
    expect(counts.values.reduce((sum, count) => sum + count, 0)).toBe(40 * 5);
    for (const { item } of path5.recommended) expect(counts.values[item - 1]).toBeGreaterThan(0);
    expect(told.length).toBeGreaterThan(0);
    // Another process finds them in the run.
    const again = open();
    expect(await again.inspector.recommendationCounts(table, ALL, 5, 'count')).toEqual(counts);
    expect(again.told).toEqual([]);
    await inspector.recommendationCounts(table, ALL, 10, 'count');
    const { columns } = await inspector.points(table, ALL);
    expect(columns.at(-1)).toMatchObject({
      kind: 'number',
      id: ':recommendations',
      label: 'recommended in top-10',
    });
  });
});

describe('the projection of a run', () => {
  useBackend('wasm');
  let run: string;
  let other: string;
  let items: EmbeddingSource;
  beforeAll(async () => {
    run = await trainTiny(path.join(folder, 'one'), TINY_MODELS.sasrec!, { epochs: 3 });
    other = await trainTiny(path.join(folder, 'one'), TINY_MODELS.gru4rec!, { seed: 8 });
    items = { run, checkpoint: 'best', table: 'items' };
  });

  it('tells items by title, and knows how popular they are and what the data say of them', async () => {
    const { inspector } = open();
    const { ids, labels, columns } = await inspector.points(items, ALL);
    const row = ids.indexOf('i5');
    expect(labels[row]).toBe('Title, "5"\tof\n5');
    const year = columnOf(columns, 'year');
    const category = columnOf(columns, 'category');
    expect(year.values[row]).toBeCloseTo(1995, 3);
    expect(category.kind === 'category' && category.labels[category.values[row]!]).toBe('c');

    const counts = columnOf(columns, 'training interactions').values;
    const deciles = columnOf(columns, 'popularity decile').values;
    for (let a = 0; a < counts.length; a++)
      for (let b = 0; b < counts.length; b++) {
        if (counts[a]! > counts[b]!) expect(deciles[a]).toBeLessThanOrEqual(deciles[b]!);
        if (counts[a] === counts[b]) expect(deciles[a]).toBe(deciles[b]);
      }
    const vectors = await vectorsOf(inspector, items);
    columnOf(columns, 'norm').values.forEach((norm, place) =>
      expect(norm).toBeCloseTo(Math.hypot(...vectors[place]!), 5),
    );
  });

  it('draws the same random rows for a seed, with each degree of popularity in its share', async () => {
    const { inspector } = open();
    const counts = columnOf((await inspector.points(items, ALL)).columns, 'training interactions').values;
    const order = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
    const seen = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const sampling = { maxPoints: 8, seed };
      const { rows, ids, hash } = await inspector.points(items, sampling);
      expect(await inspector.points(items, sampling)).toMatchObject({ rows, ids, hash });
      expect(ids).toHaveLength(8);
      // One of each three of 24, by popularity.
      const thirds = Array.from(rows, (row) => Math.floor(order.indexOf(row) / 3)).sort((a, b) => a - b);
      expect(thirds).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      for (const row of rows) seen.add(row);
    }
    expect(seen.size).toBe(24);
    const { coordinates } = await inspector.pca(items, { maxPoints: 8, seed: 1 }, { components: [0, 1, 2] });
    expect(coordinates).toHaveLength(24);
  });

  it('has the principal components of ml-pca', async () => {
    const { inspector } = open();
    const vectors = await vectorsOf(inspector, items);
    const { coordinates, explained } = await inspector.pca(items, ALL, { components: [0, 1, 2] });
    const reference = new PCA(vectors);
    reference.getExplainedVariance().forEach((share, axis) => expect(explained[axis]).toBeCloseTo(share, 5));
    const expected = reference.predict(vectors, { nComponents: 3 }).to2DArray();
    for (let axis = 0; axis < 3; axis++) {
      const own = vectors.map((_, row) => coordinates[row * 3 + axis]!);
      const sign = Math.sign(own[0]! * expected[0]![axis]!);
      own.forEach((value, row) => expect(Math.abs(value - sign * expected[row]![axis]!)).toBeLessThan(1e-5));
    }
  });

  it('finds the neighbors that comparing with all rows finds', async () => {
    const { inspector } = open();
    const vectors = await vectorsOf(inspector, items);
    const product = (a: number[], b: number[]) => a.reduce((sum, x, axis) => sum + x * b[axis]!, 0);
    const values: Record<DistanceMetric, (a: number[], b: number[]) => number> = {
      dot: product,
      cosine: (a, b) => product(a, b) / (Math.hypot(...a) * Math.hypot(...b)),
      euclidean: (a, b) => Math.hypot(...a.map((x, axis) => x - b[axis]!)),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.nat(23),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom<DistanceMetric>('dot', 'cosine', 'euclidean'),
        async (row, k, metric) => {
          const sign = metric === 'euclidean' ? 1 : -1;
          const expected = vectors
            .map((vector, index) => ({ row: index, value: values[metric](vectors[row]!, vector) }))
            .filter((neighbor) => neighbor.row !== row)
            .sort((a, b) => sign * (a.value - b.value))
            .slice(0, k);
          const found = await inspector.neighbors(items, { row: rowIndex(row) }, metric, k);
          expect(found.map((neighbor) => neighbor.row)).toEqual(expected.map((neighbor) => neighbor.row));
          found.forEach(({ value }, place) => expect(value).toBeCloseTo(expected[place]!.value, 5));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps a layout in the run, and makes it anew where the file is damaged', async () => {
    const { inspector, told } = open();
    const first = await inspector.umap(items, ALL, UMAP, 'lay');
    expect(first.cached).toBe(false);
    expect(first.coordinates).toHaveLength(48);
    expect(first.trustworthiness).toBeGreaterThan(0.5);
    expect(told[0]).toMatchObject({ task: 'lay', progress: { phase: 'Finding neighbors' } });

    const again = await open().inspector.umap(items, ALL, UMAP, 'lay');
    expect(again).toMatchObject({ cached: true, coordinates: first.coordinates });
    const reversed = Object.fromEntries(Object.entries(UMAP).reverse()) as unknown as typeof UMAP;
    expect(await inspector.umap(items, ALL, reversed, 'lay')).toMatchObject({ cached: true });
    for (const change of [{ seed: 4 }, { minDistance: 0.5 }, { dimensions: 3 }] as const)
      expect(await inspector.umap(items, ALL, { ...UMAP, ...change }, 'lay')).toMatchObject({
        cached: false,
      });
    expect(await inspector.umap(items, { maxPoints: 12, seed: 1 }, UMAP, 'lay')).toMatchObject({
      cached: false,
    });

    const projection = path.join(run, 'projection');
    for (const damage of [(bytes: Buffer) => bytes.subarray(0, bytes.length - 5), () => Buffer.from('{}')]) {
      for (const file of await readdir(projection)) {
        expect(file).toMatch(/^(umap-[0-9a-f]{24}\.safetensors)$/);
        await writeFile(path.join(projection, file), damage(await readFile(path.join(projection, file))));
      }
      const anew = await open().inspector.umap(items, ALL, UMAP, 'lay');
      expect(anew).toMatchObject({ cached: false, coordinates: first.coordinates });
    }
  });

  it('answers other calls while it lays points out, and ends when it is canceled', async () => {
    const { inspector, told } = open();
    const laying = inspector.umap(items, ALL, { ...UMAP, epochs: 10_000, seed: 99 }, 'long');
    const failure = expect(laying).rejects.toMatchObject({ code: 'inspection/canceled' });
    while (!told.some(({ progress }) => progress.layout !== undefined))
      await inspector.neighbors(items, { row: rowIndex(1) }, 'cosine', 3);
    await inspector.cancel('long');
    await failure;
    const layout = told.find(({ progress }) => progress.layout !== undefined)!.progress;
    expect(layout).toMatchObject({ phase: 'Laying out', of: 10_000 });
    expect(layout.layout).toHaveLength(48);
    expect(layout.done).toBeLessThan(10_000);
    await inspector.cancel('no such task');
  });

  it('ends when it is canceled while its checkpoint is loaded', async () => {
    const { inspector, told } = open();
    const laying = inspector.umap(items, ALL, { ...UMAP, epochs: 10_000, seed: 98 }, 'early');
    const failure = expect(laying).rejects.toMatchObject({ code: 'inspection/canceled' });
    await inspector.cancel('early');
    await failure;
    expect(told.filter(({ progress }) => progress.layout !== undefined)).toEqual([]);
  });

  it('numbers clusters from the largest', async () => {
    const { inspector } = open();
    const clusters = await inspector.clusters(items, ALL, 4, 1);
    const sizes = [0, 1, 2, 3].map((cluster) => clusters.filter((one) => one === cluster).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(24);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(await inspector.clusters(items, ALL, 4, 1)).toEqual(clusters);
  });

  it('has statistics, in which an item that training never moved is dead', async () => {
    const { inspector } = open();
    const { numDead, deadRows, norm, ...statistics } = await inspector.statistics(items);
    expect(statistics).toMatchObject({ numRows: 24, width: 8, numDuplicates: 0 });
    expect(numDead).toBe(deadRows.length);
    expect(norm.min).toBeGreaterThan(0);
    expect(norm.max).toBeGreaterThan(norm.min);
    expect(statistics.effectiveDimensions).toBeGreaterThan(1);
    // Training parts have 7 items at most, of which the newest is never read: the older 6 of 12 positions stay as they were.
    const longer = { ...TINY_MODELS.sasrec!, maxSequenceLength: 12 };
    const wide = await trainTiny(path.join(folder, 'wide'), longer);
    const positions = await inspector.statistics({ run: wide, checkpoint: 'last', table: 'positions' });
    expect(Array.from(positions.deadRows)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('sums up a selection', async () => {
    const { inspector } = open();
    const vectors = await vectorsOf(inspector, items);
    const { mean, typical, coherence } = await inspector.selection(items, Uint32Array.of(3, 7, 11));
    const expected = vectors[0]!.map(
      (_, axis) => (vectors[3]![axis]! + vectors[7]![axis]! + vectors[11]![axis]!) / 3,
    );
    mean.forEach((value, axis) => expect(value).toBeCloseTo(expected[axis]!, 6));
    expect(typical.map(({ row }) => row).sort((a, b) => a - b)).toEqual([3, 7, 11]);
    expect(typical.map(({ value }) => value)).toEqual(
      typical.map(({ value }) => value).sort((a, b) => b - a),
    );
    expect(coherence).toBeCloseTo(typical.reduce((sum, { value }) => sum + value, 0) / 3, 6);
    // The mean can be asked for its neighbors.
    const [nearest] = await inspector.neighbors(items, { vector: mean }, 'cosine', 1);
    expect(nearest!.value).toBeGreaterThan(0.5);
  });

  it('finds nothing to have moved between a table and itself, and aligns those of two models by id', async () => {
    const { inspector } = open();
    const same = await inspector.compare(items, { ...items }, ALL, { components: [0, 1] });
    expect(same.residual).toBeLessThan(1e-9);
    expect(Array.from(same.rows)).toEqual(Array.from({ length: 24 }, (_, row) => row));
    for (const moved of same.moved) expect(moved).toBeLessThan(1e-5);
    expect(Array.from(same.overlap)).toEqual(Array.from({ length: 24 }, () => 1));
    const own = await inspector.pca(items, ALL, { components: [0, 1] });
    same.coordinates.forEach((value, place) => expect(value).toBeCloseTo(own.coordinates[place]!, 4));

    // GRU4Rec's vectors of items as scored are narrower, and have the same ids.
    const narrow = { run: other, checkpoint: 'best', table: 'vectors/items' };
    for (const [a, b] of [
      [items, narrow],
      [narrow, items],
    ] as const) {
      const compared = await inspector.compare(a, b, ALL, { components: [0, 1] });
      expect(compared.residual).toBeGreaterThan(0);
      expect(compared.residual).toBeLessThanOrEqual(1);
      expect(compared.coordinates.every(Number.isFinite)).toBe(true);
      const [most, second] = compared.mostMoved;
      expect(most!.value).toBeGreaterThanOrEqual(second!.value);
      expect(compared.moved[most!.row]).toBe(most!.value);
    }
    await expect(
      inspector.compare(items, { run: other, checkpoint: 'best', table: 'vectors/users' }, ALL, {
        components: [0],
      }),
    ).rejects.toThrow(/`items` \(24 items\) and `vectors\/users` \(40 users\) have no id in common/);
  });

  it('shows states as they were some items ago', async () => {
    const { inspector } = open();
    const states = { run, checkpoint: 'last', table: 'states' };
    const now = await vectorsOf(inspector, { ...states, position: 0 });
    const before = await vectorsOf(inspector, { ...states, position: 1 });
    expect(now).not.toEqual(before);
    expect(await vectorsOf(inspector, { ...states, table: 'vectors/users' })).toEqual(now);
  });

  it('is written so that others can read it', async () => {
    const { inspector } = open();
    const rows = Uint32Array.of(5, 2);
    const { ids, labels, columns } = await inspector.points(items, ALL);
    const vectors = await vectorsOf(inspector, items);
    const write = (
      format: 'tensorboard' | 'csv' | 'npy',
      file: string,
      coordinates: Float32Array | null = null,
    ) =>
      inspector.exportTable({
        ...{ source: items, rows, format, coordinates, dimensions: 2 },
        output: path.join(folder, 'out', file),
      });
    const names = columns.map(({ label }) => label);

    const [tsv, metadata] = await write('tensorboard', 'items.tsv');
    expect([tsv, metadata].map((file) => path.basename(file!))).toEqual(['items.tsv', 'items.metadata.tsv']);
    const lines = async (file: string) => (await readFile(file, 'utf8')).split('\n');
    const vectorLines = await lines(tsv!);
    expect(vectorLines).toHaveLength(3);
    expect(vectorLines[0]!.split('\t').map((text) => Math.fround(Number(text)))).toEqual(vectors[5]);
    const metadataLines = await lines(metadata!);
    expect(metadataLines).toHaveLength(4);
    expect(metadataLines[0]!.split('\t')).toEqual(['id', 'label', ...names]);
    // It has no escapes for what parts columns and rows.
    expect(metadataLines[2]!.split('\t').slice(0, 2)).toEqual([ids[2], labels[2]!.replace(/[\t\n]/g, ' ')]);
    for (const line of metadataLines.slice(0, 3)) expect(line.split('\t')).toHaveLength(2 + names.length);

    const [csv] = await write('csv', 'items.csv', Float32Array.of(1.5, -2, 0.25, 4));
    const text = await readFile(csv!, 'utf8');
    expect(text.startsWith(`id,label,${names.join(',')},x,y\n`)).toBe(true);
    expect(text).toContain(`${ids[5]!},"${labels[5]!.replaceAll('"', '""')}",`);
    expect(text).toMatch(/,1\.5,-2\n/);
    expect(text).toMatch(/,0\.25,4\n$/);

    const [npy, idList] = await write('npy', 'items.npy');
    expect(readNpy(await readFile(npy!))).toEqual([vectors[5], vectors[2]]);
    expect(path.basename(idList!)).toBe('items.ids.csv');
    expect((await readFile(idList!, 'utf8')).startsWith(`id,label\n${ids[5]!},`)).toBe(true);
    expect((await readdir(path.join(folder, 'out'))).sort()).toHaveLength(5);
    await expect(write('csv', 'bad.csv', new Float32Array(3))).rejects.toThrow(/3 coordinates for 2 rows/);
  });

  it('remembers bookmarks, and says when their file is damaged', async () => {
    const { inspector } = open();
    expect(await inspector.bookmarks(run)).toEqual([]);
    const bookmarks = [{ name: 'a', createdAt: 5, state: { zoom: [1, 2] } }];
    await inspector.saveBookmarks(run, bookmarks);
    expect(await open().inspector.bookmarks(run)).toEqual(bookmarks);
    await writeFile(path.join(run, 'projection', 'bookmarks.json'), '{"bookmarks": [{}]}');
    await expect(inspector.bookmarks(run)).rejects.toMatchObject({ code: 'inspection/damaged-bookmarks' });
    await rm(path.join(run, 'projection', 'bookmarks.json'));
  });

  it('still lays out where nothing can be kept', async () => {
    const source = { ...items, run: other };
    await writeFile(path.join(other, 'projection'), 'a file in the way');
    const { inspector, warnings } = open();
    const table = { ...source, table: 'vectors/items' };
    expect(await inspector.umap(table, ALL, UMAP, 'lay')).toMatchObject({ cached: false });
    expect(warnings.join()).toContain(path.join(other, 'projection'));
    await rm(path.join(other, 'projection'));
  });

  it.each<[string, (inspector: ProjectionInspector) => Promise<unknown>, string, RegExp]>([
    [
      'table',
      (one) => one.points({ ...items, table: 'itmes' }, ALL),
      'inspection/no-table',
      /no table of vectors named `itmes`\. It has `items`, .*`states`/,
    ],
    [
      'position',
      (one) => one.points({ ...items, table: 'states', position: 6 }, ALL),
      'inspection/bad-position',
      /no states at position 6: .* from 0, the newest item, to 5/,
    ],
    [
      'checkpoint',
      (one) => one.points({ ...items, checkpoint: 'epoch-99' }, ALL),
      'checkpoint/missing',
      /epoch-99/,
    ],
    [
      'component',
      (one) => one.pca(items, ALL, { components: [0, 8] }),
      'inspection/no-component',
      /no component 8.* has 8/,
    ],
    [
      'row',
      (one) => one.neighbors(items, { row: rowIndex(24) }, 'dot', 3),
      'inspection/no-row',
      /no row 24.* has 24 rows/,
    ],
    [
      'vector',
      (one) => one.neighbors(items, { vector: Float32Array.of(1, 2) }, 'dot', 3),
      'analysis/shape',
      /2 values, where the table has 8/,
    ],
    [
      'number of neighbors',
      (one) => one.neighbors(items, { row: rowIndex(0) }, 'dot', 101),
      'inspection/bad-count',
      /1 to 100/,
    ],
    ['number of clusters', (one) => one.clusters(items, ALL, 0, 1), 'inspection/bad-count', /0 clusters/],
    [
      'sample',
      (one) => one.points(items, { maxPoints: 0, seed: 1 }),
      'inspection/bad-sampling',
      /sample of 0 points/,
    ],
    ['selection', (one) => one.selection(items, new Uint32Array()), 'inspection/nothing-selected', /No rows/],
    ['user', (one) => one.userPath(items, 40, 5), 'inspection/no-user', /no user 40: users go from 0 to 39/],
    [
      'neighborhood',
      (one) => one.umap(items, ALL, { ...UMAP, numNeighbors: 1000 }, 'lay'),
      'inspection/bad-umap',
      /1000 neighbors were requested; expected 2 to 200/,
    ],
    [
      'rows of a count',
      (one) => one.recommendationCounts({ ...items, table: 'vectors/users' }, ALL, 5, 'count'),
      'inspection/no-items',
      /rows of `vectors\/users` are users/,
    ],
  ])('says what is wrong with a %s', async (_, call, code, message) => {
    const failure = call(open().inspector);
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(message);
  });
});
