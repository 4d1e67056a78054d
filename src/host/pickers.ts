import * as vscode from 'vscode';
import { configName } from '../config/configFile';
import type { RunSummary } from '../protocol/run';
import { statusIcon } from '../protocol/statusDisplay';
import { formatAge } from '../series/format';
import { isConfigDocument, type ConfigCatalog } from './configCatalog';
import { newestRunOf } from './configLenses';
import { lastRunText } from './configLensText';
import { commandButton, pick, pickSeveral, showInformation } from './messages';
import type { RunCatalog } from './runCatalog';
import { lastActivity, resultFacts } from './runText';

/** The config a command was called on, else the one in the active editor, else the user's choice. It may be new, not on disk. */
export async function chooseConfig(
  { configs, runs }: { configs: ConfigCatalog; runs: RunCatalog },
  argument: vscode.Uri | undefined,
  title: string,
): Promise<vscode.Uri | undefined> {
  if (argument instanceof vscode.Uri) return argument;
  const document = vscode.window.activeTextEditor?.document;
  if (document && isConfigDocument(document)) return document.uri;
  await configs.loaded;
  if (configs.uris.length === 0) {
    const text = 'There is no config (*.recsight.json or *.recsight.yaml) in this workspace yet.';
    void showInformation(text, commandButton('New Config', 'recsight.newConfig'));
    return undefined;
  }
  return pickConfig(configs.uris, runs.runs, title);
}

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
export async function pickRun(
  runs: readonly RunSummary[],
  title: string,
  catalog: RunCatalog,
): Promise<string | undefined> {
  if (runs.length <= 1) return runs[0]?.directory;
  const picked = await pick(runItems(runs, catalog), {
    title,
    placeHolder: 'Choose a run',
    matchOnDescription: true,
  });
  return picked?.directory;
}

/** Lets the user choose some of some runs, until there are as many as are wanted or the user gives up. */
export async function pickRuns(
  runs: readonly RunSummary[],
  title: string,
  catalog: RunCatalog,
  { min, max }: { min: number; max: number },
): Promise<string[] | undefined> {
  const wanted = min === max ? String(min) : `${min} to ${max}`;
  for (;;) {
    const picked = await pickSeveral(runItems(runs, catalog), {
      title,
      placeHolder: `Choose ${wanted} runs`,
      matchOnDescription: true,
    });
    if (picked === undefined) return undefined;
    if (min <= picked.length && picked.length <= max) return picked.map(({ directory }) => directory);
  }
}

/** Runs as they are listed to choose from. */
function runItems(runs: readonly RunSummary[], catalog: RunCatalog) {
  const now = Date.now();
  const titles = catalog.titles(now);
  return runs.map((run) => {
    const { codicon, color } = statusIcon(run);
    return {
      label: titles.get(run.directory) ?? run.manifest.name,
      description: [...resultFacts(run), formatAge(lastActivity(run), now)].join(' · '),
      iconPath: color
        ? new vscode.ThemeIcon(codicon, new vscode.ThemeColor(color))
        : new vscode.ThemeIcon(codicon),
      directory: run.directory,
    };
  });
}
