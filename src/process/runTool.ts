import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killGroup } from './killGroup';

/** A program that is needed is missing, or ended badly. */
export class ToolError extends Error {
  override readonly name = 'ToolError';

  constructor(
    readonly code: 'tool/missing' | 'tool/failed' | 'tool/canceled',
    message: string,
  ) {
    super(message);
  }
}

export interface ToolOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  /** Hears every line that the program prints. */
  onLine?: ((line: string) => void) | undefined;
}

/** How much of what a program printed last goes into the message of its failure. */
const TAIL_LINES = 6;

/**
 * Runs a program to its end and resolves with what it printed on its standard output. Aborting ends it with all that it
 * started.
 * @throws ToolError when there is no such program, when it ends with another exit code than 0, or is aborted
 */
export async function runTool(
  program: string,
  args: readonly string[],
  { cwd, env, signal, onLine }: ToolOptions,
): Promise<string> {
  refuseAborted(signal);
  onLine?.(`> ${[program, ...args].join(' ')}`);
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Its own process group, which can be ended as a whole.
    detached: process.platform !== 'win32',
    // npm is a batch file there, which Node.js starts only through a shell.
    shell: process.platform === 'win32',
  });
  let output = '';
  const tail: string[] = [];
  const hear = (line: string) => {
    if (line.trim() === '') return;
    onLine?.(line);
    tail.push(line.trim());
    if (tail.length > TAIL_LINES) tail.shift();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  // Progress bars end their lines with \r; readline keeps a line together that comes in pieces.
  for (const input of [child.stdout, child.stderr])
    createInterface({ input, crlfDelay: Infinity }).on('line', hear);
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
  };
  signal?.addEventListener('abort', kill);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    refuseAborted(signal);
    if (exitCode === 0) return output;
    const said = tail.length === 0 ? 'It printed nothing.' : `Its last output:\n${tail.join('\n')}`;
    throw new ToolError('tool/failed', `${program} ended with exit code ${String(exitCode)}. ${said}`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new ToolError('tool/missing', `There is no program \`${program}\` on the PATH.`);
    }
    throw error;
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new ToolError('tool/canceled', 'It was canceled.');
}
