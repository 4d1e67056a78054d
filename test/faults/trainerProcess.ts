import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDirectory } from '../../src/runs/runDirectory';
import { FAULT_VARIABLE, type FaultPlan } from './faultPlan';

/** The built program. The campaign is bundled into `dist/test/faults`. */
export const DIST = path.resolve(__dirname, '..', '..');
const HOOK = path.join(__dirname, 'faultyFiles.js');
/** A trainer of these runs takes a second. One that has not ended by then hangs. */
const PATIENCE_MS = 60_000;
const POLL_MS = 5;

export interface TrainerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it printed, as in `trainer.log`. */
  printed: string;
}

/** A real trainer process on a run, in which something may go wrong. */
export class TrainerProcess {
  readonly #child: ChildProcess;
  readonly #output: string;
  readonly #ended: Promise<Pick<TrainerEnd, 'code' | 'signal'>>;

  /** @param scratch a folder outside of the workspace */
  constructor(
    scratch: string,
    readonly run: RunDirectory,
    readonly command: 'train' | 'resume' | 'evaluate',
    plan: FaultPlan | null = null,
  ) {
    this.#output = path.join(scratch, `trainer-${nextNumber++}.log`);
    const output = openSync(this.#output, 'a');
    const hook = plan === null ? [] : ['--require', HOOK];
    this.#child = spawn(process.execPath, [...hook, path.join(DIST, 'trainer.js'), command, run.path], {
      cwd: path.dirname(run.path),
      env: { ...process.env, RECSIGHT_BACKEND: '', ...(plan && { [FAULT_VARIABLE]: JSON.stringify(plan) }) },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when the process is stopped by a signal, or with false when it has ended instead. */
  async isFrozen(): Promise<boolean> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!this.hasEnded && Date.now() < deadline) {
      const text = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '');
      if (text.slice(text.lastIndexOf(')') + 2).startsWith('T')) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  /** @throws Error when it does not end in a time that is far beyond what its work takes */
  async end(): Promise<TrainerEnd> {
    const waiting = new AbortController();
    const late = sleep(PATIENCE_MS, 'late' as const, { signal: waiting.signal }).catch(() => 'late' as const);
    const ended = await Promise.race([this.#ended, late]);
    waiting.abort();
    if (ended === 'late') {
      this.signal('SIGKILL');
      throw new Error(`the trainer (${this.command}) hangs: it did not end within ${PATIENCE_MS / 1000} s`);
    }
    return { ...ended, printed: readFileSync(this.#output, 'utf8') };
  }

  /** Ends it whatever it does; nothing of a case may outlive it. */
  async kill(): Promise<void> {
    if (!this.hasEnded) this.signal('SIGKILL');
    await this.#ended.catch(() => undefined);
  }
}

let nextNumber = 0;
