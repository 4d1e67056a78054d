import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

/**
 * Has a process that nobody else waits for end when this one ends by itself or by `process.exit`. What ends this one by force
 * asks nothing; a process with a channel to this one notices that by itself.
 */
export function endWithUs(child: ChildProcess): void {
  if (children.size === 0) process.on('exit', endAll);
  children.add(child);
  child.once('exit', () => {
    children.delete(child);
    if (children.size === 0) process.off('exit', endAll);
  });
}

function endAll(): void {
  for (const child of children) child.kill();
}
