/** What is needed of a process that answers calls. */
interface CalledProcess {
  calls: { $callRaw(call: { method: string; args: unknown[] }): Promise<unknown>; readonly $closed: boolean };
  close(): void;
}

/**
 * A process that answers calls, such as the inspector of one panel. It is started by the first call, and again by a call that finds it ended; it is closed
 * when nothing was asked of it for a while and the panel is hidden.
 */
export class PanelInspector {
  /** `inspector` is there once it has started. */
  #process: { starting: Promise<CalledProcess>; inspector: CalledProcess | null } | null = null;
  #callsUnderWay = 0;
  #visible: boolean;
  #idleTimer: NodeJS.Timeout | null = null;
  #disposed = false;

  constructor(
    private readonly start: () => Promise<CalledProcess>,
    private readonly idleMs: number,
    visible: boolean,
  ) {
    this.#visible = visible;
  }

  /** Asks the inspector something. Rejects with its own errors, and with what kept it from starting or made it end. */
  async call(method: string, args: unknown[]): Promise<unknown> {
    this.#callsUnderWay++;
    this.#watchIdleness();
    try {
      const { calls } = await this.#started();
      return await calls.$callRaw({ method, args });
    } finally {
      this.#callsUnderWay--;
      this.#watchIdleness();
    }
  }

  /** Has it at hand when the page asks: the process starts while the page is loaded. What fails is told when it is asked. */
  warmUp(run: string): void {
    this.call('warmUp', [run]).catch(() => undefined);
  }

  visibilityChanged(visible: boolean): void {
    this.#visible = visible;
    this.#watchIdleness();
  }

  /** Ends the process, and with it what it does. The next call starts another one. */
  close(): void {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    // One that never started was told to its caller.
    this.#process?.starting.then((inspector) => inspector.close()).catch(() => undefined);
    this.#process = null;
  }

  /** Ends the process for good: calls are rejected from now on, such as those of a dialog that outlives its panel. */
  dispose(): void {
    this.#disposed = true;
    this.close();
  }

  async #started(): Promise<CalledProcess> {
    if (this.#disposed) throw new Error('The panel is closed.');
    if (this.#process?.inspector?.calls.$closed) this.#process = null;
    this.#process ??= { starting: this.start(), inspector: null };
    const process = this.#process;
    try {
      process.inspector = await process.starting;
      return process.inspector;
    } catch (error) {
      if (this.#process === process) this.#process = null;
      throw error;
    }
  }

  #watchIdleness(): void {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    const busy = this.#visible || this.#callsUnderWay > 0 || this.#process === null;
    if (!busy) this.#idleTimer = setTimeout(() => this.close(), this.idleMs);
  }
}
