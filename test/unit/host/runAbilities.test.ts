import { describe, expect, it } from 'vitest';
import type { RunManifest } from '../../../src/protocol/run';
import { contextValueOf } from '../../../src/host/runAbilities';
import { makeRun, reached } from './runs';

function progress(epoch: number, epochs: number): RunManifest['progress'] {
  return { epoch, epochs, step: 100 * epoch, stepsPerEpoch: 100, remainingMs: null, loss: null };
}

describe('contextValueOf', () => {
  it.each([
    [makeRun({ progress: progress(0, 20) }, 'preparing'), 'run active'],
    [makeRun({ progress: progress(0, 20) }, 'running'), 'run active'],
    [makeRun(reached(0.1), 'running'), 'run active inspectable'],
    [makeRun(reached(0.1), 'finished'), 'run idle evaluable inspectable'],
    [makeRun(reached(0.1), 'stopped'), 'run idle resumable evaluable inspectable'],
    [makeRun({ progress: progress(0, 20) }, 'failed'), 'run idle restartable'],
    [makeRun(reached(0.1), 'lost'), 'run idle resumable evaluable inspectable'],
    [makeRun({ progress: progress(0, 20) }, 'stopped'), 'run idle restartable'],
    [makeRun({ progress: progress(0, 20) }, 'lost'), 'run idle restartable'],
    // A baseline.
    [makeRun({ progress: progress(0, 0), ...reached(0.1) }, 'finished'), 'run idle evaluable'],
  ])('says what can be done ($1)', (run, value) => {
    expect(contextValueOf(run)).toBe(value);
  });
});
