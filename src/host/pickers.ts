import * as vscode from 'vscode';
import { configName } from '../config/configFile';
import type { RunSummary } from '../protocol/run';
import { formatAge } from '../series/format';
import { newestRunOf } from './configLenses';
import { lastRunText } from './configLensText';
import { pick } from './messages';
import { lastActivity, resultFacts, runTitle } from './runText';
import { statusIcon } from './runTreeModel';

/** Lets the user choose a config. */
export async function pickConfig(
  configs: readonly vscode.Uri[],
  runs: readonly RunSummary[],
  title: string,
): Promise<vscode.Uri | undefined> {
  const now = Date.now();
  const items = configs.map((uri) => {
    const run = newestRunOf(uri.fsPath, runs);
    return {
      label: configName(uri.fsPath),
      description: `${vscode.workspace.asRelativePath(uri)} · ${run ? lastRunText(run, now) : 'not trained yet'}`,
      iconPath: new vscode.ThemeIcon('file-code'),
      uri,
    };
  });
  const picked = await pick(items, {
    title,
    placeHolder: 'Choose a config',
    matchOnDescription: true,
  });
  return picked?.uri;
}

/** Lets the user choose one of some runs; the only one needs no choice. */
export async function pickRun(runs: readonly RunSummary[], title: string): Promise<string | undefined> {
  if (runs.length <= 1) return runs[0]?.directory;
  const now = Date.now();
  const items = runs.map((run) => {
    const { codicon, color } = statusIcon(run);
    return {
      label: runTitle(run, now),
      description: [...resultFacts(run), formatAge(lastActivity(run), now)].join(' · '),
      iconPath: color
        ? new vscode.ThemeIcon(codicon, new vscode.ThemeColor(color))
        : new vscode.ThemeIcon(codicon),
      directory: run.directory,
    };
  });
  const picked = await pick(items, {
    title,
    placeHolder: 'Choose a run',
    matchOnDescription: true,
  });
  return picked?.directory;
}
