// @ts-check
/*
 * node keeper.mjs <marker>
 *
 * Waits until its standard input closes, which it does when the process that started it ends, by whatever way. Then it
 * kills every process that was started under the marker, however deep and however detached: trainers leave their
 * parent's process group on purpose, so a test that dies half way would leave them behind. They are found by the
 * environment, which processes inherit. startKeeper.mjs starts it. Linux only, as the test host is.
 */
import { readdirSync, readFileSync } from 'node:fs';

const [marker = ''] = process.argv.slice(2);
process.stdin.resume();
process.stdin.on('close', () => {
  // Whatever was just starting a process is caught the next time.
  while (killMarked() > 0);
});

/** Kills each process whose environment holds the marker; returns how many there were. */
function killMarked() {
  let killed = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
      const markers = environment.find((entry) => entry.startsWith('RECSIGHT_TEST=')) ?? '';
      if (!markers.includes(marker)) continue;
      process.kill(Number(pid), 'SIGKILL');
      killed += 1;
    } catch {
      // It ended by itself, or belongs to another user.
    }
  }
  return killed;
}
