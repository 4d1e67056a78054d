import { spawn } from 'node:child_process';
import { windowsTool } from './findProgram';

/**
 * Ends a process and what it started. What is started here leads a process group of its own; a process that was started by
 * other means may lead none, and is ended alone. The Windows branch could not be tested where this was written.
 */
export function killGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    spawn(windowsTool('taskkill.exe'), ['/PID', String(pid), '/T', '/F'], {
      stdio: 'ignore',
      windowsHide: true,
    }).on('error', () => undefined);
    return;
  }
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // There is no such group, or it has just ended.
    }
  }
}
