import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Block, Greeting, Request } from './protocol';

/** A process cannot take part. The message says why and what to do. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

export interface Command {
  /** As it is called in tables. */
  name: string;
  program: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

/** One of the processes that are timed against each other. Between its blocks of steps it waits for input. */
export class Participant {
  readonly name: string;
  /** What computes, in words. */
  device = '';
  threads = 0;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  private constructor({ name, program, args, env }: Command) {
    this.name = name;
    this.#child = spawn(program, args, { env: { ...process.env, ...env } });
    this.#child.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
    // Whoever writes to a process that has ended learns of it by the missing answer.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => (this.#errors += error.message));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Unavailable when the process does not come up */
  static async start(command: Command): Promise<Participant> {
    const participant = new Participant(command);
    const greeting = await participant.#answer<Greeting>();
    if ('unavailable' in greeting) {
      await participant.stop();
      throw new Unavailable(greeting.unavailable);
    }
    participant.device = greeting.ready;
    participant.threads = greeting.threads;
    return participant;
  }

  /** @param seconds after which the block ends before all steps are taken */
  run(steps: number, seconds: number): Promise<Block> {
    return this.#ask<Block>({ steps, seconds });
  }

  async export(folder: string): Promise<void> {
    await this.#ask({ export: folder });
  }

  /** Ends the process and waits for its end. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill();
    await ended;
  }

  #ask<T>(request: Request): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answer<T>();
  }

  async #answer<T>(): Promise<T> {
    const line = await this.#lines.next();
    if (line.done !== true) return JSON.parse(line.value) as T;
    throw new Unavailable(this.#errors.trim() || `${this.name} ended without an answer.`);
  }
}
