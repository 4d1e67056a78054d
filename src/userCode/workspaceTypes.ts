import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * What a TypeScript editor needs to know of model files. `paths` leads to types without an installed package.
 */
const TSCONFIG = `{
  // For the editor: types of recsight/v1, which RecSight writes. Training does not read this file.
  "compilerOptions": {
    "target": "ES2022",
    "lib": ["ES2023"],
    "module": "ESNext",
    "moduleResolution": "bundler",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "types": [],
    "paths": { "recsight/v1": ["../.recsight/types/v1.d.ts"] }
  },
  "include": ["."]
}
`;

/** Where the types of a workspace are. */
export function typesFile(folder: string): string {
  return path.join(folder, '.recsight', 'types', 'v1.d.ts');
}

/**
 * Writes the types of `recsight/v1` into a workspace, and `models/tsconfig.json`, which leads to them, unless there is one.
 * @param assets where `v1.d.ts` is, beside what was built
 * @returns paths of the files that are new or changed
 */
export async function writeTypes(folder: string, assets: string): Promise<string[]> {
  const types = typesFile(folder);
  const text = await readFile(path.join(assets, 'v1.d.ts'), 'utf8');
  const written: string[] = [];
  if ((await readFile(types, 'utf8').catch(() => null)) !== text) {
    await mkdir(path.dirname(types), { recursive: true });
    await writeFile(types, text);
    written.push(types);
    // As where runs are kept: nothing there belongs into version control.
    await writeIfNew(path.join(folder, '.recsight', '.gitignore'), '*\n');
  }
  const models = path.join(folder, 'models');
  const tsconfig = path.join(models, 'tsconfig.json');
  await mkdir(models, { recursive: true });
  if (await writeIfNew(tsconfig, TSCONFIG)) written.push(tsconfig);
  return written;
}

/** Writes a file unless there is one. @returns whether it was written */
export async function writeIfNew(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
