import { describe, expect, it } from 'vitest';
import { EarlyStopping } from '../../../src/training/earlyStopping';

const measured = (epoch: number, value: number) => ({
  epoch,
  step: epoch * 10,
  metrics: { 'ndcg@10': value },
});

describe('EarlyStopping', () => {
  it('stops after `patience` validations without improvement', () => {
    const stopping = new EarlyStopping('ndcg@10', 2, 0);
    const improved = [0.1, 0.2, 0.2, 0.15].map((value, index) => stopping.record(measured(index + 1, value)));
    expect(improved).toEqual([true, true, false, false]);
    expect(stopping.shouldStop).toBe(true);
    expect(stopping.state.best?.epoch).toBe(2);
  });

  it('does not count a gain within minDelta', () => {
    const stopping = new EarlyStopping('ndcg@10', 5, 0.05);
    expect([0.1, 0.14, 0.16].map((value, index) => stopping.record(measured(index, value)))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('takes a first value of 0 as the best so far, and never NaN', () => {
    const stopping = new EarlyStopping('ndcg@10', 5, 0.1);
    expect(stopping.record(measured(1, Number.NaN))).toBe(false);
    expect(stopping.record(measured(2, 0))).toBe(true);
  });

  it('takes the lowest value of a metric of which lower is better', () => {
    const stopping = new EarlyStopping('gini@10', 5, 0.05);
    const record = (epoch: number, value: number): boolean =>
      stopping.record({ epoch, step: epoch, metrics: { 'gini@10': value } });
    expect([0.5, 0.6, 0.47, 0.4].map((value, index) => record(index + 1, value))).toEqual([
      ...[true, false, false, true],
    ]);
    expect(stopping.state.best?.epoch).toBe(4);
  });

  it('never stops without patience, and goes on from its state', () => {
    const endless = new EarlyStopping('ndcg@10', null, 0);
    for (let epoch = 1; epoch < 50; epoch++) endless.record(measured(epoch, 0.1));
    expect(endless.shouldStop).toBe(false);
    expect(new EarlyStopping('ndcg@10', 3, 0, endless.state).shouldStop).toBe(true);
  });
});
