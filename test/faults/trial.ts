import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EventLogReader } from '../../src/runs/eventLog';
import { runsDirectoryOf, type RunDirectory } from '../../src/runs/runDirectory';
import { readRun } from '../../src/runs/runStore';
import type { Case } from './campaign';
import type { FaultPlan } from './faultPlan';
import { referenceOf, type Reference } from './reference';
import { differences, factsOf, leftovers, problemsAtRest } from './runFacts';
import { TrainerProcess, type TrainerEnd } from './trainerProcess';
import { contentsOf, makeRun, makeWorkspace, VARIANTS, type Variant } from './workspace';

/** How a trainer says that another has the run. */
export const BUSY = 75;
/** Another run of the workspace, which nothing may touch. */
const NEIGHBOR = '20200101-000000-neighbor-0000';

/** One run of a case: made, disturbed, brought to its end, and compared with the undisturbed one. */
export class Trial {
  readonly #surroundings: Map<string, string>;

  private constructor(
    readonly fault: Case,
    readonly variant: Variant,
    readonly reference: Reference,
    readonly workspace: string,
    readonly run: RunDirectory,
  ) {
    this.#surroundings = this.#contents();
  }

  /** @param workspace where it is to be; else in the case's own folder */
  static async make(
    fault: Case,
    {
      variants = VARIANTS,
      workspace = path.join(fault.folder, 'workspace'),
    }: { variants?: readonly Variant[]; workspace?: string } = {},
  ): Promise<Trial> {
    const variant = fault.pick(variants);
    fault.note(variant);
    const reference = await referenceOf(variant);
    const configPath = makeWorkspace(workspace, variant);
    const run = await makeRun(configPath);
    cpSync(reference.run.path, path.join(runsDirectoryOf(workspace), NEIGHBOR), { recursive: true });
    // Most trainings find the data prepared.
    if (fault.random.nextFloat() < 0.5) {
      fault.note('with a cache');
      const cache = path.join('.recsight', 'cache');
      cpSync(path.join(reference.folder, cache), path.join(workspace, cache), { recursive: true });
    }
    return new Trial(fault, variant, reference, workspace, run);
  }

  start(
    command: 'train' | 'resume' | 'evaluate',
    plan: Omit<FaultPlan, 'root'> | null = null,
  ): TrainerProcess {
    const full = plan && { root: this.workspace, ...plan };
    if (full) this.fault.note(`${command}: ${describePlan(full)}`);
    const trainer = new TrainerProcess(path.dirname(this.fault.folder), this.run, command, full);
    this.fault.onEnd(() => trainer.kill());
    return trainer;
  }

  /** Checks a run whose trainer has ended, in whatever way. */
  async checkAtRest(): Promise<void> {
    this.fault.violation(...(await problemsAtRest(this.run)).map((text) => `at rest: ${text}`));
  }

  /** @param unrecorded whether the status may be active still, because nothing could be written any more */
  async checkAtRestUnless(unrecorded: boolean): Promise<void> {
    if (!unrecorded) await this.checkAtRest();
  }

  /** Takes the run up again without faults, and checks that it ends like the undisturbed one and leaves nothing. */
  async finish({ withoutSnapshots = false } = {}): Promise<void> {
    const { fault, run } = this;
    const step = this.checkpointStep();
    const events = (await this.readEvents()).length;
    const end = await this.start('resume').end();
    if (!this.checkEnd(end, [0])) return;
    const started = (await this.readEvents()).slice(events).find(({ kind }) => kind === 'started');
    if (started?.kind === 'started' && started.resumedFromStep !== (step ?? 0))
      fault.violation(
        `the resume began at step ${started.resumedFromStep}, and the checkpoint was at ${String(step)}`,
      );
    await this.checkResult({ withoutSnapshots });
    fault.violation(...leftovers(run));
  }

  /** Checks that the run is finished like the undisturbed one, and that nothing else was touched. */
  async checkResult({ withoutSnapshots = false } = {}): Promise<void> {
    const { fault, run, reference } = this;
    await this.checkAtRest();
    const { status, manifest } = await readRun(run.path);
    fault.expect(
      status === 'finished',
      `the status is ${status} instead of finished (${JSON.stringify(manifest.error)})`,
    );
    if (status !== 'finished') return;
    const found = await factsOf(run);
    const isLeftOut = (name: string) =>
      withoutSnapshots && name.startsWith('epoch-') && found[name] === undefined;
    const expected = Object.fromEntries(Object.entries(reference.facts).filter(([name]) => !isLeftOut(name)));
    fault.violation(...differences(expected, found));
    this.checkSurroundings();
  }

  checkSurroundings(): void {
    const now = this.#contents();
    for (const [file, digest] of this.#surroundings)
      this.fault.expect(now.get(file) === digest, `${file}, which is not the run's, was changed`);
    for (const file of now.keys())
      this.fault.expect(this.#surroundings.has(file), `${file} was made outside of the run`);
  }

  /** Checks how a trainer ended. Returns whether it was so. */
  checkEnd({ code, signal, printed }: TrainerEnd, codes: readonly number[]): boolean {
    const isRight = code !== null && codes.includes(code);
    this.fault.expect(
      isRight,
      `the trainer ended with ${signal ?? String(code)} instead of ${codes.join(' or ')}: ${printed.trim().slice(-500)}`,
    );
    return isRight;
  }

  /** Step of the last checkpoint; null where there is none. */
  checkpointStep(): number | null {
    const file = path.join(this.run.checkpointPath('last'), 'state.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { step: number }).step : null;
  }

  readEvents(): ReturnType<EventLogReader['readNew']> {
    return new EventLogReader(this.run.eventsPath).readNew();
  }

  /** Of the workspace, but for the run itself and for prepared data, which come and go. */
  #contents(): Map<string, string> {
    const own = path.relative(this.workspace, this.run.path);
    const cache = path.join('.recsight', 'cache');
    return contentsOf(this.workspace, (file) => file.startsWith(own) || file.startsWith(cache));
  }
}

function describePlan({ action, calls, at, code, forGood, host, clock, match }: FaultPlan): string {
  const where = at === undefined ? [] : [`at ${calls} ${at}${match === undefined ? '' : ` of ${match}`}`];
  const how = [code, forGood ? 'for good' : undefined, host && `host ${host}`].filter(
    (text) => text !== undefined,
  );
  const step = clock ? [`clock ${clock.stepMs} ms after ${clock.afterMs} ms`] : [];
  return [action, ...where, ...how, ...step].join(' ');
}
