import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { runsDirectoryOf, SETTINGS_FOLDER } from './runDirectory';

/** How deep below a workspace folder, and among how many folders, other runs are looked for. */
const MOST_LEVELS = 6;
const MOST_FOLDERS = 4000;
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv', 'site-packages']);

/**
 * The folder whose `.recsight` keeps the runs of what lies in `start`: the root of the git work tree, else the folder highest up
 * that has runs already, else `fallback`. The same for the command line and the editor, whatever folder either is in.
 *
 * The home folder, what is above it, and the system's folder for temporary files belong to no project: were one of them taken,
 * all that lies below would share its runs.
 */
export function workspaceFolderFor(start: string, fallback: string): string {
  const above = projectFolders(path.resolve(start));
  const root = above.find((folder) => existsSync(path.join(folder, '.git')));
  return root ?? above.findLast(hasOwnRuns) ?? path.resolve(fallback);
}

/** `start` and what is above it, upwards, as far as it can be a project. */
function projectFolders(start: string): string[] {
  const home = path.resolve(homedir());
  const shared = [home, path.resolve(tmpdir())];
  const folders: string[] = [];
  for (let folder = start; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (shared.includes(folder) || !path.relative(folder, home).startsWith('..')) break;
    folders.push(folder);
  }
  return folders;
}

/** Whether a folder has runs that are this user's: anybody may make one where all can write. What cannot be read is not. */
function hasOwnRuns(folder: string): boolean {
  try {
    const runs = statSync(runsDirectoryOf(folder));
    return runs.isDirectory() && (process.getuid === undefined || runs.uid === process.getuid());
  } catch {
    return false;
  }
}

/**
 * All runs directories of the workspace that a folder is in: that which new runs go to, which may not exist, and the others in
 * and below the folder and the workspace.
 */
export async function runsDirectoriesOf(folder: string): Promise<[string, ...string[]]> {
  const workspace = workspaceFolderFor(folder, folder);
  const own = runsDirectoryOf(workspace);
  const found = await findRunsDirectories(workspace);
  // A folder deep below may be out of the reach of the walk.
  const near = workspace === path.resolve(folder) ? [] : await findRunsDirectories(folder);
  return [own, ...new Set([...found, ...near].filter((directory) => directory !== own))];
}

/**
 * The runs directories that there are in a folder and below it, its own first. Older versions kept runs beside the configs.
 * Links are not followed, hidden folders and installed packages not entered, and the walk ends after some thousand folders.
 */
export async function findRunsDirectories(folder: string): Promise<string[]> {
  const found: string[] = [];
  let level = [path.resolve(folder)];
  let looked = 0;
  for (let depth = 0; depth <= MOST_LEVELS && level.length > 0; depth++) {
    const next: string[] = [];
    for (const place of level) {
      if (looked++ >= MOST_FOLDERS) return found;
      const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isDirectory()) continue;
        const { name } = entry;
        if (name === SETTINGS_FOLDER) {
          if (existsSync(runsDirectoryOf(place))) found.push(runsDirectoryOf(place));
        } else if (!name.startsWith('.') && !SKIPPED.has(name)) next.push(path.join(place, name));
      }
    }
    level = next.sort();
  }
  return found;
}
