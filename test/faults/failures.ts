import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunStatus } from '../../src/protocol/run';
import { readRun } from '../../src/runs/runStore';
import { trainerHasClaimed } from '../../src/runs/trainerLock';
import type { Case, Kind } from './campaign';
import type { SystemErrorCode } from './faultPlan';
import { Trial } from './trial';
import type { TrainerEnd } from './trainerProcess';

const CODES: readonly SystemErrorCode[] = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES'];

interface Tolerance {
  /** Codes that a failed run may have, by their beginning. */
  codes: readonly string[];
  /** Whether the manifest may say nothing, because it could not be written. */
  unrecorded: boolean;
  /** What the run was before: a trainer that does not take it up leaves it so. */
  before?: RunStatus;
}

/**
 * Checks a trainer that met a failing file: either it could do without it, or the run has failed and says why, or the
 * process said so before it took up the run.
 */
async function checkFailure(
  trial: Trial,
  end: TrainerEnd,
  { codes, unrecorded, before }: Tolerance,
): Promise<void> {
  const { fault, run } = trial;
  if (!trial.checkEnd(end, [0, 1])) return;
  await trial.checkAtRestUnless(unrecorded);
  const { status, manifest } = await readRun(run.path);
  if (status === 'finished') return;
  if (status === 'failed') {
    const { code, message } = manifest.error ?? { code: 'none', message: '' };
    fault.expect(
      codes.some((begin) => code.startsWith(begin)),
      `the run failed with ${code}: ${message}`,
    );
    fault.expect(message.includes(trial.workspace), `the message names no file: ${message}`);
    fault.expect(!/\n\s+at /.test(message), `the message holds a stack trace: ${message}`);
    return;
  }
  const isUntouched = status === before || (status === 'preparing' && !(await trainerHasClaimed(run)));
  fault.expect(
    isUntouched || unrecorded,
    `the status is ${status} (${JSON.stringify(manifest.error)}): ${end.printed.trim().slice(-500)}`,
  );
  fault.expect(end.code === 1, 'the trainer neither did its work nor said that it failed');
  fault.expect(
    end.printed.includes(trial.workspace),
    `what the trainer printed names no file: ${end.printed}`,
  );
  if (isUntouched)
    fault.expect(!/\n\s+at /.test(end.printed), `the trainer printed a stack trace: ${end.printed}`);
}

const failingWrite: Kind = {
  name: 'failing-write',
  what: 'a call that changes a file fails (ENOSPC, EIO, EMFILE, EACCES), once or from then on',
  weight: 3,
  short: 2,
  async run(fault) {
    const trial = await Trial.make(fault);
    const code = fault.pick(CODES);
    const forGood = fault.random.nextFloat() < 0.3;
    const at = fault.between(1, trial.reference.changes.length);
    const end = await trial.start('train', { calls: 'change', at, action: 'fail', code, forGood }).end();
    const codes = code === 'ENOSPC' ? ['disk/full'] : ['run/', 'checkpoint/'];
    await checkFailure(trial, end, { codes, unrecorded: forGood });
    await trial.finish({ withoutSnapshots: true });
  },
};

const failingRead: Kind = {
  name: 'failing-read',
  what: 'a call that reads a file fails (EIO, EMFILE, EACCES) while a run is resumed: nothing is taken for missing',
  weight: 3,
  short: 2,
  async run(fault) {
    const trial = await Trial.make(fault);
    const killedAt = fault.between(trial.reference.changes.length >> 1, trial.reference.changes.length);
    await trial.start('train', { calls: 'change', at: killedAt, action: 'kill before' }).end();
    const code = fault.pick(['EIO', 'EMFILE', 'EACCES'] as const);
    const forGood = fault.random.nextFloat() < 0.2;
    const at = fault.between(1, trial.reference.reads.length);
    const step = trial.checkpointStep();
    const before = (await readRun(trial.run.path)).status;
    const events = (await trial.readEvents()).length;
    const end = await trial.start('resume', { calls: 'read', at, action: 'fail', code, forGood }).end();
    const codes = ['run/', 'checkpoint/', 'config/', 'dataset/'];
    await checkFailure(trial, end, { codes, unrecorded: false, before });
    const started = (await trial.readEvents()).slice(events).find(({ kind }) => kind === 'started');
    if (started?.kind === 'started')
      fault.expect(
        started.resumedFromStep === (step ?? 0),
        `training began at step ${started.resumedFromStep} over a checkpoint of step ${String(step)}`,
      );
    await trial.finish();
  },
};

const NO_ROOT = 'mounting a small disk needs root';

/** A file system of so many kB, until the case ends. */
function mountDisk(fault: Case, kilobytes: number): string {
  const disk = path.join(fault.folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk], { stdio: 'ignore' });
  fault.onEnd(() => execFileSync('umount', ['--lazy', disk]));
  return disk;
}

let canMount: boolean | null = null;

function missingMount(): string | null {
  if (canMount === null) {
    const folder = `/tmp/recsight-faults-mount-${process.pid}`;
    try {
      mkdirSync(folder);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
      execFileSync('umount', [folder]);
      canMount = true;
    } catch {
      canMount = false;
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return canMount ? null : NO_ROOT;
}

/** More than a whole run takes. */
const AMPLE_KB = 8192;
/** What a workspace holds before its run is trained. */
const WORKSPACE_KB = 330;

const smallDisk: Kind = {
  name: 'small-disk',
  what: 'a run does not fit on its disk: it fails as disk/full, and goes on when there is space',
  weight: 2,
  short: 1,
  missing: missingMount,
  async run(fault) {
    const disk = mountDisk(fault, AMPLE_KB);
    const trial = await Trial.make(fault, { workspace: path.join(disk, 'workspace') });
    const used = Number(execFileSync('du', ['-sk', disk], { encoding: 'utf8' }).split('\t')[0]);
    const free = fault.between(0, 160);
    fault.note(`${free} kB free`);
    remount(disk, used + free);
    const end = await trial.start('train').end();
    await checkFailure(trial, end, { codes: ['disk/full'], unrecorded: false });
    remount(disk, AMPLE_KB);
    await trial.finish({ withoutSnapshots: true });
  },
};

const filledDisk: Kind = {
  name: 'filled-disk',
  what: 'others fill the disk to the last byte at the n-th call: the run fails as disk/full',
  weight: 2,
  short: 1,
  missing: missingMount,
  async run(fault) {
    const disk = mountDisk(fault, WORKSPACE_KB + 1024);
    const trial = await Trial.make(fault, { workspace: path.join(disk, 'workspace') });
    const at = fault.between(1, trial.reference.changes.length);
    const trainer = trial.start('train', { calls: 'change', at, action: 'freeze' });
    if (await trainer.isFrozen()) {
      const filler = path.join(disk, 'filler');
      fill(filler);
      trainer.signal('SIGCONT');
      const end = await trainer.end();
      await checkFailure(trial, end, { codes: ['disk/full'], unrecorded: false });
      rmSync(filler);
    }
    await trainer.end();
    await trial.finish({ withoutSnapshots: true });
  },
};

function remount(disk: string, kilobytes: number): void {
  execFileSync('mount', ['-o', `remount,size=${kilobytes}k`, disk], { stdio: 'ignore' });
}

function fill(file: string): void {
  for (let bytes = 256 * 1024; bytes >= 1; bytes >>= 1) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // Too much; half of it may fit.
    }
  }
}

/** What disks and limits do. */
export const FAILURE_KINDS: readonly Kind[] = [failingWrite, failingRead, smallDisk, filledDisk];
