import * as vscode from 'vscode';
import { RunDirectory } from '../runs/runDirectory';
import { keptFilePath } from '../runs/keptCode';
import { allowCode, isAllowed } from '../userCode/consent';
import { readRunCode, shortHash } from '../userCode/runCode';
import { choose } from './messages';

/** Whether the code of a run may be run without asking. Never throws: who asks is told what is wrong with the run. */
export async function codeMayRun(directory: string): Promise<boolean> {
  try {
    const code = await readRunCode(new RunDirectory(directory));
    return code === null || (await isAllowed(code));
  } catch {
    return false;
  }
}

/** Files that are opened at once; the models and metrics themselves come first. */
const MOST_SHOWN = 5;

/**
 * Whether the code of a run may be run: it has none, the user has trained with it, or agrees now. A run that comes from elsewhere
 * brings code that they may never have seen.
 * @param title of the run @param what is to be done with it, such as `Resuming`
 */
export async function mayRunCode(directory: string, title: string, what: string): Promise<boolean> {
  const run = new RunDirectory(directory);
  const code = await readRunCode(run);
  if (code === null || (await isAllowed(code))) return true;
  const files = [...new Set([...Object.values(code.entries), ...code.files.keys()])];
  const choice = await choose(
    `Run the code of ${title}?`,
    `${what} this run executes ${listOf(files)}, hash ${shortHash(code)}, which you have not run on this machine. Code can read and change your files.`,
    { show: 'Show Code', run: 'Run This Code' },
  );
  if (choice === 'show') {
    for (const file of files.slice(0, MOST_SHOWN))
      await vscode.window.showTextDocument(vscode.Uri.file(keptFilePath(run.path, file)), { preview: false });
  }
  if (choice !== 'run') return false;
  // Files may have changed while the question was open: what was shown is what is agreed to.
  await allowCode(code);
  return true;
}

function listOf(files: readonly string[]): string {
  const named = files.slice(0, 3).map((file) => `\`${file}\``);
  const more = files.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}
