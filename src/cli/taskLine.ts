import type { TaskProgress } from '../protocol/inspection';
import { formatPercent } from '../series/format';

/** How far a task is, in one line of a terminal that is redrawn; nothing where the output is no terminal. */
export class TaskLine {
  #drawn = false;

  constructor(private readonly output: NodeJS.WriteStream) {}

  show({ phase, done, of }: TaskProgress): void {
    if (!this.output.isTTY) return;
    this.output.write(`\r\x1b[2K${phase} … ${formatPercent(of === 0 ? 0 : done / of)}`);
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) this.output.write('\r\x1b[2K');
    this.#drawn = false;
  }
}
