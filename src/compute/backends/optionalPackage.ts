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
 * The copies of a package in the `node_modules` of the given folders, in their order. Folders above these are not looked
 * into, as Node.js would: what lies there may be anybody's. Only looks at files, so it costs next to nothing where nothing
 * is installed.
 */
export function findPackages(name: string, searchPaths: readonly string[]): OptionalPackage[] {
  const folders = new Set(searchPaths.map((folder) => path.resolve(folder, 'node_modules', name)));
  return [...folders]
    .filter((folder) => existsSync(path.join(folder, 'package.json')))
    .map((folder) => describePackage(name, folder));
}

/** What to do about a package that is not there. */
export function howToInstall(packages: string): string {
  return (
    `Run “RecSight: Install GPU Runtime” in VS Code, or \`npm install ${packages}\` in a folder of your own and name that folder in the ` +
    'setting `recsight.runtimePath` (in a terminal: RECSIGHT_RUNTIME_PATH). Packages in a workspace’s node_modules are not loaded.'
  );
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
