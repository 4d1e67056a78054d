import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { systemReason } from '../protocol/errorText';
import { CodeError } from './codeError';
import type { RunDirectory } from '../runs/runDirectory';
import { readRunCode, shortHash, type RunCode } from './runCode';

/** What is agreed to: files, and the folder whose packages they import. */
type Agreement = Pick<RunCode, 'hash' | 'files' | 'packages' | 'workspaceFolder'>;

/*
 * The code that the user has agreed to run on this machine, by hash: one small file each, in a folder of the user's own. A run
 * directory brings none of it along, wherever it comes from.
 */

/** Where agreements are kept: where other programs keep the user's settings. */
function consentFolder(): string {
  const { XDG_CONFIG_HOME: named, APPDATA: roaming } = process.env;
  const settings =
    named !== undefined && path.isAbsolute(named)
      ? named
      : process.platform === 'win32' && roaming !== undefined
        ? roaming
        : path.join(homedir(), '.config');
  return path.join(settings, 'recsight', 'allowed-code');
}

function consentFile({ hash, packages, workspaceFolder }: Agreement): string {
  const subject = [hash, packages.length === 0 ? null : workspaceFolder];
  const key = createHash('sha256').update(JSON.stringify(subject)).digest('hex');
  return path.join(consentFolder(), `${key}.json`);
}

/** Whether the user has agreed to run this code. */
export async function isAllowed(code: Agreement): Promise<boolean> {
  return readFile(consentFile(code)).then(
    () => true,
    () => false,
  );
}

/** Notes that the user agrees to run this code: they train with it, or were asked. @throws CodeError */
export async function allowCode(code: Agreement): Promise<void> {
  const file = consentFile(code);
  const { hash, workspaceFolder, files } = code;
  const note = { hash, files: [...files.keys()], workspaceFolder, allowedAt: new Date().toISOString() };
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new CodeError(
      'code/not-allowed',
      `The agreement to run the code cannot be stored: ${file} cannot be written (${systemReason(error)}).`,
    );
  }
}

/** To be called in the process that would run the code, with the text that it would run. @throws CodeError where the user has not agreed */
export async function requireConsent(code: RunCode): Promise<void> {
  if (await isAllowed(code)) return;
  const names = Object.values(code.entries).map((file) => `\`${file}\``);
  const more = code.files.size - names.length;
  const others = more > 0 ? ` and ${more} more ${more === 1 ? 'file' : 'files'}` : '';
  throw new CodeError(
    'code/not-allowed',
    `The run ${code.run.id} has code that you have not agreed to run on this machine: ${names.join(', ')}${others}, hash ${shortHash(code)}. ` +
      `Read it in ${code.folder}. To run it now and later, repeat the command with \`--allow-code ${shortHash(code)}\`.`,
  );
}

/** Whether the code of a run may be run, where it has any. Said early, before a process is started that would say it, too. @throws CodeError */
export async function requireRunConsent(run: RunDirectory): Promise<void> {
  const code = await readRunCode(run);
  if (code !== null) await requireConsent(code);
}
