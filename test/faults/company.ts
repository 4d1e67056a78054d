import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { EventLogReader } from '../../src/runs/eventLog';
import { RunDirectory } from '../../src/runs/runDirectory';
import { RunReadError } from '../../src/runs/runErrors';
import { listRuns, readRun } from '../../src/runs/runStore';
import { loadCheckpoint } from '../../src/inference/checkpoint';
import { decodeSafetensors } from '../../src/formats/safetensors';
import type { Kind } from './campaign';
import { BUSY, Trial } from './trial';

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;
const CLOCK_STEPS = [20, -20, 3600, -3600]
  .map((seconds) => seconds * SECOND)
  .concat([DAY, -DAY, 4000 * DAY, -4000 * DAY]);
/** Longer than a heartbeat may be late. */
const STALE_MS = 60 * SECOND;
/** How long a trainer whose run is gone may take to notice. */
const NOTICE_MS = 10 * SECOND;

const clock: Kind = {
  name: 'clock',
  what: 'the clock steps by seconds, hours, days or years while a run is trained, killed and resumed',
  weight: 1.5,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault);
    const step = () => ({ afterMs: fault.between(0, 500), stepMs: fault.pick(CLOCK_STEPS) });
    const at = fault.between(1, trial.reference.changes.length);
    await trial
      .start('train', { calls: 'change', at, action: fault.pick(['kill before', 'none']), clock: step() })
      .end();
    // On one host a dead trainer is known by its process, whatever the clocks say.
    await trial.checkAtRest();
    trial.checkEnd(
      await trial.start('resume', { calls: 'change', action: 'none', clock: step() }).end(),
      [0],
    );
    await trial.checkResult();
    await trial.finish();
  },
};

const hosts: Kind = {
  name: 'two-hosts',
  what: 'a trainer is frozen, one on another host takes the run over, and the first wakes',
  weight: 2,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault);
    const first = trial.start('train', { calls: 'change', action: 'none', host: 'first-host' });
    const after = fault.between(100, 500);
    fault.note(`frozen after ${after} ms`);
    await sleep(after);
    first.signal('SIGSTOP');
    if (!(await first.isFrozen()) || !existsSync(trial.run.processPath)) {
      first.signal('SIGCONT');
      trial.checkEnd(await first.end(), [0]);
      await trial.finish();
      return;
    }
    const plan = { calls: 'change', host: 'second-host' } as const;
    if (readFileSync(trial.run.processPath, 'utf8') === '') {
      // It was frozen before it could say who it is, so that nobody waits for it.
      trial.checkEnd(await trial.start('resume', { ...plan, action: 'none' }).end(), [0]);
      first.signal('SIGCONT');
      trial.checkEnd(await first.end(), [BUSY]);
      await trial.checkResult();
      await trial.finish();
      return;
    }
    trial.checkEnd(await trial.start('resume', { ...plan, action: 'none' }).end(), [BUSY]);
    passTime(trial);
    const wakesDuring = fault.random.nextFloat() < 0.7;
    const at = fault.between(3, trial.reference.changes.length);
    const second = trial.start('resume', {
      ...plan,
      ...(wakesDuring && { at }),
      action: wakesDuring ? 'freeze' : 'none',
    });
    if (await second.isFrozen()) {
      first.signal('SIGCONT');
      await sleep(fault.between(0, 300));
      second.signal('SIGCONT');
    }
    trial.checkEnd(await second.end(), [0]);
    first.signal('SIGCONT');
    trial.checkEnd(await first.end(), [BUSY]);
    await trial.checkResult();
    await trial.finish();
  },
};

/** As if the trainer that has the run had been silent for longer than it may. */
function passTime({ run }: Trial): void {
  const text = readFileSync(run.processPath, 'utf8');
  const trainer = JSON.parse(text) as { heartbeat: number };
  trainer.heartbeat -= STALE_MS;
  writeFileSync(run.processPath, JSON.stringify(trainer));
}

const removed: Kind = {
  name: 'removed',
  what: 'the run is removed while it is trained: its trainer ends, and it does not come back',
  weight: 1.5,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault);
    const at = fault.between(1, trial.reference.changes.length);
    const trainer = trial.start('train', { calls: 'change', at, action: 'freeze' });
    if (!(await trainer.isFrozen())) return;
    rmSync(trial.run.path, { recursive: true });
    const before = readdirSync(path.dirname(trial.run.path)).sort().join();
    trainer.signal('SIGCONT');
    const woken = performance.now();
    const end = await trainer.end();
    const took = performance.now() - woken;
    fault.expect(took < NOTICE_MS, `the trainer went on for ${Math.round(took)} ms`);
    fault.expect(end.signal === null, `the trainer ended with ${String(end.signal)}`);
    const after = readdirSync(path.dirname(trial.run.path)).sort().join();
    fault.expect(after === before, `there are ${after} instead of ${before}: ${listing(trial.run.path)}`);
    trial.checkSurroundings();
  },
};

function listing(folder: string): string {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).join(' ') : 'the run is gone';
}

const readers: Kind = {
  name: 'readers',
  what: 'others list the run, follow its log and load its checkpoints while it is trained',
  weight: 1.5,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault, { variants: ['sasrec', 'gru4rec'] });
    const { run, reference } = trial;
    // Else it advertises another package.
    tf.enableProdMode();
    await tf.setBackend('cpu');
    const weights = weightsOf(reference.run.checkpointPath('best'));
    fault.onEnd(() => weights.forEach((weight) => weight.dispose()));
    const log = new EventLogReader(run.eventsPath);
    const trainer = trial.start('train');
    let nextSeq = 0;
    let looks = 0;
    const look = async () => {
      const { unreadable } = await listRuns(path.dirname(run.path));
      fault.violation(...unreadable.map(({ message }) => message));
      const { status } = await readRun(run.path);
      fault.expect(!['lost', 'failed'].includes(status), `a run in training is ${status}`);
      for (const event of await log.readNew()) {
        fault.expect(event.seq === nextSeq, `event ${event.seq} comes where ${nextSeq} should`);
        nextSeq = event.seq + 1;
      }
      for (const name of await run.checkpoints()) {
        // A snapshot may go while it is read.
        const isKept = name === 'best' || name === 'last';
        const folder = new RunDirectory(run.path).checkpointPath(name);
        if (!existsSync(path.join(folder, 'state.json'))) continue;
        const state = await loadCheckpoint(folder, weights, null).catch((error: unknown) => {
          // Its state goes first, and its folder last.
          if (isKept || existsSync(path.join(folder, 'state.json'))) throw error;
          return null;
        });
        if (state !== null) looks++;
      }
    };
    while (!trainer.hasEnded) {
      await look().catch((error: unknown) => {
        const code = error instanceof RunReadError ? error.code : 'no code';
        fault.violation(
          `a reader is told (${code}): ${error instanceof Error ? error.message : String(error)}`,
        );
      });
      await sleep(fault.random.nextInt(3));
    }
    fault.note(`${looks} checkpoints read`);
    trial.checkEnd(await trainer.end(), [0]);
    await trial.checkResult();
  },
};

/** Variables of the shapes that a checkpoint has. */
function weightsOf(folder: string): Map<string, tf.Variable> {
  const { files } = JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8')) as {
    files: { model: string };
  };
  const tensors = decodeSafetensors(readFileSync(path.join(folder, files.model)));
  return new Map([...tensors].map(([name, { shape }]) => [name, tf.variable(tf.zeros(shape))]));
}

/** What other processes, hosts, clocks and people do. */
export const COMPANY_KINDS: readonly Kind[] = [clock, hosts, removed, readers];
