import { canRecommend, endedEarly, hasLearned, isActive, type RunManifest, type RunSummary } from './run';

/** What can be done with a run now. Menus, pickers and buttons offer only this. */
export interface RunAbilities {
  active: boolean;
  idle: boolean;
  /** It ended before its time, and training can go on from the last checkpoint. */
  resumable: boolean;
  /** It ended before its time and left nothing to go on from: what can be done is to train its config anew. */
  restartable: boolean;
  /** It has a best checkpoint and no trainer that is using it. */
  evaluable: boolean;
  /** Its chosen epochs can be trained again on training and validation. */
  refittable: boolean;
  /** There is a trained model to look into. */
  inspectable: boolean;
  /** There is a trained model or a baseline that recommends. */
  recommending: boolean;
  /** It has test results of its users, which can be compared with those of other runs. */
  comparable: boolean;
}

/** @param canTrain whether processes may be started at all, which they may not in an untrusted workspace */
export function runAbilities(run: RunSummary, canTrain = true): RunAbilities {
  const active = isActive(run.status);
  return {
    active,
    idle: !active,
    resumable: canTrain && run.resumable,
    // A refit is started from the run that it refits.
    restartable: canTrain && endedEarly(run.status) && !run.resumable && run.manifest.refitOf === undefined,
    evaluable: canTrain && !active && run.manifest.best !== null,
    refittable:
      canTrain &&
      !active &&
      hasLearned(run.manifest) &&
      run.manifest.best !== null &&
      run.manifest.refitOf === undefined,
    inspectable: canTrain && hasLearned(run.manifest),
    recommending: canTrain && canRecommend(run.manifest),
    comparable: canTrain && run.manifest.test !== null && run.manifest.test.protocol.candidates !== 'shown',
  };
}

/** Whether the test split was ranked with the best weights. A training that was resumed may have found better ones since. */
export function isTested({ best, test }: RunManifest): boolean {
  return test !== null && test.step === best?.step;
}

/** The abilities as words, for a tree item's `contextValue` that `when` clauses match: `run idle evaluable`. */
export function contextValueOf(run: RunSummary): string {
  const abilities = Object.entries(runAbilities(run));
  return ['run', ...abilities.filter(([, can]) => can as boolean).map(([name]) => name)].join(' ');
}
