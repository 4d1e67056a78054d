import { directionOf } from '../evaluation/metrics/metrics';
import type { MeasuredMetrics } from '../protocol/run';
import type { EarlyStoppingState } from '../runs/checkpointState';

/** Remembers the best validation and says when to give up. */
export class EarlyStopping {
  constructor(
    private readonly metric: string,
    private readonly patience: number | null,
    private readonly minDelta: number,
    public state: EarlyStoppingState = { best: null, withoutImprovement: 0 },
  ) {}

  /** Takes in a validation. Returns whether it is the best so far, by more than `minDelta`. */
  record(measured: MeasuredMetrics): boolean {
    const direction = directionOf(this.metric);
    const value = measured.metrics[this.metric] ?? Number.NaN;
    const best = this.state.best?.metrics[this.metric];
    const improved = direction * value > (best === undefined ? -Infinity : direction * best + this.minDelta);
    this.state = improved
      ? { best: measured, withoutImprovement: 0 }
      : { best: this.state.best, withoutImprovement: this.state.withoutImprovement + 1 };
    return improved;
  }

  get shouldStop(): boolean {
    return this.patience !== null && this.state.withoutImprovement >= this.patience;
  }
}
