import { readFile, writeFile } from 'node:fs/promises';
import { buildEditorSchema } from '../src/config/editorSchema';
import { buildJsonSchema } from '../src/config/jsonSchema';
import {
  insertMetricList,
  insertModelList,
  insertModelTables,
  insertTables,
  modelPages,
} from './lib/configTable';
import { kernelsSource, signaturesHeader } from './lib/kernelSources';

/*
 * Writes what is made from the config schema, the lists of models and metrics, and the table of kernels; `npm run generate` bundles and runs it at the top of
 * the repository.
 */
async function main(): Promise<void> {
  const schema = buildJsonSchema();
  await writeFile('media/recsight.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
  await writeFile(
    'media/recsight.editor.schema.json',
    `${JSON.stringify(buildEditorSchema(schema), null, 2)}\n`,
  );
  await writeFile('docs/config.md', insertTables(await readFile('docs/config.md', 'utf8'), schema));
  await writeFile('docs/metrics.md', insertMetricList(await readFile('docs/metrics.md', 'utf8')));
  await writeFile('README.md', insertModelList(await readFile('README.md', 'utf8')));
  for (const page of modelPages.keys()) {
    const file = `docs/models/${page}`;
    await writeFile(file, insertModelTables(await readFile(file, 'utf8'), schema, page));
  }
  await writeFile('src/compute/kernels/signatures.h', signaturesHeader());
  await writeFile('src/compute/kernels/kernels.c', kernelsSource());
}

void main();
