import { readdirSync, readFileSync } from 'node:fs';

/** Of the times in /proc, on whatever Linux runs code-server. */
const TICKS_PER_SECOND = 100;

/** Of /proc/<pid>/stat: parent, and ticks spent by a process and by its children that have ended. */
interface Spent {
  parent: number;
  ticks: number;
}

/**
 * Processor time in ms that this process and all under it have spent so far, what has ended included. Waiting for a core does
 * not count, so it says more than a clock does where others compute on the same machine.
 */
export function processorTime(): number {
  const all = new Map<number, Spent>();
  for (const entry of readdirSync('/proc')) {
    const spent = /^\d+$/.test(entry) ? spentBy(entry) : null;
    if (spent) all.set(Number(entry), spent);
  }
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at !== 0; at = all.get(at)?.parent)
      if (at === process.pid) return true;
    return false;
  };
  let ticks = 0;
  for (const [pid, spent] of all) if (isOurs(pid)) ticks += spent.ticks;
  return (ticks * 1000) / TICKS_PER_SECOND;
}

function spentBy(pid: string): Spent | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It ended meanwhile.
    return null;
  }
  // The name stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), ticks: utime! + stime! + cutime! + cstime! };
}
