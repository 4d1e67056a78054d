import path from 'node:path';
import { systemReason } from '../../protocol/errorText';
import type { ProjectionBookmark } from '../../protocol/projection';
import { makeFolder, writeFileAtomically } from '../../runs/atomicFile';
import { readPlainFile } from '../../runs/plainFiles';
import type { RunDirectory } from '../../runs/runDirectory';
import { meansMissing } from '../../runs/runErrors';
import { InspectionError } from '../inspectionError';

const BOOKMARKS_FILE = 'bookmarks.json';

/**
 * The bookmarks of a run, from its `projection/`.
 * @throws InspectionError when the file is damaged, or cannot be read, which says nothing about what is in it
 */
export async function readBookmarks({ projectionPath }: RunDirectory): Promise<ProjectionBookmark[]> {
  const file = path.join(projectionPath, BOOKMARKS_FILE);
  let text: string;
  try {
    text = (await readPlainFile(file)).toString();
  } catch (error) {
    if (meansMissing(error)) return [];
    throw new InspectionError(
      'inspection/unreadable-bookmarks',
      `${file} cannot be read (${systemReason(error)}). The bookmarks were left as they are.`,
    );
  }
  const bookmarks = parseBookmarks(text);
  if (bookmarks !== null) return bookmarks;
  throw new InspectionError(
    'inspection/damaged-bookmarks',
    `${file} contains no list of bookmarks: the file is damaged. Fix it, or delete it to start without bookmarks.`,
  );
}

/** @throws RunWriteError */
export async function writeBookmarks(
  { projectionPath }: RunDirectory,
  bookmarks: readonly ProjectionBookmark[],
): Promise<void> {
  await makeFolder(projectionPath);
  const content = { schemaVersion: '1.0', bookmarks };
  await writeFileAtomically(
    path.join(projectionPath, BOOKMARKS_FILE),
    `${JSON.stringify(content, null, 2)}\n`,
  );
}

function parseBookmarks(text: string): ProjectionBookmark[] | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return null;
  }
  const { bookmarks } = (content ?? {}) as { bookmarks?: unknown };
  return Array.isArray(bookmarks) && bookmarks.every(isBookmark) ? bookmarks : null;
}

function isBookmark(value: unknown): value is ProjectionBookmark {
  if (typeof value !== 'object' || value === null) return false;
  const { name, createdAt } = value as Partial<ProjectionBookmark>;
  return typeof name === 'string' && typeof createdAt === 'number' && 'state' in value;
}
