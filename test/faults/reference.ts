import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunDirectory } from '../../src/runs/runDirectory';
import type { FaultPlan } from './faultPlan';
import { factsOf, leftovers, problemsAtRest, type RunFacts } from './runFacts';
import { TrainerProcess } from './trainerProcess';
import { makeRun, makeWorkspace, type Variant } from './workspace';

/** An undisturbed run, which all others are compared with. */
export interface Reference {
  folder: string;
  run: RunDirectory;
  facts: RunFacts;
  /** Calls that change files in a training that begins without a cache, with the files. */
  changes: string[];
  /** Calls that read files when the run is resumed. */
  reads: string[];
}

const references = new Map<Variant, Promise<Reference>>();

/** Trained when it is first asked for. */
export function referenceOf(variant: Variant): Promise<Reference> {
  const known = references.get(variant) ?? train(variant);
  references.set(variant, known);
  return known;
}

async function train(variant: Variant): Promise<Reference> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'recsight-faults-reference-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const folder = path.join(scratch, 'workspace');
  const configPath = makeWorkspace(folder, variant);
  const counted = async (run: RunDirectory, command: 'train' | 'resume', calls: FaultPlan['calls']) => {
    const log = path.join(scratch, `${command}-${calls}`);
    const trainer = new TrainerProcess(scratch, run, command, { root: folder, calls, action: 'none', log });
    const { code, printed } = await trainer.end();
    if (code !== 0)
      throw new Error(`the undisturbed run of ${variant} ended with ${String(code)}: ${printed}`);
    return readFileSync(log, 'utf8').trim().split('\n');
  };
  const run = await makeRun(configPath);
  const changes = await counted(run, 'train', 'change');
  const facts = await factsOf(run);
  const problems = [...(await problemsAtRest(run)), ...leftovers(run)];
  if (problems.length > 0)
    throw new Error(`the undisturbed run of ${variant} is not in order: ${problems.join('; ')}`);
  const reads = await counted(run, 'resume', 'read');
  return { folder, run, facts, changes, reads };
}
