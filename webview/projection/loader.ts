import type { TaskProgress } from '../../src/protocol/inspection';
import type { ProjectionPanelHost } from '../../src/protocol/inspectionPanel';
import { wantedResources, type ResourceName, type WantingState } from './resources';
import type { ProjectionAction } from './state';

/** What takes so long that it is ended when nobody wants it any more. */
const LONG: readonly ResourceName[] = ['umap', 'recommended'];

/** Asks for whatever a state wants and has not asked for, and tells what comes back. */
export class ResourceLoader {
  readonly #host: ProjectionPanelHost;
  readonly #dispatch: (action: ProjectionAction) => void;
  /** Told apart from the tasks of an earlier page of the same panel, which may still be at work. */
  readonly #page = crypto.randomUUID();
  readonly #running = new Map<ResourceName, { key: string; task: string }>();

  constructor(host: ProjectionPanelHost, dispatch: (action: ProjectionAction) => void) {
    this.#host = host;
    this.#dispatch = dispatch;
  }

  /** To be called after each change of the state. */
  update(state: WantingState): void {
    const wanted = wantedResources(state);
    for (const long of LONG) {
      const running = this.#running.get(long);
      if (running && !wanted.some(({ name, key }) => name === long && key === running.key)) this.cancel(long);
    }
    for (const { name, key, ask } of wanted) {
      if (state.resources[name]?.key === key) continue;
      const task = `${key} ${this.#page}`;
      this.#running.set(name, { key, task });
      const answer = ask(this.#host, task);
      this.#dispatch({ kind: 'asked', name, key });
      answer
        .then(
          (value) => this.#dispatch({ kind: 'answered', name, key, value }),
          (error: unknown) => this.#dispatch({ kind: 'failed', name, key, error: describe(error) }),
        )
        .finally(() => {
          if (this.#running.get(name)?.task === task) this.#running.delete(name);
        });
      // What was dispatched has led to another update, which saw the rest.
      return;
    }
  }

  progress(task: string, progress: TaskProgress): void {
    for (const running of this.#running.values()) {
      if (running.task === task) this.#dispatch({ kind: 'progressed', key: running.key, progress });
    }
  }

  /** Ends work that takes long; its call fails then. */
  cancel(name: ResourceName): void {
    const running = this.#running.get(name);
    if (!running) return;
    this.#running.delete(name);
    this.#host.cancel(running.task).catch((error: unknown) => {
      this.#dispatch({ kind: 'problem', message: describe(error).message });
    });
  }
}

function describe(error: unknown): { message: string; code: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { message, code };
}
