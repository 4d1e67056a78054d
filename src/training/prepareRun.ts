import type { StartedBackend } from '../compute/backends/backend';
import { startBackend } from '../compute/engine';
import { describeChanges, type ConfigChange } from '../config/changeConfig';
import type { ExperimentConfig } from '../config/schema';
import { isLeak } from '../dataset/leakageChecks';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { DatasetSummary } from '../protocol/run';
import {
  measuredBaselines,
  newestCountedNotes,
  rankingTask,
  slowBaselineNotes,
} from '../inference/evaluateModel';
import { chosenBackend, engineSearchPaths, prepareUnchanged } from '../inference/openRun';
import { openCandidates } from '../inference/openCandidates';
import { codeNotice } from '../inference/runModel';
import { checkBaselineMemory } from './memoryEstimate';
import type { RunRecorder } from './runRecorder';
import { labelsOf, labelsText, unmeasuredText } from '../inference/evaluateLabels';
import { leftOutText, seenRule, seenRuleText, unlistedText } from '../inference/seenItems';
import { shownTask } from '../inference/shownTask';

/* What a run needs before it is trained or evaluated, told in its log: an engine and its data. */

export async function startEngine(
  recorder: RunRecorder,
  config: ExperimentConfig,
  resumedFromStep: number,
): Promise<StartedBackend> {
  const warn = (message: string) => recorder.warn(message);
  const { fallback, ...started } = await startBackend(chosenBackend(config, warn), {
    assets: __dirname,
    searchPaths: engineSearchPaths(),
    onWarning: warn,
  });
  const { name, device, threads, version } = started;
  const backend = { name, device, threads, version };
  recorder.event({ kind: 'started', pid: process.pid, backend, resumedFromStep });
  recorder.update({ backend });
  if (fallback !== null) recorder.warn(`Computing with ${name}: ${fallback}`);
  return started;
}

/** @throws TrainingError when a baseline that is to be measured would not fit into memory, or no user counts */
export async function prepare(recorder: RunRecorder, config: ExperimentConfig): Promise<PreparedDataset> {
  const { run, manifest } = recorder;
  const { dataset, cached, seconds, warnings, report, checkSource } = await prepareUnchanged(
    run,
    manifest,
    config,
    recorder.stopSignal,
  );
  const summary: DatasetSummary = {
    fingerprint: dataset.fingerprint,
    numUsers: dataset.numUsers,
    numItems: dataset.numItems,
    numInteractions: dataset.items.length,
    ...(dataset.labeled && { numShown: dataset.labeled.items.length }),
  };
  const candidates = await openCandidates(run, manifest, config, dataset, {
    signal: recorder.stopSignal,
    beforeKeeping: recorder.settle,
  });
  const notice = await checkSource();
  for (const warning of [...(notice === null ? [] : [notice]), ...warnings]) recorder.warn(warning);
  recorder.event({ kind: 'dataset', dataset: summary, seconds, cached });
  recorder.update({ dataset: summary, timings: { ...manifest.timings, prepare: seconds } });
  const doubts = report.checks.filter(isLeak).map(({ code, message }) => ({ code, message }));
  const others = (manifest.warnings ?? []).filter(({ code }) => !code.startsWith('data/'));
  recorder.update({ warnings: [...others, ...doubts] });
  checkBaselineMemory(measuredBaselines(config), dataset.numItems);
  for (const message of slowBaselineNotes(dataset, config)) recorder.warn(message);
  for (const message of newestCountedNotes(dataset, config))
    recorder.event({ kind: 'log', level: 'info', message });
  for (const warning of candidates?.warnings ?? []) recorder.warn(warning);
  const measured = { ...dataset, ...(candidates && { candidates: candidates.lists }) };
  sayWhatIsMeasured(recorder, measured, config);
  return measured;
}

/** Says what is learned from and measured, where that is not what the config says alone. @throws InferenceError when nothing is left */
function sayWhatIsMeasured(recorder: RunRecorder, dataset: PreparedDataset, config: ExperimentConfig): void {
  const say = (message: string | null): void => {
    if (message !== null) recorder.event({ kind: 'log', level: 'info', message });
  };
  const { evaluation, training } = config;
  say(labelsText(config, dataset));
  const labeled = labelsOf(config, dataset);
  if (labeled === null) say(seenRuleText(seenRule(dataset, evaluation)));
  // A refit validates nothing.
  const parts = training.refit === undefined ? (['validation', 'test'] as const) : (['test'] as const);
  for (const part of parts) {
    if (labeled !== null) {
      const task = shownTask(dataset, labeled, part, evaluation);
      const unmeasured = unmeasuredText(task, evaluation, recorder.manifest.mainMetric);
      if (unmeasured !== null) recorder.warn(unmeasured);
      continue;
    }
    const task = rankingTask(dataset, part, evaluation);
    for (const text of [leftOutText(task), unlistedText(task)]) say(text);
  }
}

/** Says when the code of a run is no longer that of the workspace. */
export async function tellChangedCode(recorder: RunRecorder): Promise<void> {
  const message = await codeNotice(recorder.run);
  if (message !== null) recorder.event({ kind: 'log', level: 'info', message });
}

export function tellChanges(recorder: RunRecorder, since: string, changes: readonly ConfigChange[]): void {
  if (changes.length === 0) return;
  recorder.event({ kind: 'log', level: 'info', message: `${since}: ${describeChanges(changes)}.` });
}
