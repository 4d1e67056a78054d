import { describe, expect, it } from 'vitest';
import { activeRuns, statusDetail, statusTexts } from '../../../src/host/statusText';
import { makeRun, reached } from './runs';

describe('statusTexts', () => {
  it('shows epoch and main metric of a training run', () => {
    const { text, spoken, failed } = statusTexts(makeRun(reached(0.1123), 'running'), 0);
    expect(text).toBe('$(sync~spin) sasrec 7/20 epochs · NDCG@10 0.1123');
    expect(spoken).toBe('Run sasrec, training, 7 of 20 epochs, NDCG@10 0.1123');
    expect(failed).toBe(false);
  });

  it('counts the others, and names other states', () => {
    expect(statusTexts(makeRun({}, 'preparing'), 2).text).toBe('$(sync~spin) sasrec preparing +2');
  });

  it('turns to an error only for a run that ended badly', () => {
    expect(statusTexts(makeRun({}, 'failed'), 0)).toMatchObject({
      text: '$(error) sasrec failed',
      failed: true,
    });
  });
});

describe('activeRuns', () => {
  it('are the newest first, without those that have ended or are lost', () => {
    const runs = [
      makeRun({ id: 'a', createdAt: 1 }, 'running'),
      makeRun({ id: 'b', createdAt: 3 }, 'lost'),
      makeRun({ id: 'c', createdAt: 2 }, 'stopping'),
      makeRun({ id: 'd', createdAt: 4 }, 'finished'),
    ];
    expect(activeRuns(runs).map(({ manifest }) => manifest.id)).toEqual(['c', 'a']);
  });
});

describe('statusDetail', () => {
  it('adds loss and time left, or tells the error', () => {
    expect(statusDetail(makeRun({}, 'running'))).toBe(
      '7/20 epochs · step 700 · loss 0.4312 · 1 min 12 s left',
    );
    const error = { code: 'disk/full', message: 'The disk is full. Free some space.' };
    expect(statusDetail(makeRun({ error }, 'failed'))).toBe('The disk is full');
  });
});
