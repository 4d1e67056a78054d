import { createHash } from 'node:crypto';
import path from 'node:path';
import { errorText, systemReason } from '../../protocol/errorText';
import type { ProjectionBookmark } from '../../protocol/projection';
import { makeFolder, writeFileAtomically } from '../../runs/atomicFile';
import { readPlainFile } from '../../runs/plainFiles';
import type { RunDirectory } from '../../runs/runDirectory';
import { meansMissing } from '../../runs/runErrors';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../formats/safetensors';
import { InspectionError } from '../inspectionError';

const BOOKMARKS_FILE = 'bookmarks.json';
/** Digits of a key in a file name: enough to tell apart what one run ever holds. */
const KEY_DIGITS = 24;

/** `projection/` of a run: what was computed for the projection view and took long, and the bookmarks. */
export class ProjectionFolder {
  readonly #path: string;

  constructor({ projectionPath }: RunDirectory) {
    this.#path = projectionPath;
  }

  /**
   * What was kept under a key, or null where there is nothing, or nothing whole: it is then computed anew.
   * @param kind beginning of the file's name
   * @param key everything that decides the content
   */
  async read(kind: string, key: unknown): Promise<ReadonlyMap<string, NamedTensor> | null> {
    try {
      const tensors = decodeSafetensors(await readPlainFile(this.#file(kind, key)));
      const isWhole = [...tensors.values()].every(({ values }) => values.every(Number.isFinite));
      return isWhole ? tensors : null;
    } catch {
      return null;
    }
  }

  /** Keeps something under a key, replacing what there is. Where that fails it is said, and computed again next time. */
  async tryWrite(
    kind: string,
    key: unknown,
    tensors: ReadonlyMap<string, NamedTensor>,
    warn: (message: string) => void,
  ): Promise<void> {
    try {
      await makeFolder(this.#path);
      await writeFileAtomically(this.#file(kind, key), encodeSafetensors(tensors));
    } catch (error) {
      warn(errorText(error));
    }
  }

  /** @throws InspectionError when the file is damaged, or cannot be read, which says nothing about what is in it */
  async readBookmarks(): Promise<ProjectionBookmark[]> {
    const file = path.join(this.#path, BOOKMARKS_FILE);
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
      `${file} holds no list of bookmarks: the file is damaged. Mend it, or delete it to begin without bookmarks.`,
    );
  }

  /** @throws RunWriteError */
  async writeBookmarks(bookmarks: readonly ProjectionBookmark[]): Promise<void> {
    await makeFolder(this.#path);
    const content = { schemaVersion: '1.0', bookmarks };
    await writeFileAtomically(path.join(this.#path, BOOKMARKS_FILE), `${JSON.stringify(content, null, 2)}\n`);
  }

  #file(kind: string, key: unknown): string {
    const digest = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, KEY_DIGITS);
    return path.join(this.#path, `${kind}-${digest}.safetensors`);
  }
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
