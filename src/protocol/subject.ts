import { isRecord } from './isRecord';

/** What a panel shows. */
export type Subject =
  /** Absolute paths of run directories, in the order in which they are shown. */
  | { kind: 'runs'; runs: readonly string[] }
  /** Absolute path. */
  | { kind: 'file'; path: string }
  /** Everything in the window. */
  | { kind: 'workspace' };

/** One run as a subject. @param directory absolute path of the run directory */
export function subjectOfRun(directory: string): Subject {
  return { kind: 'runs', runs: [directory] };
}

/** Equal for what one panel is enough for: runs count as the same in any order. That of one run is its directory. */
export function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'runs':
      return subject.runs.toSorted().join('\n');
    case 'file':
      return subject.path;
    case 'workspace':
      return 'workspace';
  }
}

/** The subject that a page's state, of any version, holds beside what is the page's own; null where there is none. */
export function subjectIn(state: unknown): Subject | null {
  if (!isRecord(state)) return null;
  // Pages kept nothing but their run once.
  if (isPath(state.runDirectory)) return subjectOfRun(state.runDirectory);
  return isSubject(state.subject) ? state.subject : null;
}

function isSubject(value: unknown): value is Subject {
  if (!isRecord(value)) return false;
  const { kind, runs, path } = value;
  if (kind === 'runs') return Array.isArray(runs) && runs.length > 0 && runs.every(isPath);
  return kind === 'workspace' || (kind === 'file' && isPath(path));
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
