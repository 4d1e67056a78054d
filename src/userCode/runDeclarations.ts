import type { KeptCode } from '../protocol/keptCode';
import { readKeptCode } from '../runs/keptCode';
import type { RunDirectory } from '../runs/runDirectory';
import type { OwnCode } from './declaration';

/**
 * What the models and metrics that a run keeps declare, by their names in its config; none where it keeps none. Runs nothing.
 * @throws RunReadError when the code is damaged
 */
export async function readOwnCodeOf(run: RunDirectory): Promise<OwnCode> {
  return declarationsOf(await readKeptCode(run.path));
}

/** What the models and metrics of some code declare, by their names in the config. Runs nothing. */
export async function declarationsOf(code: KeptCode | null): Promise<OwnCode> {
  if (code === null) return new Map();
  // Most runs need no parser.
  const { readDeclaration } = await import('./readDeclaration');
  const entries = Object.entries(code.entries);
  return new Map(entries.map(([name, file]) => [name, readDeclaration(code.files.get(file) ?? '', file)]));
}
