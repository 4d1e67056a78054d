import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isatty } from 'node:tty';
import { descriptorOf, followLinks } from '../runs/outputFile';
import { toWriteError } from '../runs/runErrors';
import { notes, output, type Terminal } from './terminal';
import { UsageError } from './usageError';

/** Where the data of a command go: a file, or what `--output -` and its kin name. */
export interface OutputTarget {
  /** Nothing can lie beside it: a stream, a FIFO, a device. */
  isStream: boolean;
  /** Where to say what was done: not among the data. */
  told: Terminal;
  /** Where the data are now, for people. */
  describe(files: readonly string[]): string;
  /** Has the data written into a file, and puts them where they belong when they are complete. */
  fill<Result>(write: (file: string) => Promise<Result>): Promise<Result>;
}

/**
 * What `--output` names. Another process writes the data, which has other open files than this one; so what goes to one of
 * ours goes to a file first.
 * @throws UsageError where that is a folder, where data that are no text would go to a terminal, and where they would mix with
 * what `--json` prints
 */
export async function outputTarget(
  name: string,
  { isBinary, json = false }: { isBinary: boolean; json?: boolean | undefined },
): Promise<OutputTarget> {
  const place = name === '-' ? '/dev/stdout' : await followLinks(path.resolve(name));
  const descriptor = descriptorOf(place);
  if (descriptor === null) {
    const found = await stat(place).catch(() => null);
    if (found?.isDirectory() === true)
      throw new UsageError(`\`--output\` is \`${name}\`, which is a folder. Name a file in it.`);
    const isStream = found !== null && !found.isFile();
    const describe = isStream ? () => name : describeFiles;
    return { isStream, told: output, describe, fill: (write) => write(path.resolve(name)) };
  }
  if (json && descriptor === 1)
    throw new UsageError('`--json` and `--output` both write to standard output. Omit one, or name a file.');
  if (isBinary && isatty(descriptor))
    throw new UsageError(
      '`--output` is a terminal, and this format is binary. Name a file, or choose another `--format`.',
    );
  return {
    isStream: true,
    told: descriptor === 1 ? notes : output,
    describe: () => (descriptor === 1 ? 'standard output' : name),
    fill: async (write) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'recsight-'));
      const remove = (): void => rmSync(folder, { recursive: true, force: true });
      process.once('exit', remove);
      try {
        const file = path.join(folder, 'output');
        const result = await write(file);
        await send(file, descriptor).catch((error: unknown) => {
          throw toWriteError(error, name);
        });
        return result;
      } finally {
        process.off('exit', remove);
        remove();
      }
    },
  };
}

function describeFiles(files: readonly string[]): string {
  return files.map((file) => path.relative(process.cwd(), file)).join(' and ');
}

async function send(file: string, descriptor: number): Promise<void> {
  if (isatty(descriptor)) {
    const text = await readFile(file, 'utf8');
    (descriptor === 2 ? notes : output).printData(text);
    return;
  }
  const target = descriptor === 1 ? output.raw : createWriteStream('', { fd: descriptor, autoClose: false });
  await pipeline(createReadStream(file), target, { end: false });
}
