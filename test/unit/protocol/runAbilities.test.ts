import { describe, expect, it } from 'vitest';
import type { RunManifest } from '../../../src/protocol/run';
import { contextValueOf, isTested, runAbilities } from '../../../src/protocol/runAbilities';
import { exampleRun, exampleTest } from '../../webview/exampleRun';
import { makeRun, reached } from '../host/runs';

function progress(epoch: number, epochs: number): RunManifest['progress'] {
  return { epoch, epochs, step: 100 * epoch, stepsPerEpoch: 100, remainingMs: null, loss: null };
}

const REFIT = { run: 'first', epochs: 4 };

describe('contextValueOf', () => {
  it.each([
    [makeRun({ progress: progress(0, 20) }, 'preparing'), 'run active'],
    [makeRun({ progress: progress(0, 20) }, 'running'), 'run active'],
    [makeRun(reached(0.1), 'running'), 'run active inspectable recommending'],
    [makeRun(reached(0.1), 'finished'), 'run idle evaluable refittable inspectable recommending'],
    [makeRun(reached(0.1), 'stopped'), 'run idle resumable evaluable refittable inspectable recommending'],
    [makeRun({ progress: progress(0, 20) }, 'failed'), 'run idle restartable'],
    [makeRun(reached(0.1), 'lost'), 'run idle resumable evaluable refittable inspectable recommending'],
    [makeRun({ progress: progress(0, 20) }, 'stopped'), 'run idle restartable'],
    [makeRun({ progress: progress(0, 20) }, 'lost'), 'run idle restartable'],
    [
      makeRun({ ...reached(0.1), test: exampleTest() }, 'finished'),
      'run idle evaluable refittable inspectable recommending comparable',
    ],
    // Refits.
    [makeRun({ ...reached(0.1), refitOf: REFIT }, 'finished'), 'run idle evaluable inspectable recommending'],
    [makeRun({ progress: progress(0, 20), refitOf: REFIT }, 'failed'), 'run idle'],
    // A baseline.
    [makeRun({ progress: progress(0, 0), ...reached(0.1) }, 'finished'), 'run idle evaluable recommending'],
  ])('says what can be done ($1)', (run, value) => {
    expect(contextValueOf(run)).toBe(value);
  });
});

it('offers an untrusted workspace nothing that starts a process', () => {
  const can = (run: Parameters<typeof runAbilities>[0]) =>
    Object.entries(runAbilities(run, false))
      .filter(([, able]) => able as boolean)
      .map(([name]) => name);
  expect(can(exampleRun('running', 3))).toEqual(['active']);
  expect(can(exampleRun('stopped', 3))).toEqual(['idle']);
  expect(can(exampleRun('stopped', 0))).toEqual(['idle']);
});

it('tells whether the best weights were tested', () => {
  const { manifest } = exampleRun('finished', 20);
  const { epoch, step } = manifest.best!;
  expect(isTested(manifest)).toBe(false);
  manifest.test = { ...exampleTest(), epoch, step };
  expect(isTested(manifest)).toBe(true);
  manifest.best = { ...manifest.best!, step: step + 60 };
  expect(isTested(manifest)).toBe(false);
});
