import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol/run';
import type { Subject } from '../../protocol/subject';
import type { RunCatalog } from '../runCatalog';

/**
 * How a subject is called: by the titles of its runs, by the name of its file or of the workspace.
 * @param known runs by their directories, where others than those of the catalog are known; a run of which nothing is known goes by
 *   the name of its directory
 */
export function subjectTitle(
  subject: Subject,
  runs: RunCatalog,
  known?: ReadonlyMap<string, RunSummary>,
): string {
  switch (subject.kind) {
    case 'runs': {
      const titles = subject.runs.map((directory) => {
        const run = known?.get(directory) ?? runs.get(directory);
        return run ? runs.titleOf(run) : path.basename(directory);
      });
      return titles.join(', ');
    }
    case 'file':
      return path.basename(subject.path);
    case 'workspace':
      return vscode.workspace.name ?? '';
  }
}
