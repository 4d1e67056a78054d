import { describe, expect, it } from 'vitest';
import { lastRunText } from '../../../src/host/configLensText';
import { makeRun, reached } from './runs';

describe('lastRunText', () => {
  const now = 2_000_000 + 2 * 3_600_000;

  it('is the main metric and the age of a finished run', () => {
    expect(lastRunText(makeRun(reached(0.1142)), now)).toBe('NDCG@10 0.1142 · 2 h ago');
  });

  it('says how a run ended otherwise', () => {
    expect(lastRunText(makeRun({}, 'failed'), now)).toBe('failed · 2 h ago');
    expect(lastRunText(makeRun(reached(0.1142), 'stopped'), now)).toBe('stopped · NDCG@10 0.1142 · 2 h ago');
  });

  it('follows a run that trains', () => {
    expect(lastRunText(makeRun(reached(0.1142), 'running'), now)).toBe(
      'running 7/20 epochs · NDCG@10 0.1142',
    );
  });
});
