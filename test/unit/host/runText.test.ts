import { describe, expect, it } from 'vitest';
import {
  failureMessage,
  lastActivity,
  otherPlacesText,
  resultFacts,
  shortError,
} from '../../../src/host/runText';
import { lastRunText } from '../../../src/host/configLensText';
import { runTooltip } from '../../../src/host/runTooltip';
import { runRow } from '../../../src/host/runTreeModel';
import { statusDetail, statusTexts } from '../../../src/host/statusText';
import { shownText } from './shownText';
import { makeRun, NO_SETTINGS, reached } from './runs';

describe('resultFacts', () => {
  it('has the best main metric, and progress unless it got to its end', () => {
    expect(resultFacts(makeRun(reached(0.11234), 'running'))).toEqual(['NDCG@10 0.1123', '7/20 epochs']);
    expect(resultFacts(makeRun(reached(0.11234), 'finished'))).toEqual(['NDCG@10 0.1123']);
    expect(resultFacts(makeRun({}, 'finished'))).toEqual(['7/20 epochs']);
    expect(resultFacts(makeRun({}, 'stopped'))).toEqual(['7/20 epochs']);
  });

  it('of a refit has the test, because it has no validation', () => {
    const refitOf = { run: '20261120-120000-sasrec-1a2b', epochs: 7 };
    const best = { epoch: 7, step: 700, metrics: {} };
    const { protocol } = makeRun().manifest;
    const test = {
      ...{ ...best, metrics: { 'ndcg@10': 0.1093 }, baselines: {}, evaluatedAt: 1 },
      protocol: { ...protocol!, part: 'test', refit: true } as const,
    };
    const refit = { refitOf, best, protocol: null };
    expect(resultFacts(makeRun({ ...refit, test }, 'finished'))).toEqual(['test NDCG@10 0.1093', 'refit']);
    expect(resultFacts(makeRun(refit, 'running'))).toEqual(['refit', '7/20 epochs']);
    const tooltip = shownText(runTooltip(makeRun({ ...refit, test }), 'sasrec', NO_SETTINGS, 3_000_000));
    expect(tooltip).toContain(
      'refit of 20261120-120000-sasrec-1a2b: 7 epochs on training and validation together',
    );
    expect(tooltip).not.toContain('validation, epoch');
    expect(tooltip).toContain('NDCG@10');
  });

  it('names the states in which nothing is trained', () => {
    expect(resultFacts(makeRun({}, 'preparing'))).toEqual(['preparing']);
    expect(resultFacts(makeRun(reached(0.11234), 'stopping'))).toEqual([
      'NDCG@10 0.1123',
      'stopping',
      '7/20 epochs',
    ]);
  });

  it('says why a run failed, in short', () => {
    const error = { code: 'training/nan', message: 'The loss is NaN at epoch 2. Lower the learning rate.' };
    expect(resultFacts(makeRun({ error }, 'failed'))).toEqual(['The loss is NaN at epoch 2']);
  });
});

describe('shortError', () => {
  it('keeps file names with dots and cuts what is too long', () => {
    expect(shortError('No file ratings.csv in data.\nLooked in /x')).toBe('No file ratings.csv in data');
    const cut = shortError('x'.repeat(100));
    expect(cut).toHaveLength(60);
    expect(cut.endsWith('…')).toBe(true);
  });
});

describe('lastActivity', () => {
  it('is the end of a run that has one', () => {
    expect(lastActivity(makeRun({ updatedAt: 3, finishedAt: 2 }, 'finished'))).toBe(2);
    expect(lastActivity(makeRun({ updatedAt: 3, finishedAt: null }, 'lost'))).toBe(3);
    // A resumed run carries the end of its first part.
    expect(lastActivity(makeRun({ updatedAt: 3, finishedAt: 2 }, 'running'))).toBe(3);
  });
});

describe('failureMessage', () => {
  const title = 'sasrec · 14:05';

  it('speaks only of bad ends, of the run that it was', () => {
    const error = { code: 'dataset/missing-file', message: 'ratings.csv does not exist.' };
    expect(failureMessage(makeRun({ error }, 'failed'), title)).toBe(
      'sasrec · 14:05 failed: ratings.csv does not exist.',
    );
    const printed = {
      code: 'x',
      message: 'The trainer ended with exit code 1. It printed:\nError\n    at main',
    };
    expect(failureMessage(makeRun({ error: printed }, 'failed'), title)).toBe(
      'sasrec · 14:05 failed: The trainer ended with exit code 1.',
    );
    expect(failureMessage(makeRun({}, 'lost'), title)).toContain('stopped after 7 of 20 epochs');
    expect(failureMessage(makeRun({}, 'finished'), title)).toBeNull();
    expect(failureMessage(makeRun({}, 'stopped'), title)).toBeNull();
  });
});

describe('a run without epochs', () => {
  const progress = { epoch: 0, epochs: 0, step: 0, stepsPerEpoch: 0, remainingMs: null, loss: null };
  const measured = { epoch: 0, step: 0, metrics: { 'ndcg@10': 0.2 } };

  it('is nowhere said to be at epoch 0 of 0', () => {
    for (const status of ['preparing', 'running', 'evaluating', 'finished', 'failed', 'lost'] as const) {
      for (const best of [null, measured]) {
        const run = makeRun({ progress, best }, status);
        const { label, description, spoken } = runRow(
          run,
          { settings: '', start: '14:05' },
          { best: false, apart: false },
        );
        const bar = statusTexts(run, 0);
        const texts = [label, description, spoken, bar.text, bar.spoken, statusDetail(run)];
        texts.push(
          shownText(runTooltip(run, 'sasrec', NO_SETTINGS, 3_000_000)),
          lastRunText(run, 3_000_000),
          failureMessage(run, 'sasrec') ?? '',
        );
        expect(texts.join('\n')).not.toMatch(/0\/0|\d epochs?|NaN|undefined/i);
        expect(label).not.toBe('');
      }
    }
  });
});

describe('otherPlacesText', () => {
  it('names the first folders and counts the rest', () => {
    expect(otherPlacesText(['configs/deep'])).toMatch(/^Runs in configs\/deep are listed too/);
    expect(otherPlacesText(['a', 'b', 'c', 'd', 'e'])).toMatch(/^Runs in a, b, c, and 2 more folders are/);
  });
});
