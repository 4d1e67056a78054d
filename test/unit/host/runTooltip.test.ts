import { describe, expect, it } from 'vitest';
import { settingsBeside } from '../../../src/host/runSettings';
import { runTooltip } from '../../../src/host/runTooltip';
import { makeRun, NO_SETTINGS, reached } from './runs';
import { shownText } from './shownText';

describe('runTooltip', () => {
  it('gives validation, test and baselines with their protocol', () => {
    const validation = makeRun().manifest.protocol!;
    const run = makeRun({
      ...reached(0.1284),
      test: {
        epoch: 6,
        step: 600,
        metrics: { 'ndcg@10': 0.1201 },
        protocol: { ...validation, part: 'test' },
        baselines: { popularity: { 'ndcg@10': 0.079 } },
        evaluatedAt: 1,
      },
    });
    const text = shownText(runTooltip(run, 'sasrec', NO_SETTINGS, 2_000_000)).replaceAll('&nbsp;', '');
    expect(text).toContain('|  | validation, epoch 6 | test | popularity |');
    expect(text).toContain('| NDCG@10 | 0.1284 | 0.1201 | 0.07900 |');
    expect(text).toContain('test, leave-one-out, ranked against all 300 items');
    expect(text).toContain('1,000 users, 300 items, 25,000 interactions');
  });

  it('counts clicks and shown items where the data have labels', () => {
    const dataset = {
      fingerprint: 'f1',
      numUsers: 1,
      numItems: 300,
      numInteractions: 5000,
      numShown: 25_000,
    };
    const text = shownText(runTooltip(makeRun({ dataset }), 'sasrec', NO_SETTINGS, 2_000_000));
    expect(text).toContain('1 user, 300 items, 5,000 clicks, 25,000 shown items');
  });

  it('shows nothing that the run does not know', () => {
    const text = shownText(
      runTooltip(makeRun({ dataset: null, protocol: null }, 'preparing'), 'sasrec', NO_SETTINGS, 2_000_000),
    );
    expect(text).not.toMatch(/undefined|null|NaN/);
    expect(text).not.toContain('|');
  });

  it('has every setting: the unusual ones beside the usual value, then the others', () => {
    const settings = settingsBeside({ model: { hiddenSize: 32, loss: { type: 'bpr' } }, seed: null }, [
      { model: { hiddenSize: 32, loss: { type: 'bpr' } }, seed: null },
      { model: { hiddenSize: 64, loss: { type: 'bpr', numNegatives: 5 } }, seed: 1 },
      { model: { hiddenSize: 64, loss: { type: 'bpr', numNegatives: 5 } }, seed: 1 },
    ]);
    const text = shownText(runTooltip(makeRun(), 'sasrec · 14:05', settings, 2_000_000)).replaceAll(
      '&nbsp;',
      ' ',
    );
    expect(text).toContain('**sasrec · 14:05** — ');
    expect(text).toContain('| Settings |   this run |   most of 3 runs |');
    expect(text).toContain('| model.hiddenSize |   **32** |   64 |');
    expect(text).toContain('| model.loss.numNegatives |   **not set** |   5 |');
    expect(text).toContain('| seed |   **not set** |   1 |');
    expect(text).toContain('model.loss.type **bpr**');
  });
});
