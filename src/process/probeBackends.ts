import { spawn } from 'node:child_process';
import path from 'node:path';
import { BACKEND_NAMES, type BackendReport } from '../protocol/backends';
import { systemReason } from '../protocol/errorText';
import { endWithUs } from './endWithUs';
import { trainerEnvironment, type TrainerOptions } from './trainerOptions';

/** A software GPU may take minutes to compile its first step; nobody waits longer than this to hear what works. */
const TIMEOUT_MS = 90_000;

export interface ProbeOptions extends TrainerOptions {
  signal?: AbortSignal;
}

/**
 * Finds out which compute backends work here and how fast they are, one after the other, so that they do not slow each
 * other down. Takes some seconds for each that works.
 * @param onReport hears of each as soon as it is known
 */
export async function probeBackends(
  options: ProbeOptions,
  onReport?: (report: BackendReport) => void,
): Promise<BackendReport[]> {
  const reports: BackendReport[] = [];
  for (const name of BACKEND_NAMES) {
    if (options.signal?.aborted === true) break;
    const report = await probeBackend(name, options);
    reports.push(report);
    onReport?.(report);
  }
  return reports;
}

/** Tries one backend, in a process of its own: a process can have only one, and a broken one may take it down. */
export async function probeBackend(
  name: string,
  { node, trainerPath, signal, ...rest }: ProbeOptions,
): Promise<BackendReport> {
  const child = spawn(node.path, [trainerPath, 'probe', name], {
    cwd: path.dirname(trainerPath),
    env: trainerEnvironment({ node, trainerPath, ...rest }),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    ...(signal !== undefined && { signal }),
  });
  endWithUs(child);
  let printed = '';
  let complaints = '';
  child.stdout.on('data', (data) => (printed += String(data)));
  child.stderr.on('data', (data) => (complaints += String(data)));
  const started = Date.now();
  const ending = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`could not be started (${systemReason(error)})`));
    child.on('close', (code, killer) => {
      const isLate = killer !== null && Date.now() - started >= TIMEOUT_MS;
      resolve(
        isLate
          ? `did not respond within ${TIMEOUT_MS / 1000} s`
          : `ended with ${killer ?? `exit code ${String(code)}`}`,
      );
    });
  });
  return readReport(printed) ?? failedProbe(name, ending, complaints);
}

/** Libraries may print before the report, which is the last line. */
function readReport(printed: string): BackendReport | null {
  try {
    return JSON.parse(printed.trimEnd().split('\n').at(-1)!) as BackendReport;
  } catch {
    return null;
  }
}

function failedProbe(name: string, ending: string, complaints: string): BackendReport {
  const last = complaints.trimEnd().split('\n').at(-1)!.trim();
  return {
    name,
    available: false,
    version: null,
    device: null,
    threads: null,
    isGpu: false,
    stepsPerSecond: null,
    reason: `The test process ${ending}.${last === '' ? '' : ` Its output: ${last}`}`,
  };
}
