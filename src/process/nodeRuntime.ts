import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './findProgram';

const run = promisify(execFile);
const OLDEST_MAJOR = 20;
/** A loaded machine may need long to start a process. */
const TIMEOUT_MS = 30_000;

/** The Node.js that trainers are started with. */
export interface NodeRuntime {
  /** Absolute path of the program. */
  path: string;
  /** Such as `20.11.1`. */
  version: string;
  /** The whole environment for the trainer. */
  env: NodeJS.ProcessEnv;
}

/** No usable Node.js; the message says which was tried and what to do. */
export class NodeRuntimeError extends Error {
  override readonly name = 'NodeRuntimeError';
  readonly code = 'node/not-usable';
}

/**
 * Finds the Node.js for trainers: the one that `setting` names, else `node` on the PATH if it is new enough, else the
 * one this runs in (inside VS Code that is Electron acting as Node.js). Throws NodeRuntimeError when the setting does
 * not work; it is never silently replaced.
 */
export async function findNode(setting: string | undefined): Promise<NodeRuntime> {
  if (setting !== undefined && setting !== '') {
    const found = await probe(setting, plainEnvironment());
    if (typeof found === 'string') {
      throw new NodeRuntimeError(
        `\`${setting}\` does not work as Node.js: ${found}. ` +
          `Set recsight.nodePath to the path of a Node.js ${OLDEST_MAJOR} or newer, or clear it.`,
      );
    }
    return found;
  }
  const onPath = await probe('node', plainEnvironment());
  return typeof onPath === 'string' ? ownRuntime() : onPath;
}

/** Returns the runtime, or in words why it does not serve. */
async function probe(name: string, env: NodeJS.ProcessEnv): Promise<NodeRuntime | string> {
  const isName = path.basename(name) === name;
  if (!isName && !path.isAbsolute(name)) return 'it is not an absolute path';
  const program = isName ? await findProgram(name, env) : name;
  if (program === null) return 'there is no such program';
  const answer = answers.get(program);
  if (answer && (await isUnchanged(answer))) return { ...answer.runtime, env };
  let output: string;
  try {
    const script = 'JSON.stringify([process.execPath, process.versions.node])';
    ({ stdout: output } = await run(program, ['-p', script], {
      env,
      timeout: TIMEOUT_MS,
      windowsHide: true,
    }));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT'
      ? 'there is no such program'
      : code === 'EACCES'
        ? 'it is not executable'
        : 'it failed or did not respond';
  }
  try {
    const [path, version] = JSON.parse(output) as [string, string];
    const isNewEnough = Number(version.split('.')[0]) >= OLDEST_MAJOR;
    if (!isNewEnough) return `it is version ${version}, and ${OLDEST_MAJOR} or newer is needed`;
    const files = await Promise.all([program, path].map(async (file) => [file, await lookOf(file)] as const));
    answers.set(program, { runtime: { path, version }, files });
    return { path, version, env };
  } catch {
    return 'it does not behave like Node.js';
  }
}

/** What a program said of itself, and what it and the Node.js that it stands for looked like then. */
interface Answer {
  runtime: Omit<NodeRuntime, 'env'>;
  files: (readonly [path: string, look: string | null])[];
}

/** By the program that was asked. Asking takes a process, and whoever waits for a panel or a training waits for it. */
const answers = new Map<string, Answer>();

async function isUnchanged({ files }: Answer): Promise<boolean> {
  const looks = await Promise.all(files.map(([file]) => lookOf(file)));
  return looks.every((look, index) => look !== null && look === files[index]![1]);
}

/** Text that changes when a file is replaced; null when there is none. */
function lookOf(file: string): Promise<string | null> {
  return stat(file).then(
    ({ ino, mtimeMs, size }) => `${ino}:${mtimeMs}:${size}`,
    () => null,
  );
}

function ownRuntime(): NodeRuntime {
  const env = plainEnvironment();
  if (process.versions.electron !== undefined) {
    env.ELECTRON_RUN_AS_NODE = '1';
  }
  return { path: process.execPath, version: process.versions.node, env };
}

/** What VS Code sets for its own child processes must not reach a real Node.js, nor Electron programs it may start. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env.ELECTRON_RUN_AS_NODE;
  return env;
}
