import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeptCode } from '../protocol/keptCode';
import type { RunManifest } from '../protocol/run';
import { codeHash, keptFilePath, readKeptCode } from '../runs/keptCode';
import type { RunDirectory } from '../runs/runDirectory';

/** The code of a run, with all that is needed to run it. */
export interface RunCode extends KeptCode {
  run: RunDirectory;
  /** Of the text of the files. */
  hash: string;
  /** Where the run keeps the files. */
  folder: string;
  /** Where the files come from; their packages are those of this folder. It may be gone. */
  workspaceFolder: string;
}

/** Reads the code of a run; null where it needs none. Runs nothing. @throws RunReadError when it is damaged */
export async function readRunCode(run: RunDirectory): Promise<RunCode | null> {
  const code = await readKeptCode(run.path);
  if (code === null) return null;
  return runCode(run, await run.readManifest(), code);
}

/** The code that a run was just made with. */
export function runCode(run: RunDirectory, manifest: RunManifest, code: KeptCode): RunCode {
  const configFolder = path.dirname(run.resolveConfigPath(manifest));
  return {
    ...code,
    run,
    hash: codeHash(code),
    folder: path.dirname(keptFilePath(run.path, 'file')),
    workspaceFolder: path.resolve(configFolder, path.relative(`/${code.configFolder}`, '/')),
  };
}

/** What people compare, and name to agree. */
export function shortHash({ hash }: Pick<RunCode, 'hash'>): string {
  return hash.slice(0, 12);
}

/** Files of a run's code that are no longer the same in the workspace; one that is not there any more counts, too. */
export async function changedFiles({ files, workspaceFolder }: RunCode): Promise<string[]> {
  const changed = await Promise.all(
    [...files].map(async ([file, text]) => {
      const now = await readFile(path.join(workspaceFolder, file), 'utf8').catch(() => null);
      return now === text ? [] : [file];
    }),
  );
  return changed.flat();
}
