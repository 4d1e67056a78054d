import type { TaskProgress } from '../protocol/inspection';
import { formatPercent } from '../series/format';
import { notes } from './terminal';

/** Shows how far a task is, in one line of a terminal that is redrawn. */
export function showTask({ phase, done, of }: TaskProgress): void {
  notes.draw(`${phase} … ${formatPercent(of === 0 ? 0 : done / of)}`);
}
