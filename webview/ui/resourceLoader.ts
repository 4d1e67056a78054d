import type { TaskProgress } from '../../src/protocol/inspection';
import type { Resources, ResourceAction, ResourceError, Wanted } from './resources';

export interface LoaderOptions<Host, Values, State> {
  host: Host;
  /** Everything that the page needs in a state, what is most urgent first. */
  wantedResources: (state: State) => Wanted<Host, Values>[];
  reduce: (state: State, action: ResourceAction<Values>) => State;
  /** Takes answers, which come later. */
  dispatch: (action: ResourceAction<Values>) => void;
  /** What takes so long that it is ended when nobody wants it any more. */
  long: readonly (keyof Values)[];
  /** Work could not be ended. */
  onProblem: (message: string) => void;
}

/** Asks for whatever a state wants and has not asked for, and tells what comes back. */
export class ResourceLoader<
  Host extends { cancel(task: string): Promise<void> },
  Values,
  State extends { resources: Resources<Values> },
> {
  readonly #options: LoaderOptions<Host, Values, State>;
  /** Told apart from the tasks of an earlier page of the same panel, which may still be at work. */
  readonly #page = crypto.randomUUID();
  #numTasks = 0;
  readonly #running = new Map<keyof Values, { key: string; task: string }>();

  constructor(options: LoaderOptions<Host, Values, State>) {
    this.#options = options;
  }

  /**
   * To be called after each change of the state.
   * @returns the state in which all that it wants is asked for
   */
  update(state: State): State {
    const { wantedResources, reduce, long } = this.#options;
    for (;;) {
      const wanted = wantedResources(state);
      for (const name of long) {
        const running = this.#running.get(name);
        if (running && !wanted.some((other) => other.name === name && other.key === running.key)) {
          this.cancel(name);
        }
      }
      const { resources } = state;
      const missing = wanted.find(({ name, key }) => resources[name]?.key !== key);
      if (!missing) return state;
      this.#ask(missing);
      state = reduce(state, { kind: 'asked', name: missing.name, key: missing.key });
    }
  }

  progress(task: string, progress: TaskProgress): void {
    for (const running of this.#running.values()) {
      if (running.task === task) this.#options.dispatch({ kind: 'progressed', key: running.key, progress });
    }
  }

  /** Ends work that takes long; its call fails then. */
  cancel(name: keyof Values): void {
    const running = this.#running.get(name);
    if (!running) return;
    this.#running.delete(name);
    this.#options.host.cancel(running.task).catch((error: unknown) => {
      this.#options.onProblem(describe(error).message);
    });
  }

  #ask({ name, key, ask }: Wanted<Host, Values>): void {
    const { host, dispatch } = this.#options;
    const task = `${String(name)} ${++this.#numTasks} ${this.#page}`;
    this.#running.set(name, { key, task });
    const settle = (action: ResourceAction<Values>): void => {
      if (this.#running.get(name)?.task === task) this.#running.delete(name);
      dispatch(action);
    };
    ask(host, task).then(
      (value) => settle({ kind: 'answered', name, key, value }),
      (error: unknown) => settle({ kind: 'failed', name, key, error: describe(error) }),
    );
  }
}

function describe(error: unknown): ResourceError {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { message, code };
}
