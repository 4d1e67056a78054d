import path from 'node:path';
import { exportVectors } from '../process/exportVectors';
import { VECTOR_FORMATS, type VectorFormat } from '../protocol/vectors';
import { formatCount } from '../series/format';
import { agreeToCode } from './agreeToCode';
import type { CliOptions } from './cliOptions';
import { exitOnSignals } from './exitOnSignals';
import { outputTarget } from './outputTarget';
import { notes, printJson } from './terminal';
import { UsageError } from './usageError';
import { findRun, trainerOptions } from './workspace';

/** `recsight vectors <run>`: writes the vectors of all items or users, for an index that searches by inner product. */
export async function vectors(runName: string, options: CliOptions): Promise<number> {
  exitOnSignals();
  const run = await findRun(runName, options.runs);
  await agreeToCode(run, options);
  const of = options.users === true ? 'users' : 'items';
  const format = formatOf(options);
  const name = options.output ?? `${run.id}-${of}.${format}`;
  const target = await outputTarget(name, { isBinary: format === 'npy', json: options.json });
  const trainer = await trainerOptions();
  const report = await target.fill((file) => exportVectors(trainer, run, { of, format, output: file }));
  if (report.notice !== null) notes.print(`${report.notice}\n`);
  if (options.json === true) {
    printJson(report);
    return 0;
  }
  target.told.print(
    `Wrote ${formatCount(report.rows)} vectors of ${report.width} values, of the ${of} after epoch ${report.epoch}, to ${target.describe(report.files)}.\n`,
  );
  if (target.isStream && format === 'npy')
    notes.print(
      'The ids were not written: with `--format npy` they go into a second file, and a stream has none. `--format csv` holds both.\n',
    );
  return 0;
}

/** What `--format` says, else what the name of the file ends in. */
function formatOf({ format, output }: CliOptions): VectorFormat {
  const ending = path.extname(output ?? '').slice(1);
  const wanted = format ?? (ending === '' ? 'npy' : ending);
  const known = VECTOR_FORMATS.find((one) => one === wanted);
  if (known !== undefined) return known;
  const where = format === undefined ? `\`--output ${output ?? ''}\` ends in` : '`--format` is';
  throw new UsageError(`${where} \`${wanted}\`; expected one of ${VECTOR_FORMATS.join(', ')}.`);
}
