import path from 'node:path';
import type { RunSummary } from '../protocol/run';
import { RunDirectory } from '../runs/runDirectory';
import { readCodeFile } from '../userCode/readCodeFile';
import { readRunCode, type RunCode } from '../userCode/runCode';

/** The place in a file of the workspace at which a run failed. */
export interface FailedLine {
  /** Absolute. */
  file: string;
  line: number;
  column: number;
  message: string;
}

/**
 * Where a run failed, if that is in code of its own and the file of the workspace is still what failed. The run may come from
 * anybody, and its user only looks at it: nothing is run, and nothing read but what the run lists as its code.
 * @param isOurs whether a file may be read, such as one of the window's folders
 */
export async function failedLine(
  { directory, manifest }: Pick<RunSummary, 'directory' | 'manifest'>,
  isOurs: (file: string) => boolean,
): Promise<FailedLine | null> {
  // `models/x.ts:3:5: …`
  const place = /^(.+?\.m?[jt]s):(\d+):(\d+): ([\s\S]+)$/.exec(manifest.error?.message ?? '');
  if (place === null) return null;
  const [, name, line, column, message] = place;
  const code = await codeOf(directory);
  const failed = code?.files.get(name!);
  if (code === null || failed === undefined) return null;
  const file = path.join(code.workspaceFolder, name!);
  if (!isOurs(file) || (await readCodeFile(file).catch(() => null)) !== failed) return null;
  return { file, line: Number(line), column: Number(column), message: message! };
}

/** Which of some files of the workspace belong to the code of a run. */
export async function filesOfRun(directory: string, files: readonly string[]): Promise<string[]> {
  const code = files.length === 0 ? null : await codeOf(directory);
  if (code === null) return [];
  const nameOf = (file: string) => path.relative(code.workspaceFolder, file).split(path.sep).join('/');
  return files.filter((file) => code.files.has(nameOf(file)));
}

/** Null where the run has no code, or it is damaged. */
function codeOf(directory: string): Promise<RunCode | null> {
  return readRunCode(new RunDirectory(directory)).catch(() => null);
}
