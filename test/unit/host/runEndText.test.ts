import { describe, expect, it } from 'vitest';
import { endedBadly, endsText, endText } from '../../../src/host/runEndText';
import type { RunManifest } from '../../../src/protocol/run';
import { makeRun, reached } from './runs';

const title = 'sasrec · 14:05';

function tested(value: number, evaluatedAt: number): Pick<RunManifest, 'test'> {
  const protocol = { ...makeRun().manifest.protocol!, part: 'test' as const };
  return {
    test: { epoch: 6, step: 600, metrics: { 'ndcg@10': value }, protocol, baselines: {}, evaluatedAt },
  };
}

describe('endText', () => {
  it('tells how well a run that finished did, and what is to be doubted', () => {
    expect(endText(makeRun({ ...reached(0.11421), ...tested(0.1093, 1) }), title, null)).toBe(
      'sasrec · 14:05 finished: NDCG@10 0.1142 on validation, 0.1093 on test.',
    );
    expect(endText(makeRun(reached(0.11421)), title, null)).toBe(
      'sasrec · 14:05 finished: NDCG@10 0.1142 on validation.',
    );
    const warnings = [{ code: 'training/diverging' as const, message: 'The loss grows.' }];
    expect(endText(makeRun({ warnings }), title, null)).toBe('sasrec · 14:05 finished, but loss diverged.');
  });

  it('tells how far a run got that was stopped, and why one failed', () => {
    expect(endText(makeRun(reached(0.1), 'stopped'), title, null)).toBe(
      'sasrec · 14:05 was stopped after 7 of 20 epochs: NDCG@10 0.1000 on validation.',
    );
    const error = { code: 'dataset/missing-file', message: 'ratings.csv does not exist.' };
    expect(endText(makeRun({ error }, 'failed'), title, null)).toBe(
      'sasrec · 14:05 failed: ratings.csv does not exist.',
    );
  });

  it('speaks of the evaluation where nothing else has ended', () => {
    const run = makeRun({ ...reached(0.1), ...tested(0.0931, 2) });
    expect(endText(run, title, { testBefore: 1 })).toBe(
      'sasrec · 14:05 was evaluated: NDCG@10 0.09310 on test.',
    );
    expect(endText(run, title, { testBefore: 2 })).toMatch(/^The evaluation of sasrec · 14:05 ended without/);
  });
});

describe('endsText', () => {
  it('names the first and counts the others', () => {
    const runs = (['finished', 'failed', 'lost', 'stopped', 'finished'] as const).map((status, n) => ({
      run: makeRun({}, status),
      title: `run ${n}`,
    }));
    expect(endsText(runs.slice(0, 2))).toBe('2 runs have ended: run 0 finished and run 1 failed.');
    expect(endsText(runs)).toBe(
      '5 runs have ended: run 0 finished, run 1 failed, run 2 was lost, and 2 more.',
    );
    expect(runs.map(({ run }) => endedBadly(run))).toEqual([false, true, true, false, false]);
  });
});
