import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import type { ConfigProblem } from '../config/parseConfig';
import { insertField, writtenLike } from '../config/setField';
import type { DataChoice, DataProblem } from '../protocol/dataCheck';
import { plainText } from './safeText';

/** What is wrong with a config, and for its data what could stand there instead. */
export type ShownProblem = ConfigProblem & {
  /** Of a problem with the data. */
  data?: Pick<DataProblem, 'path' | 'choices'> & {
    /** Whether the field is in the text; else it is a default. */
    isWritten: boolean;
  };
};

/** A change that may mend a problem. */
export interface ConfigFix {
  title: string;
  edit: vscode.WorkspaceEdit;
}

/** Who wants another one finds it by completion. */
const MAX_FIXES = 8;

/** What may mend a problem, likeliest first. */
export function fixesOf(document: vscode.TextDocument, problem: ShownProblem): ConfigFix[] {
  const { suggestion, data } = problem;
  const range = rangeOf(document, problem);
  const format = configFormat(document.uri.path) ?? 'json';
  const written = document.getText(range);
  const replace = (title: string, text: string): ConfigFix => {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, range, text);
    return { title, edit };
  };
  const fixes =
    suggestion === undefined
      ? []
      : [replace(`Change to “${suggestion}”`, writtenLike(written, format, suggestion))];
  for (const choice of data?.choices.slice(0, MAX_FIXES) ?? []) {
    const title = titleOf(choice, data!.path);
    if (data!.isWritten) {
      fixes.push(replace(title, writtenLike(written, format, choice.value)));
      continue;
    }
    const changes = insertField(document.getText(), format, data!.path, choice.value);
    if (changes.length === 0) continue;
    const edit = new vscode.WorkspaceEdit();
    for (const change of changes) edit.replace(document.uri, rangeOf(document, change), change.text);
    fixes.push({ title, edit });
  }
  return fixes;
}

export function rangeOf(
  document: vscode.TextDocument,
  { start, end }: { start: number; end: number },
): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

function titleOf({ value, detail }: DataChoice, path: DataProblem['path']): string {
  const about = detail === '' ? '' : ` (${detail})`;
  if (value === null) return `Set to null${about}`;
  const what = path.includes('path') ? '' : 'column ';
  return plainText(`Use ${what}“${value}”${about}`);
}
