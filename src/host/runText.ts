import { epochsText, isActive, type RunManifest, type RunSummary } from '../protocol/run';
import { statusLabel } from '../protocol/statusDisplay';
import { RunDirectory } from '../runs/runDirectory';
import { cutSentence } from '../series/cutText';
import { formatCount, formatMetric, formatMetricName } from '../series/format';
import { firstLine } from './errorMessage';

/*
 * Short texts about runs, shared by the run list, the status bar, CodeLens and messages, so that one run reads the same
 * everywhere. Nothing here knows VS Code.
 */

const NAMED_PLACES = 3;

/** The main metric at its best so far; null before the first validation. */
export function mainMetricValue(manifest: RunManifest): number | null {
  return manifest.best?.metrics[manifest.mainMetric] ?? null;
}

/** The time that a run's age counts from: when it ended, or when its trainer last wrote. */
export function lastActivity(run: RunSummary): number {
  if (isActive(run.status)) return run.manifest.updatedAt;
  return run.manifest.finishedAt ?? run.manifest.updatedAt;
}

/** How far a run is, within a sentence: `7/20 epochs` and the step. */
export function progressParts(manifest: RunManifest): string[] {
  const { epochs, step } = manifest.progress;
  return epochs === 0 ? ['fitted without epochs'] : [epochsText(manifest), `step ${formatCount(step)}`];
}

/** The first sentence or line of an error, without its full stop, cut to what a list has room for. */
export function shortError(message: string, maxLength = 60): string {
  const first = message
    .split('\n', 1)[0]!
    .split(/(?<=[.!?])\s/, 1)[0]!
    .replace(/\.$/, '');
  return cutSentence(first, maxLength);
}

/** What a run has to tell, in the order of a row: `NDCG@10 0.1123` and `7/20 epochs`, or why it failed. Never empty. */
export function resultFacts(run: RunSummary): string[] {
  const { manifest, status } = run;
  if (status === 'failed' && manifest.error) return [shortError(manifest.error.message)];
  const { mainMetric, refitOf, test } = manifest;
  const value = mainMetricValue(manifest);
  const facts: string[] = [];
  if (value !== null) facts.push(`${formatMetricName(mainMetric)} ${formatMetric(value)}`);
  // A refit has no validation; what it is for is the test.
  const tested = refitOf && test?.metrics[mainMetric];
  if (tested !== undefined) facts.push(`test ${formatMetricName(mainMetric)} ${formatMetric(tested)}`);
  if (refitOf !== undefined) facts.push('refit');
  if (status === 'preparing' || status === 'stopping' || status === 'evaluating')
    facts.push(statusLabel(status));
  // How far a run got matters as long as it has not got to its end.
  const progress = epochsText(manifest);
  if (progress !== '' && status !== 'preparing' && (status !== 'finished' || facts.length === 0))
    facts.push(progress);
  return facts.length === 0 ? [statusLabel(status)] : facts;
}

/**
 * What to tell when a run has ended badly; null for every other run.
 * @param title of the run
 */
export function failureMessage(run: RunSummary, title: string): string | null {
  const { manifest, status } = run;
  if (status === 'failed')
    return `${title} failed: ${firstLine(manifest.error?.message ?? 'its log may say why.')}`;
  if (status !== 'lost') return null;
  const { epoch, epochs } = manifest.progress;
  const where = epochs === 0 ? '' : ` after ${epoch} of ${epochs} epochs`;
  return `The trainer of ${title} stopped${where} without reporting an error. ${lostAdvice(run)}`;
}

/** What can be done about a run whose trainer is gone. */
export function lostAdvice({ resumable, manifest }: RunSummary): string {
  if (resumable) return 'Resume the run to continue from its last checkpoint.';
  const { refitOf } = manifest;
  return refitOf === undefined
    ? 'It has no checkpoint; train it again.'
    : `It has no checkpoint; refit ${refitOf.run} again.`;
}

/** Whether a run was started from a config file. */
export function isOfConfig(run: RunSummary, configPath: string): boolean {
  return new RunDirectory(run.directory).resolveConfigPath(run.manifest) === configPath;
}

/** Says that runs of other folders, to which no new ones go, are listed too. */
export function otherPlacesText(folders: readonly string[]): string {
  const named = folders.slice(0, NAMED_PLACES);
  const others = folders.length - named.length;
  const all = others === 0 ? named : [...named, `${others} more ${others === 1 ? 'folder' : 'folders'}`];
  return `Runs in ${new Intl.ListFormat('en').format(all)} are listed too; new runs are kept in the workspace’s own folder.`;
}
