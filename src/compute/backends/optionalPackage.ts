import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BackendError } from './backend';

/** A package that a user has installed somewhere, and that this program was not built with. */
export interface OptionalPackage {
  name: string;
  version: string;
  /** Its folder. */
  folder: string;
  /** Loads it, or a file of it, as CommonJS. */
  require: (file?: string) => unknown;
  /** Loads it as an ECMAScript module. */
  import: () => Promise<unknown>;
}

/**
 * The copies of a package that Node.js would find from the given folders, nearest first. Only looks at files, so it costs
 * next to nothing where nothing is installed.
 */
export function findPackages(name: string, searchPaths: readonly string[]): OptionalPackage[] {
  const folders = new Set<string>();
  for (const start of searchPaths) {
    for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
      const candidate = path.join(folder, 'node_modules', name);
      if (existsSync(path.join(candidate, 'package.json'))) folders.add(candidate);
      if (folder === path.dirname(folder)) break;
    }
  }
  return [...folders].map((folder) => describePackage(name, folder));
}

function describePackage(name: string, folder: string): OptionalPackage {
  const manifestPath = path.join(folder, 'package.json');
  const { version = 'unknown', main = 'index.js' } = readManifest(manifestPath);
  const entry = path.resolve(folder, main);
  const load = createRequire(manifestPath);
  return {
    name,
    version,
    folder,
    require: (file) => load(file === undefined ? entry : path.join(folder, file)) as unknown,
    import: () => import(pathToFileURL(entry).href) as Promise<unknown>,
  };
}

function readManifest(file: string): { version?: string; main?: string } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { version?: string; main?: string };
  } catch {
    throw new BackendError(`${file} cannot be read. Install the package again.`);
  }
}
