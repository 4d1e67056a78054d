// @ts-check
/** The promise that whatever a test starts dies with it, for everything that runs tests. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/**
 * Marks an environment. Every process that is started with it, and by those, is killed when `stop` is called and when
 * this process ends, by whatever way. Marks add up, so that a suite can be kept inside of a run that is kept.
 * Elsewhere than on Linux, nothing is marked and nothing killed.
 *
 * @param {NodeJS.ProcessEnv} [env] That of this process, when nothing else is said.
 * @returns {{ env: { RECSIGHT_TEST?: string }, stop: () => Promise<void> }} `env` is to be added to the environment.
 */
export function startKeeper(env = process.env) {
  if (process.platform !== 'linux') return { env: {}, stop: () => Promise.resolve() };
  const marker = randomUUID();
  const { RECSIGHT_TEST: outer, ...unmarked } = env;
  const child = spawn(process.execPath, [fileURLToPath(new URL('keeper.mjs', import.meta.url)), marker], {
    stdio: ['pipe', 'ignore', 'inherit'],
    // An outer keeper must not kill this one before it has done its work.
    env: unmarked,
    // Ctrl+C in a terminal is for this process; the keeper notices its end and cleans up.
    detached: true,
  });
  child.unref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.ref();
    child.stdin.end();
    await ended;
  };
  return { env: { RECSIGHT_TEST: outer === undefined ? marker : `${outer} ${marker}` }, stop };
}

/** What Vitest calls before the first test and, with the function that this returns, after the last (globalSetup). */
export function setup() {
  const { env, stop } = startKeeper();
  Object.assign(process.env, env);
  return stop;
}
