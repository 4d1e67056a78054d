import type { RandomStream } from '../../compute/random';
import type { CategoryColumn, MultiColumn } from '../../protocol/features';

/*
 * Views of an item for self-supervised learning (Yao et al., "Self-supervised Learning for Large-scale Item
 * Recommendations", CIKM 2021, arXiv 2007.12865): an item is a row of F columns, its id and its features, and each of its
 * two views hides about half of them.
 */

/**
 * Which columns the two views hide; m = ⌊F/2⌋.
 * - `rfm` (random feature masking): m random columns each, drawn for themselves
 * - `rfmComplementary`: m random columns, and all others
 * - `cfm` (correlated feature masking): the m columns that are most related to a random one, and all others
 */
export type ViewPattern = 'rfm' | 'rfmComplementary' | 'cfm';

/** Which cells the views of some rows hide: 1 where they do, `[rows, F]`. */
export interface HiddenCells {
  left: Uint8Array;
  right: Uint8Array;
}

/** What is random about the views of a row. */
export interface ColumnDraws {
  /** All columns in a random order. */
  permutation(): ArrayLike<number>;
  /** Any column. */
  column(): number;
}

/** The draws that a stream of random numbers makes among so many columns. */
export function columnDraws(numColumns: number, random: RandomStream): ColumnDraws {
  return {
    permutation: () => {
      const columns = Uint32Array.from({ length: numColumns }, (_, column) => column);
      random.shuffle(columns);
      return columns;
    },
    column: () => random.nextInt(numColumns),
  };
}

/**
 * Which columns the views of one row hide, 1 for those.
 * @param related for each column those that `cfm` hides for it, of {@link relatedColumns}
 */
export function hiddenColumns(
  pattern: ViewPattern,
  related: readonly (readonly number[])[],
  draws: ColumnDraws,
): HiddenCells {
  const numColumns = related.length;
  const half = Math.floor(numColumns / 2);
  const only = (columns: readonly number[]): Uint8Array => {
    const hidden = new Uint8Array(numColumns);
    for (const column of columns) hidden[column] = 1;
    return hidden;
  };
  const drawHalf = (): Uint8Array => only(Array.from(draws.permutation()).slice(0, half));
  const left = pattern === 'cfm' ? only(related[draws.column()]!) : drawHalf();
  return { left, right: pattern === 'rfm' ? drawHalf() : left.map((hidden) => 1 - hidden) };
}

/**
 * Which cells the views of so many rows hide.
 * @param perRow whether each row hides columns of its own, or all the same
 */
export function hiddenCells(
  pattern: ViewPattern,
  related: readonly (readonly number[])[],
  rows: number,
  perRow: boolean,
  random: RandomStream,
): HiddenCells {
  const numColumns = related.length;
  const draws = columnDraws(numColumns, random);
  const cells = { left: new Uint8Array(rows * numColumns), right: new Uint8Array(rows * numColumns) };
  let hidden = hiddenColumns(pattern, related, draws);
  for (let row = 0; row < rows; row++) {
    if (perRow && row > 0) hidden = hiddenColumns(pattern, related, draws);
    cells.left.set(hidden.left, row * numColumns);
    cells.right.set(hidden.right, row * numColumns);
  }
  return cells;
}

/**
 * Mutual information of all pairs of columns, Σ p(x, y)·log(p(x, y)/(p(x)·p(y))), in nats; that of a column with itself is
 * its entropy. All 0 where no row has a weight.
 * @param columns a value for each row
 * @param weights how often each row was seen
 */
export function mutualInformation(
  columns: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
): number[][] {
  const shares = columns.map((column) => sharesOf(weights, (row) => column[row]!));
  const information = columns.map(() => columns.map(() => 0));
  columns.forEach((first, a) => {
    for (let b = a; b < columns.length; b++) {
      const second = columns[b]!;
      const stride = 1 + largest(second);
      let sum = 0;
      for (const [pair, share] of sharesOf(weights, (row) => first[row]! * stride + second[row]!)) {
        const product = shares[a]!.get(Math.floor(pair / stride))! * shares[b]!.get(pair % stride)!;
        sum += share * Math.log(share / product);
      }
      // Rounding may take it a little below.
      information[a]![b] = information[b]![a] = Math.max(0, sum);
    }
  });
  return information;
}

/** For each column the ⌊F/2⌋ others with the largest mutual information, in descending order; ties by their place. */
export function relatedColumns(information: readonly (readonly number[])[]): number[][] {
  const half = Math.floor(information.length / 2);
  return information.map((row, column) =>
    Array.from(row.keys())
      .filter((other) => other !== column)
      .sort((a, b) => row[b]! - row[a]! || a - b)
      .slice(0, half),
  );
}

/** The value of each row as one number. Of several values it stands for the whole set. */
export function columnCodes(column: CategoryColumn | MultiColumn): Int32Array {
  if (column.kind === 'category') return column.values;
  const { offsets, values } = column;
  const codes = new Map<string, number>();
  return Int32Array.from({ length: offsets.length - 1 }, (_, row) => {
    const set = [...new Set(values.subarray(offsets[row], offsets[row + 1]))].sort((a, b) => a - b).join();
    const code = codes.get(set) ?? codes.size;
    codes.set(set, code);
    return code;
  });
}

/** Some items, each as likely as any other, and none twice unless more are wanted than there are. */
export function drawItems(count: number, numItems: number, random: RandomStream): Int32Array {
  const drawn = new Int32Array(count);
  if (count >= numItems) return drawn.map(() => 1 + random.nextInt(numItems));
  if (count > numItems / 2) {
    const items = Uint32Array.from({ length: numItems }, (_, place) => place + 1);
    random.shuffle(items);
    return Int32Array.from(items.subarray(0, count));
  }
  const taken = new Set<number>();
  return drawn.map(() => {
    let item = 1 + random.nextInt(numItems);
    while (taken.has(item)) item = 1 + random.nextInt(numItems);
    taken.add(item);
    return item;
  });
}

/** The share of each code in the sum of weights. */
function sharesOf(weights: ArrayLike<number>, codeOf: (row: number) => number): Map<number, number> {
  const shares = new Map<number, number>();
  let total = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    const code = codeOf(row);
    shares.set(code, (shares.get(code) ?? 0) + weight);
    total += weight;
  }
  for (const [code, weight] of shares) shares.set(code, weight / total);
  return shares;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let place = 0; place < values.length; place++) most = Math.max(most, values[place]!);
  return most;
}
