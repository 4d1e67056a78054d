import { setTimeout as sleep } from 'node:timers/promises';
import { readRun } from '../../src/runs/runStore';
import { isActive } from '../../src/protocol/run';
import type { Kind } from './campaign';
import type { FaultAction } from './faultPlan';
import { BUSY, Trial } from './trial';

const KILLS: readonly FaultAction[] = ['kill before', 'kill after', 'tear'];

/** A trainer takes half a second. */
const RUN_MS = 600;

const killedAtCall: Kind = {
  name: 'killed-at-call',
  what: 'SIGKILL before, after or in the middle of the n-th call that changes a file',
  weight: 4,
  short: 4,
  async run(fault) {
    const trial = await Trial.make(fault);
    const plan = () =>
      ({
        calls: 'change',
        at: fault.between(1, trial.reference.changes.length),
        action: fault.pick(KILLS),
      }) as const;
    await trial.start('train', plan()).end();
    await trial.checkAtRest();
    // A misfortune seldom comes alone.
    for (let more = fault.random.nextInt(3) - 1; more > 0; more--) {
      await trial.start('resume', plan()).end();
      await trial.checkAtRest();
    }
    await trial.finish();
  },
};

const killedAtTime: Kind = {
  name: 'killed-at-time',
  what: 'SIGKILL, SIGTERM or a request to stop at any time',
  weight: 2,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault);
    for (const command of ['train', 'resume'] as const) {
      const how = fault.pick(['SIGKILL', 'SIGTERM', 'request'] as const);
      const after = fault.between(0, RUN_MS);
      fault.note(`${command}: ${how} after ${after} ms`);
      const trainer = trial.start(command);
      await sleep(after);
      if (how === 'request') await trial.run.requestStop();
      else trainer.signal(how);
      await trainer.end();
      await trial.checkAtRest();
    }
    await trial.finish();
  },
};

const frozen: Kind = {
  name: 'frozen',
  what: 'stopped by SIGSTOP at the n-th call: not lost, not taken over, and right after SIGCONT',
  weight: 1,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault);
    const at = fault.between(1, trial.reference.changes.length);
    const trainer = trial.start('train', { calls: 'change', at, action: 'freeze' });
    if (await trainer.isFrozen()) {
      const { status } = await readRun(trial.run.path);
      fault.expect(status !== 'lost', 'a frozen trainer counts as lost');
      if (isActive(status)) {
        const other = await trial.start('resume').end();
        // Before the lock is made, the other one is the first.
        if (at > 2) trial.checkEnd(other, [BUSY]);
      }
      trainer.signal('SIGCONT');
    }
    trial.checkEnd(await trainer.end(), [0, BUSY]);
    await trial.finish();
  },
};

const together: Kind = {
  name: 'together',
  what: 'several trainers are started on one run at the same time, new or left by a killed one',
  weight: 1,
  short: 1,
  async run(fault) {
    const trial = await Trial.make(fault);
    const isNew = fault.random.nextFloat() < 0.5;
    if (!isNew) {
      const at = fault.between(3, trial.reference.changes.length);
      await trial.start('train', { calls: 'change', at, action: fault.pick(KILLS) }).end();
    }
    const count = fault.between(2, 3);
    fault.note(`${count} trainers`);
    const trainers = Array.from({ length: count }, () => trial.start(isNew ? 'train' : 'resume'));
    const ends = await Promise.all(trainers.map((trainer) => trainer.end()));
    for (const end of ends) trial.checkEnd(end, [0, BUSY]);
    fault.expect(
      ends.some(({ code }) => code === 0),
      'none of the trainers got the run',
    );
    await trial.checkResult();
    await trial.finish();
  },
};

/** What signals and crashes do. */
export const KILL_KINDS: readonly Kind[] = [killedAtCall, killedAtTime, frozen, together];
