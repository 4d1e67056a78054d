// @ts-check
/*
 * node keeper.mjs <marker> <command> [argument…]
 *
 * Runs a command and, when its own standard input closes, kills every process that was started under it, however
 * deep and however detached: trainers leave their parent's process group on purpose, so a test that dies half way
 * would leave them behind. They are found by a marker in the environment, which processes inherit. The input closes
 * when the parent ends, by whatever way. Linux only, as the test host is.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const [marker = '', command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, RECSIGHT_TEST: marker },
});
child.on('exit', finish);
process.stdin.resume();
process.stdin.on('close', finish);

function finish() {
  // Whatever was just starting a process is caught the next time.
  while (killMarked() > 0);
  process.exit();
}

/** Kills each process whose environment holds the marker; returns how many there were. */
function killMarked() {
  let killed = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`RECSIGHT_TEST=${marker}`))
        continue;
      process.kill(Number(pid), 'SIGKILL');
      killed += 1;
    } catch {
      // It ended by itself, or belongs to another user.
    }
  }
  return killed;
}
