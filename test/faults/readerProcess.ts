import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { ReaderAnswer, ReaderJob } from './readerJob';

/** Reading a small file takes some ms; a machine that does much else needs longer. */
const PATIENCE_MS = 20_000;
/** What was read is never given back by all that reads. */
const JOBS_PER_PROCESS = 300;

let child: ChildProcess | null = null;
let jobs = 0;
let queue: Promise<unknown> = Promise.resolve();

/** Has a job done by the reader process, one at a time. A reader that hangs or dies is a problem. */
export function read(job: ReaderJob): Promise<ReaderAnswer> {
  const answer = queue.then(() => ask(job));
  queue = answer;
  return answer;
}

function ask(job: ReaderJob): Promise<ReaderAnswer> {
  if (jobs >= JOBS_PER_PROCESS) endReader();
  child ??= fork(path.join(__dirname, 'reader.js'), [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  jobs++;
  const reader = child;
  return new Promise((resolve) => {
    let printed = '';
    const hear = (text: Buffer) => (printed += text.toString());
    reader.stdout?.on('data', hear);
    reader.stderr?.on('data', hear);
    const finish = (answer: ReaderAnswer) => {
      clearTimeout(timer);
      reader.removeAllListeners('message').removeAllListeners('exit');
      reader.stdout?.off('data', hear);
      reader.stderr?.off('data', hear);
      resolve(answer);
    };
    const timer = setTimeout(() => {
      endReader();
      finish({ problems: [`reading hangs: it took longer than ${PATIENCE_MS / 1000} s`] });
    }, PATIENCE_MS);
    reader.once('message', (answer) => finish(answer as ReaderAnswer));
    reader.once('exit', (code, signal) => {
      child = null;
      jobs = 0;
      finish({
        problems: [`the reading process ended with ${signal ?? String(code)}: ${printed.slice(-1000)}`],
      });
    });
    reader.send(job);
  });
}

/** Lets the process go, so that the campaign can end. */
export function endReader(): void {
  child?.removeAllListeners('exit');
  child?.kill('SIGKILL');
  child = null;
  jobs = 0;
}
