import { errorText } from '../protocol/errorText';
import type { VectorRequest } from '../protocol/vectors';
import { RunBusyError } from '../runs/runErrors';
import { BUSY_EXIT_CODE } from '../runs/trainerLock';
import { evaluate } from './commands/evaluate';
import { probeBackend } from './commands/probe';
import { resume, train } from './commands/train';
import { vectors } from './commands/vectors';
import { engineSearchPaths } from '../inference/openRun';
import { TrainingError } from './trainingError';

/*
 * The trainer process. Everything it finds out of a run goes into the run directory; its output is only for trainer.log. Exit code
 * 0 when the work was done or stopped on request, 75 when another trainer has the run, else 1. `vectors` and `probe` change no run
 * and print a report as one line of JSON, the last.
 */

const USAGE = `Usage: trainer.js train <run directory>
       trainer.js resume|evaluate <run directory> [<changes as a JSON list of path=value>]
       trainer.js vectors <run directory> <request as JSON>
       trainer.js probe <backend>`;

async function main([command, subject, request]: readonly string[]): Promise<void> {
  if (subject === undefined) throw new TrainingError('trainer/usage', USAGE);
  const changes = () => JSON.parse(request ?? '[]') as string[];
  if (command === 'train') await train(subject);
  else if (command === 'resume') await resume(subject, changes());
  else if (command === 'evaluate') await evaluate(subject, changes());
  else if (command === 'vectors' && request !== undefined)
    print(await vectors(subject, JSON.parse(request) as VectorRequest));
  else if (command === 'probe') print(await probeBackend(subject, engineSearchPaths(), __dirname));
  else throw new TrainingError('trainer/usage', USAGE);
}

function print(report: object): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(errorText(error));
  process.exitCode = error instanceof RunBusyError ? BUSY_EXIT_CODE : 1;
});
