/** The user does not want the code of a run to be run. */
export class RunRefusedError extends Error {
  override readonly name = 'RunRefusedError';
  readonly code = 'code/refused';
}

/**
 * The runs of one panel whose code may be run: each is asked for once, however many calls need it. Who does not agree is asked again
 * only by a call that begins anew, such as that of Try Again.
 */
export class AskedRuns {
  readonly #answers = new Map<string, Promise<boolean>>();
  /** Of those that were refused. */
  readonly #refused = new Set<string>();

  /** @param mayRun asks, where that is needed */
  constructor(private readonly mayRun: (directory: string) => Promise<boolean>) {}

  /** @param anew whether a refusal may be taken back @throws RunRefusedError, and what asking throws */
  async require(directory: string, anew: boolean): Promise<void> {
    if (anew && this.#refused.delete(directory)) this.#answers.delete(directory);
    const answer = this.#answers.get(directory) ?? this.#ask(directory);
    if (await answer) return;
    throw new RunRefusedError(
      'The code of this run was not run, as you have not agreed to it. Try again to be asked again.',
    );
  }

  async #ask(directory: string): Promise<boolean> {
    const answer = this.mayRun(directory);
    this.#answers.set(directory, answer);
    try {
      const isAllowed = await answer;
      if (!isAllowed) this.#refused.add(directory);
      return isAllowed;
    } catch (error) {
      this.#answers.delete(directory);
      throw error;
    }
  }
}
