import type { RunDirectory } from '../runs/runDirectory';
import { allowCode, requireConsent } from '../userCode/consent';
import { readRunCode, shortHash } from '../userCode/runCode';
import type { CliOptions } from './cliOptions';
import { UsageError } from './usageError';

/**
 * Before anything is done that runs the code of a run: notes that the user agrees, where they name its hash with `--allow-code`.
 * @throws CodeError where they have not agreed, UsageError for the hash of other code
 */
export async function agreeToCode(
  run: RunDirectory,
  { 'allow-code': named }: Pick<CliOptions, 'allow-code'>,
): Promise<void> {
  const code = await readRunCode(run);
  if (named !== undefined) {
    if (code === null)
      throw new UsageError(`Run ${run.id} needs no \`--allow-code\`: it has no code of its own.`);
    const short = shortHash(code);
    if (named.length < short.length || !code.hash.startsWith(named))
      throw new UsageError(
        `\`--allow-code\` is \`${named}\`, but the code of run ${run.id} has the hash ${short}. Read it in ${code.folder}.`,
      );
    await allowCode(code);
  }
  if (code !== null) await requireConsent(code);
}
