/*
 * What is told of an error that was thrown. Errors of ours say what was found, what was expected and what to do; those of the
 * system say `ENOENT: no such file or directory, mkdir '/data/x'`, which is put into words here.
 */

/** Why something failed, and what to do about it where that can be said of all cases. */
type Cause = readonly [reason: string, remedy?: string];

const NO_PERMISSION = 'Grant yourself permission, or use another folder.';
const TRY_AGAIN = 'Free some space, and try again.';

const CAUSES: Readonly<Record<string, Cause>> = {
  EACCES: ['permission was denied', NO_PERMISSION],
  EBUSY: ['another program is using it', 'Close that program, and try again.'],
  EDQUOT: ['the disk quota is used up', TRY_AGAIN],
  EEXIST: ['something with that name already exists', 'Rename or remove it.'],
  EFBIG: ['the file system does not allow files of that size', 'Use a folder on another disk.'],
  EIO: ['the disk reported an error', 'Check the disk and the connection to it.'],
  EISDIR: ['it is a folder, and a file was expected'],
  ELOOP: ['its links are circular', 'Remove one of the links.'],
  EMFILE: ['too many files are open', 'Close other programs, or raise the open-file limit, and try again.'],
  ENAMETOOLONG: ['its name is too long', 'Use a shorter one.'],
  ENFILE: ['too many files are open', 'Close other programs, or raise the open-file limit, and try again.'],
  ENOENT: ['there is no such file or folder'],
  ENOMEM: ['there is too little memory', 'Close other programs, and try again.'],
  ENOSPC: ['the disk is full', TRY_AGAIN],
  ENOTDIR: ['a folder on its path is a file', 'Move that file, or use another folder.'],
  ENOTEMPTY: ['the folder is not empty'],
  EPERM: ['the system does not permit it', NO_PERMISSION],
  EROFS: ['it is on a read-only file system', 'Use a writable folder.'],
};

/** What could not be done, by the system's name of it. */
const FAILURES: readonly (readonly [calls: RegExp, failure: string])[] = [
  [/^mkd/, 'cannot be created'],
  [/^(?:open|opendir)$/, 'cannot be opened'],
  [/^(?:l?stat|fstat|statfs|access|read|scandir|readlink|realpath|watch)$/, 'cannot be read'],
  [/^(?:write|ftruncate|fsync|fdatasync|copyfile|l?utimes?|chmod|link|symlink)$/, 'cannot be written'],
  [/^(?:unlink|rm|rmdir)$/, 'cannot be deleted'],
  [/^rename$/, 'cannot be renamed'],
  [/^spawn$/, 'cannot be started'],
];

/** What Node.js and VS Code's file systems say of a failed call. */
const CALL_FAILED = /\b(E[A-Z0-9]+): [^,]*, (\w+)(?: '(.*?)'(?: -> '.*')?)?\)*$/s;
const PROGRAM_FAILED = /^(spawn) (.*) (E[A-Z0-9]+)$/s;

/** The message of anything that was thrown, in words. */
export function errorText(error: unknown): string {
  const message = messageOf(error);
  const failed = failedCall(message);
  if (failed === null) return message;
  const failure = FAILURES.find(([calls]) => calls.test(failed.call))?.[1] ?? 'cannot be used';
  const [reason, remedy] = CAUSES[failed.code]!;
  return [
    `${failed.path ?? 'A file'} ${failure}: ${reason}.`,
    ...(remedy === undefined ? [] : [remedy]),
  ].join(' ');
}

/** Anything can be thrown: an error with an empty message, or a value that is no error at all. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map(messageOf).filter(Boolean).join('; ') || error.name;
  if (error instanceof Error) return error.message || error.name;
  if (typeof error !== 'object' || error === null) return String(error);
  if ('message' in error && typeof error.message === 'string') return error.message;
  try {
    return JSON.stringify(error);
  } catch {
    return 'An unknown error';
  }
}

/** Whether the system refused something for a reason that `errorText` can put into words. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && failedCall(error.message) !== null;
}

/** Why the system refused, to follow what could not be done: `permission was denied`. Other errors say it themselves. */
export function systemReason(error: unknown): string {
  return causeOf(error)?.[0] ?? errorText(error);
}

/** What to do about what the system refused; null where nothing can be said. */
export function systemRemedy(error: unknown): string | null {
  return causeOf(error)?.[1] ?? null;
}

function causeOf(error: unknown): Cause | null {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return Object.hasOwn(CAUSES, code) ? CAUSES[code]! : null;
}

/** What a message tells of a call to the system: it survives where the fields of the error do not. */
function failedCall(message: string): { code: string; call: string; path: string | undefined } | null {
  const [, call, program, reason] = PROGRAM_FAILED.exec(message) ?? [];
  const [, code = reason, operation = call, path = program] = CALL_FAILED.exec(message) ?? [];
  if (code === undefined || operation === undefined || !Object.hasOwn(CAUSES, code)) return null;
  return { code, call: operation, path };
}
