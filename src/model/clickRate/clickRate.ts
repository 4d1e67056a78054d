import { shownOf, type Baseline, type TrainingSequences } from '../baseline';

/** The share of an item's rows that users took, drawn to the mean of all items where it was shown rarely: (clicks + s·mean) / (rows + s). */
export class ClickRate implements Baseline {
  /** By item index. */
  readonly #rates: Float64Array;

  private constructor(rates: Float64Array) {
    this.#rates = rates;
  }

  static fit(sequences: TrainingSequences, { smoothing }: { smoothing: number }): ClickRate {
    const { items, labels } = shownOf(sequences);
    const rows = new Float64Array(sequences.numItems + 1);
    const taken = new Float64Array(sequences.numItems + 1);
    items.forEach((item, row) => {
      rows[item]! += 1;
      taken[item]! += labels[row]!;
    });
    const mean = labels.reduce((sum, label) => sum + label, 0) / Math.max(1, labels.length);
    // Without smoothing, an item that was never shown still has no rate of its own.
    const rateOf = (count: number, item: number): number =>
      count + smoothing === 0 ? mean : (taken[item]! + smoothing * mean) / (count + smoothing);
    return new ClickRate(rows.map(rateOf));
  }

  score(histories: readonly Uint32Array[]): Float32Array {
    const rates = this.#rates.subarray(1);
    const scores = new Float32Array(histories.length * rates.length);
    histories.forEach((_, row) => scores.set(rates, row * rates.length));
    return scores;
  }

  probabilities(_users: ArrayLike<number>, items: ArrayLike<number>): Float64Array {
    return Float64Array.from(items, (item) => this.#rates[item]!);
  }
}
