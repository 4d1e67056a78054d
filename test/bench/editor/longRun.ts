import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RunDirectory } from '../../../src/runs/runDirectory';
import { stringifyRunJson } from '../../../src/runs/runJson';
import { exampleEvents, exampleRun } from '../../webview/exampleRun';

const EPOCHS = 100;

/** Writes a finished run of many steps, as its trainer would have left it but for its checkpoints. */
export async function writeLongRun(runsDirectory: string, name: string, numSteps: number): Promise<void> {
  const stepsPerEpoch = Math.ceil(numSteps / EPOCHS);
  const { manifest } = exampleRun('finished', EPOCHS);
  const run = new RunDirectory(path.join(runsDirectory, manifest.id));
  await mkdir(path.join(run.path, 'control'), { recursive: true });
  const events = exampleEvents(EPOCHS, stepsPerEpoch).map((event) =>
    event.kind === 'step' ? { ...event, learningRate: 0.001 } : event,
  );
  await writeFile(run.eventsPath, events.map((event) => `${stringifyRunJson(event)}\n`).join(''));
  const progress = { ...manifest.progress, epochs: EPOCHS, step: EPOCHS * stepsPerEpoch, stepsPerEpoch };
  await run.writeManifest({ ...manifest, name, progress });
}
