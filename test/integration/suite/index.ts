import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

/**
 * Called by VS Code in its extension host. The report goes to the file RECSIGHT_TEST_OUTPUT where a host shows no
 * console, and the counts to RECSIGHT_TEST_RESULT: proof that the suite ran to its end.
 */
export async function run(): Promise<void> {
  const { RECSIGHT_TEST_OUTPUT: output, RECSIGHT_TEST_RESULT: result } = process.env;
  if (output !== undefined) {
    Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
      appendFileSync(output, `${format(...parts)}\n`);
    };
  }
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, color: false });
  for (const file of readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.js'))
    .sort()) {
    mocha.addFile(path.join(__dirname, file));
  }
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const started = mocha.run(() => resolve(started));
  });
  if (result !== undefined) writeFileSync(result, JSON.stringify(runner.stats));
  if (runner.stats?.failures !== 0) throw new Error('Tests failed.');
}
