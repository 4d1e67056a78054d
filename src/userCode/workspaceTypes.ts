import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * What a TypeScript editor needs to know of model files. `paths` leads to types without an installed package.
 */
const tsconfigText = (types: string) => `{
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
    "paths": { "recsight/v1": [${JSON.stringify(types)}] }
  },
  "include": ["."]
}
`;

/** Where the types of a workspace are. */
export function typesFile(folder: string): string {
  return path.join(folder, '.recsight', 'types', 'v1.d.ts');
}

/**
 * Writes the types of `recsight/v1` into a workspace, and beside its code a `tsconfig.json` that leads to them, unless there is one
 * there or in a folder that it is in. The workspace folder itself gets none: its is that of other programs.
 * @param codeFolder in which there is a model file or a metric file, such as `models`
 * @param assets where `v1.d.ts` is, beside what was built
 * @returns paths of the files that are new or changed
 */
export async function writeTypes(folder: string, codeFolder: string, assets: string): Promise<string[]> {
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
  const tsconfig = path.join(codeFolder, 'tsconfig.json');
  const isCovered = foldersBelow(folder, codeFolder).some((one) =>
    existsSync(path.join(one, 'tsconfig.json')),
  );
  if (isCovered || path.relative(folder, codeFolder) === '') return written;
  const way = path.relative(codeFolder, types).split(path.sep).join('/');
  if (await writeIfNew(tsconfig, tsconfigText(way))) written.push(tsconfig);
  return written;
}

/** A folder of a workspace and those that it is in, without the workspace's own. */
function foldersBelow(workspace: string, folder: string): string[] {
  const parts = path.relative(workspace, folder).split(path.sep);
  return parts.map((_, index) => path.join(workspace, ...parts.slice(0, index + 1)));
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
