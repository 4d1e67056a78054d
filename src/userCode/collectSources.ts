import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { CodePath } from '../protocol/codePath';
import { isRecord } from '../protocol/isRecord';
import { CODE_LIMITS, type KeptCode } from '../protocol/keptCode';
import { systemReason } from '../protocol/errorText';
import { CodeError } from './codeError';
import { candidatesOf, importsOf, isBuiltin, isRelative, packageName } from './imports';
import { parseCode } from './parseCode';
import { isProvided } from './provided';
import { isOutside, readCodeFile } from './readCodeFile';

/**
 * Reads the model and metric files that a config names and all files that these import, so that a run can keep them. Runs nothing.
 * @param configFolder absolute
 * @param workspaceFolder absolute; code from elsewhere is not taken
 * @throws CodeError
 */
export async function collectSources(
  names: readonly CodePath[],
  configFolder: string,
  workspaceFolder: string,
): Promise<KeptCode> {
  const files = new Map<string, string>();
  const packages = new Map<string, string>();
  let bytes = 0;
  const relative = (file: string): string => path.relative(workspaceFolder, file).split(path.sep).join('/');
  const waiting: { file: string; place: string }[] = [];
  const want = (file: string, place: string): void => {
    if (!waiting.some((other) => other.file === file)) waiting.push({ file, place });
  };
  const entries: Record<string, string> = {};
  for (const name of names) {
    const file = path.resolve(configFolder, name);
    entries[name] = relative(file);
    want(file, file);
  }
  for (const { file, place } of waiting) {
    if (await isOutside(workspaceFolder, file))
      throw new CodeError(
        'code/outside',
        `${place}: ${file} is outside of the workspace folder ${workspaceFolder}, whose code alone is used. Copy the file into the workspace.`,
      );
    const text = await readCodeFile(file).catch((error: unknown) => {
      throw new CodeError('code/unreadable', `${place}: ${file} cannot be read: ${systemReason(error)}.`);
    });
    files.set(relative(file), text);
    bytes += Buffer.byteLength(text);
    if (bytes > CODE_LIMITS.bytes)
      throw new CodeError(
        'code/too-large',
        `${place}: the code has more than ${CODE_LIMITS.bytes} bytes in all.`,
      );
    if (files.size > CODE_LIMITS.files)
      throw new CodeError(
        'code/too-many-files',
        `${place}: the code consists of more than ${CODE_LIMITS.files} files.`,
      );
    if (file.endsWith('.json')) continue;
    const parsed = parseCode(text, file);
    if ('message' in parsed)
      throw new CodeError('code/syntax', `${file}:${parsed.line}:${parsed.column}: ${parsed.message}`);
    for (const { specifier, node } of importsOf(parsed)) {
      const { line, column } = parsed.problem(node, '');
      const importedAt = `${file}:${line}:${column}`;
      if (isRelative(specifier)) {
        want(await findFile(path.resolve(path.dirname(file), specifier), specifier, importedAt), importedAt);
      } else if (!isProvided(specifier) && !isBuiltin(specifier)) {
        const name = packageName(specifier);
        packages.set(name, await packageVersion(name, file, importedAt));
      }
    }
  }
  return {
    api: 'v1',
    configFolder: relative(configFolder),
    entries,
    files,
    packages: [...packages].map(([name, version]) => ({ name, version })),
  };
}

async function findFile(wanted: string, specifier: string, place: string): Promise<string> {
  for (const candidate of candidatesOf(wanted))
    if (
      await stat(candidate).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return candidate;
  throw new CodeError(
    'code/missing',
    `${place}: There is no file \`${specifier}\` (${wanted}, also with .ts or .js).`,
  );
}

async function packageVersion(name: string, importer: string, place: string): Promise<string> {
  const folders = createRequire(importer).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const text = await readFile(path.join(folder, name, 'package.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const manifest: unknown = JSON.parse(text);
    return isRecord(manifest) && typeof manifest.version === 'string' ? manifest.version : '';
  }
  throw new CodeError(
    'code/missing',
    `${place}: The package \`${name}\` is not installed in the workspace. Install it with \`npm install ${name}\`.`,
  );
}
