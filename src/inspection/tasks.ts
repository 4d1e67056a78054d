import type { InspectorListener, TaskProgress } from '../protocol/inspection';
import { letEventsIn } from '../protocol/letEventsIn';
import { InspectionError } from './inspectionError';

/** Least time between two reports of a task, in ms. */
const REPORT_INTERVAL = 200;

/** A call that takes long, from the inside. */
export interface Task {
  /**
   * Says how far the work is, if the last report was a while ago, and lets other calls in: the one that cancels this task
   * among them.
   * @throws InspectionError (`inspection/canceled`)
   */
  proceed(progress: TaskProgress): Promise<void>;
}

/** The calls under way that take long, by the ids that their callers gave them. */
export class Tasks {
  readonly #running = new Map<string, AbortController>();

  constructor(private readonly tell: InspectorListener['progress']) {}

  async run<Result>(id: string, work: (task: Task) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    let reported = -Infinity;
    const proceed = async (progress: TaskProgress): Promise<void> => {
      if (performance.now() - reported >= REPORT_INTERVAL) {
        reported = performance.now();
        this.tell(id, progress);
      }
      await letEventsIn();
      if (controller.signal.aborted) throw new InspectionError('inspection/canceled', 'It was canceled.');
    };
    try {
      return await work({ proceed });
    } finally {
      if (this.#running.get(id) === controller) this.#running.delete(id);
    }
  }

  /** Ends a task at its next step; one that has ended, or never was, is left alone. */
  cancel(id: string): void {
    this.#running.get(id)?.abort();
  }
}
