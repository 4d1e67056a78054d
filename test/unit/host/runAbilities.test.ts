import { describe, expect, it } from 'vitest';
import { contextValueOf } from '../../../src/host/runAbilities';
import { makeRun, reached } from './runs';

describe('contextValueOf', () => {
  it.each([
    [makeRun({}, 'preparing'), 'run active'],
    [makeRun(reached(0.1), 'running'), 'run active'],
    [makeRun(reached(0.1), 'finished'), 'run idle evaluable'],
    [makeRun(reached(0.1), 'stopped'), 'run idle resumable evaluable'],
    [makeRun({}, 'failed'), 'run idle resumable'],
    [makeRun(reached(0.1), 'lost'), 'run idle resumable evaluable'],
  ])('says what can be done ($1)', (run, value) => {
    expect(contextValueOf(run)).toBe(value);
  });
});
