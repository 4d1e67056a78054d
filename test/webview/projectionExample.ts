import { embeddingStatistics } from '../../src/analysis/embeddingStatistics';
import { neighbors } from '../../src/analysis/neighbors';
import { pca, projectRows, type Pca } from '../../src/analysis/pca';
import { procrustes } from '../../src/analysis/procrustes';
import { rowOf, selectRows, type Table } from '../../src/analysis/table';
import { RandomStream } from '../../src/compute/random';
import type { CheckpointSource, InspectedRun, ItemLabel, UserLabel } from '../../src/protocol/inspection';
import {
  dataColumnId,
  OWN_COLUMNS,
  type DistanceMetric,
  type EmbeddingSource,
  type EmbeddingTable,
  type NeighborQuery,
  type NumberPointColumn,
  type PcaRequest,
  type PointNeighbor,
  type PointSet,
  type Sampling,
  type SelectionSummary,
  rowIndex,
  type TableComparison,
  type TableStatistics,
  type UserPath,
} from '../../src/protocol/projection';

const WIDTH = 16;
const GENRES = [
  'Drama',
  'Comedy',
  'Thriller',
  'Science Fiction',
  'Animation',
  'Documentary',
  'Western',
  'Romance',
  'Horror',
  'Musical',
  'War',
  'Short',
  'Biography',
  'Fantasy',
];
const NOUNS = [
  'Harbour',
  'Winter',
  'Station',
  'Garden',
  'Signal',
  'River',
  'Orchard',
  'Shadow',
  'Letter',
  'Island',
];
const ADJECTIVES = [
  'Silent',
  'Last',
  'Golden',
  'Hidden',
  'Distant',
  'Broken',
  'Second',
  'Northern',
  'Paper',
  'Blue',
];

/**
 * A run whose items lie in clusters by genre, popular ones with longer vectors, and whose answers are computed as the
 * inspector computes them: exact principal components, neighbors by comparing with every row, Procrustes.
 */
export class ExampleRun {
  readonly run: InspectedRun;
  readonly items: Table;
  readonly genres: Int32Array;
  readonly popularity: Float32Array;
  readonly #epochs = new Map<string, Table>();
  readonly #pcas = new Map<string, Pca>();

  constructor(directory: string, name: string, numItems: number, seed: number) {
    const checkpoints = [1, 3, 6, 9].map((epoch) => ({ name: `epoch-${epoch}`, epoch }));
    this.run = {
      run: directory,
      id: name,
      name,
      model: 'sasrec',
      isBaseline: false,
      checkpoints: [...checkpoints, { name: 'best', epoch: 12 }, { name: 'last', epoch: 14 }],
      numUsers: 500,
      numItems,
    };
    const random = new RandomStream(seed, 1);
    const centers = Array.from({ length: GENRES.length * WIDTH }, () => random.nextNormal());
    const values = new Float32Array(numItems * WIDTH);
    this.genres = new Int32Array(numItems);
    this.popularity = new Float32Array(numItems);
    for (let row = 0; row < numItems; row++) {
      const genre = Math.floor(GENRES.length * random.nextFloat() ** 1.7);
      this.genres[row] = genre;
      this.popularity[row] = Math.floor(3 + 4000 * random.nextFloat() ** 9);
      const length = 0.6 + 0.12 * Math.log1p(this.popularity[row]!);
      for (let axis = 0; axis < WIDTH; axis++) {
        values[row * WIDTH + axis] = length * (centers[genre * WIDTH + axis]! + 0.42 * random.nextNormal());
      }
    }
    // A row that never moved, and two that are equal.
    values.fill(0, 5 * WIDTH, 6 * WIDTH);
    values.copyWithin(8 * WIDTH, 7 * WIDTH, 8 * WIDTH);
    this.items = { values, numRows: numItems, width: WIDTH };
  }

  /** Earlier epochs are nearer to noise, turned by a rotation as another training would be. */
  table({ checkpoint }: CheckpointSource): Table {
    const epoch = this.run.checkpoints.find(({ name }) => name === checkpoint)?.epoch;
    if (epoch === undefined) throw new Error(`There is no checkpoint ${checkpoint} in ${this.run.id}.`);
    if (checkpoint === 'best') return this.items;
    const known = this.#epochs.get(checkpoint);
    if (known) return known;
    const random = new RandomStream(epoch, 2);
    const noise = 1.2 / (1 + epoch);
    const { numRows, width } = this.items;
    const values = this.items.values.map((value) => value + noise * random.nextNormal());
    for (let row = 0; row < numRows; row++) {
      const [a, b] = [values[row * width]!, values[row * width + 1]!];
      values[row * width] = -b;
      values[row * width + 1] = a;
    }
    const table = { values, numRows, width };
    this.#epochs.set(checkpoint, table);
    return table;
  }

  title(row: number): string {
    const number = Math.floor(row / (NOUNS.length * ADJECTIVES.length));
    const name = `The ${ADJECTIVES[row % 10]!} ${NOUNS[Math.floor(row / 10) % 10]!}`;
    return number === 0 ? name : `${name} ${number + 1}`;
  }

  label(row: number): ItemLabel {
    return { item: row + 1, id: `m${row + 1}`, title: this.title(row) };
  }

  tables(): EmbeddingTable[] {
    const { numRows, width } = this.items;
    return [
      {
        name: 'itemEmbedding',
        label: 'Items',
        rows: 'items',
        feature: null,
        numRows,
        width,
        maxPosition: null,
      },
      { name: 'states', label: 'States', rows: 'users', feature: null, numRows: 500, width, maxPosition: 49 },
    ];
  }

  /** Every so manieth row, which is random enough here. */
  rows({ maxPoints }: Sampling): Uint32Array {
    const { numRows } = this.items;
    const count = Math.min(maxPoints, numRows);
    return Uint32Array.from({ length: count }, (_, place) => Math.floor((place * numRows) / count));
  }

  points(source: EmbeddingSource, sampling: Sampling): PointSet {
    const rows =
      source.table === 'states' ? Uint32Array.from({ length: 500 }, (_, row) => row) : this.rows(sampling);
    // Of as many items as there are, a tenth is in each decile, but for those that are as popular as one another.
    const sorted = this.popularity.slice().sort();
    const decileOf = (row: number): number => {
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle]! < this.popularity[row]!) low = middle + 1;
        else high = middle;
      }
      return 10 - Math.min(9, Math.floor((10 * low) / sorted.length));
    };
    const { values, numRows, width } = this.table(source);
    return {
      hash: `${this.run.id}-${source.checkpoint}`,
      numRows: source.table === 'states' ? 500 : numRows,
      width,
      rows,
      ids: [...rows].map((row) => (source.table === 'states' ? `u${row}` : `m${row + 1}`)),
      labels: [...rows].map((row) => (source.table === 'states' ? `u${row}` : this.title(row))),
      columns: [
        {
          kind: 'category',
          id: OWN_COLUMNS.popularityDecile,
          label: 'popularity decile',
          values: Int32Array.from(rows, decileOf),
          labels: ['', '1 (most popular)', '2', '3', '4', '5', '6', '7', '8', '9', '10 (least popular)'],
          ordered: true,
        },
        {
          kind: 'number',
          id: OWN_COLUMNS.trainingInteractions,
          label: 'training interactions',
          values: Float32Array.from(rows, (row) => this.popularity[row]!),
        },
        {
          kind: 'category',
          id: dataColumnId('genre'),
          label: 'genre',
          values: Int32Array.from(rows, (row) => 1 + this.genres[row]!),
          labels: ['', ...GENRES],
          ordered: false,
        },
        {
          kind: 'number',
          id: dataColumnId('year'),
          label: 'year',
          values: Float32Array.from(rows, (row) => (row % 17 === 0 ? NaN : 1960 + ((row * 7) % 60))),
        },
        {
          kind: 'number',
          id: OWN_COLUMNS.norm,
          label: 'norm',
          values: Float32Array.from(rows, (row) =>
            Math.hypot(...values.subarray(row * width, (row + 1) * width)),
          ),
        },
      ],
    };
  }

  pca(source: EmbeddingSource, sampling: Sampling, { components }: PcaRequest) {
    const found = this.#components(source);
    const rows =
      source.table === 'states' ? Uint32Array.from({ length: 500 }, (_, row) => row) : this.rows(sampling);
    const coordinates = projectRows(selectRows(this.table(source), rows), found, components).values;
    return { coordinates, explained: Float32Array.from(found.shares) };
  }

  #components(source: CheckpointSource): Pca {
    const known = this.#pcas.get(source.checkpoint) ?? pca(this.table(source));
    this.#pcas.set(source.checkpoint, known);
    return known;
  }

  neighbors(
    source: CheckpointSource,
    query: NeighborQuery,
    metric: DistanceMetric,
    k: number,
  ): PointNeighbor[] {
    const asked = 'row' in query ? query.row : query.vector;
    return neighbors(this.table(source), [asked], k, metric)[0]!.map(({ row, score }) => ({
      row: rowIndex(row),
      id: `m${row + 1}`,
      label: this.title(row),
      value: score,
    }));
  }

  selection(source: CheckpointSource, rows: Uint32Array): SelectionSummary {
    const table = this.table(source);
    const mean = new Float32Array(WIDTH);
    for (const row of rows) rowOf(table, row).forEach((value, axis) => (mean[axis]! += value / rows.length));
    const chosen = selectRows(table, rows);
    const [near] = neighbors(chosen, [mean], rows.length, 'cosine');
    const typical = near!.slice(0, 10).map(({ row, score }) => ({
      row: rowIndex(rows[row]!),
      id: `m${rows[row]! + 1}`,
      label: this.title(rows[row]!),
      value: score,
    }));
    return { mean, typical, coherence: near!.reduce((sum, { score }) => sum + score, 0) / rows.length };
  }

  /** Lloyd's k-means of directions, from rows far apart in the table. */
  clusters(source: EmbeddingSource, sampling: Sampling, k: number): Int32Array {
    const rows = this.rows(sampling);
    const table = selectRows(this.table(source), rows);
    let centers = Array.from({ length: k }, (_, place) =>
      Float32Array.from(rowOf(table, Math.floor(((place + 0.5) * rows.length) / k))),
    );
    let nearest = new Int32Array(rows.length);
    for (let round = 0; round < 8; round++) {
      const all: Table = {
        values: Float32Array.from(centers.flatMap((center) => [...center])),
        numRows: k,
        width: WIDTH,
      };
      nearest = Int32Array.from(
        rows,
        (_, place) => neighbors(all, [rowOf(table, place)], 1, 'cosine')[0]![0]!.row,
      );
      centers = centers.map((_, cluster) => {
        const sum = new Float32Array(WIDTH);
        nearest.forEach((own, place) => {
          if (own === cluster) rowOf(table, place).forEach((value, axis) => (sum[axis]! += value));
        });
        return sum;
      });
    }
    return nearest;
  }

  /** Of 200 users' lists. */
  recommendationCounts(sampling: Sampling, k: number): NumberPointColumn {
    const counts = new Float32Array(this.items.numRows);
    for (let user = 0; user < 200; user++) {
      for (const { item } of this.userPath(user, k).recommended) counts[item - 1]! += 1;
    }
    const values = Float32Array.from(this.rows(sampling), (row) => counts[row]!);
    return { kind: 'number', id: OWN_COLUMNS.recommendations, label: `recommended in top-${k}`, values };
  }

  statistics(source: CheckpointSource): TableStatistics {
    const table = this.table(source);
    const found = embeddingStatistics(table, { seed: 7, popularity: this.popularity });
    return {
      numRows: table.numRows,
      width: WIDTH,
      anisotropy: found.meanCosine,
      effectiveDimensions: found.effectiveDimensions,
      norm: { mean: found.meanNorm, min: Math.min(...found.norms), max: Math.max(...found.norms) },
      normToPopularity: found.normByPopularity,
      deadRows: Uint32Array.from(found.zeroRows),
      numDead: found.zeroRows.length,
      duplicates: found.duplicates.map((rows) => Uint32Array.from(rows)),
      numDuplicates: found.duplicates.length,
    };
  }

  findUsers(text: string, limit: number): UserLabel[] {
    return Array.from({ length: this.run.numUsers }, (_, user) => user)
      .filter((user) => `u${user}`.startsWith(text))
      .slice(0, limit)
      .map((user) => ({ user, id: `u${user}`, historyLength: 12 }));
  }

  findItems(text: string, limit: number): ItemLabel[] {
    const found: ItemLabel[] = [];
    for (let row = 0; row < this.items.numRows && found.length < limit; row++) {
      if (this.title(row).toLowerCase().includes(text.toLowerCase())) found.push(this.label(row));
    }
    return found;
  }

  /** A user who likes two neighborhoods. */
  userPath(user: number, k: number): UserPath {
    const source = { run: this.run.run, checkpoint: 'best' };
    const start = (user * 37) % this.items.numRows;
    const near = this.neighbors(source, { row: rowIndex(start) }, 'cosine', 30).map(({ row }) => row);
    const rows = [start, ...near.slice(0, 6), (start + 400) % this.items.numRows, ...near.slice(8, 12)];
    const recommended = near.slice(14, 14 + k);
    return {
      user: { user, id: `u${user}`, historyLength: rows.length },
      items: rows.map((row, place) => ({ ...this.label(row), time: 1_500_000_000_000 + place * 86_400_000 })),
      next: this.label(recommended[2]!),
      heldOut: [],
      recommended: recommended.map((row, place) => ({ ...this.label(row), score: 5 - 0.2 * place })),
    };
  }

  compare(
    first: EmbeddingSource,
    other: Table,
    sampling: Sampling,
    { components }: PcaRequest,
  ): TableComparison {
    const own = this.table(first);
    const rows = this.rows(sampling);
    const { aligned, residuals, rootMeanSquare } = procrustes(other, own);
    const found = pca(own);
    const total = found.variances.reduce((sum, variance) => sum + variance, 0);
    const moved = Float32Array.from(rows, (row) => residuals[row]!);
    const overlap = Float32Array.from(rows, (row) => {
      const [near, nearOther] = [own, other].map((table) =>
        neighbors(table, [row], 10, 'cosine')[0]!.map((neighbor) => neighbor.row),
      );
      return near!.filter((neighbor) => nearOther!.includes(neighbor)).length / 10;
    });
    const byDistance = [...rows.keys()].sort((a, b) => moved[b]! - moved[a]!);
    return {
      rows: Int32Array.from(rows),
      moved,
      overlap,
      coordinates: projectRows(selectRows(aligned, rows), found, components).values,
      residual: rootMeanSquare ** 2 / total,
      mostMoved: byDistance.slice(0, 100).map((point) => ({
        row: rowIndex(rows[point]!),
        id: `m${rows[point]! + 1}`,
        label: this.title(rows[point]!),
        value: moved[point]!,
      })),
    };
  }
}
