import { countOf } from '../../src/protocol/countOf';
import type { RunStatus } from '../../src/protocol/run';

/** The charts of the panel by what they wait for. */
export type ChartKind = 'validation' | 'loss' | 'throughput' | 'system';

/** What is known of a run whose chart has no points. */
export interface Known {
  /** Null until the extension has answered. */
  status: RunStatus | null;
  /** The event log is still being read. */
  reading: boolean;
  /** Steps that the run has taken. */
  steps: number;
  /** It is a refit. */
  refit: boolean;
}

const FIRST: Record<ChartKind, string> = {
  validation: 'validation',
  loss: 'step',
  throughput: 'step',
  system: 'measurement',
};

const NOT_YET: Record<ChartKind, string> = {
  validation: 'Validation runs at the end of an epoch.',
  loss: 'The loss appears after the first step.',
  throughput: 'The throughput appears after the first step.',
  system: 'Memory and CPU use appear after the first step.',
};

/** What a chart without points says in place of a picture: what is happening, or null for nothing. */
export function chartPlaceholder(chart: ChartKind, { status, reading, steps, refit }: Known): string | null {
  if (status === null) return null;
  if (refit && chart === 'validation') return 'A refit learns from validation, so nothing is validated.';
  // Of a run without steps there is next to nothing to read.
  if (reading) return steps > 0 ? `Reading ${countOf(steps, 'step')}…` : null;
  if (status === 'preparing' || status === 'running') return NOT_YET[chart];
  const first = FIRST[chart];
  if (status === 'stopping') return `Training is stopping before the first ${first}.`;
  if (status === 'stopped') return `Training was stopped before the first ${first}.`;
  if (status === 'failed') return `Training failed before the first ${first}.`;
  if (status === 'lost') return `The trainer exited before the first ${first}.`;
  return `No ${first} was recorded.`;
}
