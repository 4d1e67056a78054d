import path from 'node:path';
import { writeNewModel } from '../userCode/newModel';
import type { CliOptions } from './cliOptions';
import { output, printJson } from './terminal';

/** `recsight new-model <name>`: writes a model file, a config that trains it, and types for the editor. */
export async function newModel(name: string, { json }: CliOptions): Promise<number> {
  const { model, config, dataOf, written } = await writeNewModel(
    process.cwd(),
    name,
    path.join(__dirname, 'userCode'),
  );
  if (json === true) {
    printJson({ model, config, written });
    return 0;
  }
  const relative = (file: string) => path.relative(process.cwd(), file);
  output.print(`Wrote ${written.map(relative).join(', ')}.\n`);
  if (config === null) {
    output.print(`To train it, set "model": { "type": "./models/${name}.ts" } in a config.\n`);
  } else {
    if (dataOf !== null) output.print(`The data and the training of the config are those of ${dataOf}.\n`);
    else output.print(`Say in ${relative(config)} where the data are.\n`);
    output.print(`Train it: recsight train ${relative(config)}\n`);
  }
  return 0;
}
