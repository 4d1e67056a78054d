import path from 'node:path';
import { exportVectors } from '../process/exportVectors';
import { VECTOR_FORMATS, type VectorFormat } from '../protocol/vectors';
import type { CliOptions } from './cliOptions';
import { UsageError } from './usageError';
import { findRun, trainerOptions } from './workspace';

/** `recsight vectors <run>`: writes the vectors of all items or users, for an index that searches by inner product. */
export async function vectors(name: string, options: CliOptions): Promise<number> {
  const run = await findRun(name, options.runs);
  const of = options.users === true ? 'users' : 'items';
  const format = formatOf(options);
  const output = path.resolve(options.output ?? `${run.id}-${of}.${format}`);
  const report = await exportVectors(await trainerOptions(), run, { of, format, output });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return 0;
  }
  const files = report.files.map((file) => path.relative(process.cwd(), file)).join(' and ');
  process.stdout.write(
    `Wrote ${report.rows} vectors of ${report.width} values, of the ${of} after epoch ${report.epoch}, to ${files}.\n`,
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
  throw new UsageError(`${where} \`${wanted}\`, which is none of ${VECTOR_FORMATS.join(', ')}.`);
}
