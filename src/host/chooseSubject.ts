import path from 'node:path';
import * as vscode from 'vscode';
import { isRecord } from '../protocol/isRecord';
import { runAbilities, type RunAbilities } from '../protocol/runAbilities';
import type { Subject } from '../protocol/subject';
import { RunReadError } from '../runs/runErrors';
import { showInformation } from './messages';
import type { OpenPanels } from './panels/openPanels';
import { admits, type PanelSubjects } from './panels/panelKind';
import { pickRun, pickRuns } from './pickers';
import type { RunCatalog } from './runCatalog';
import type { RunTree } from './runTree';

/** Where runs are looked for. */
interface RunPlaces {
  panels: OpenPanels;
  runs: RunCatalog;
  tree: RunTree;
}

/**
 * What a panel is to show: what its command was called on, else what is in view, else the user's choice.
 * @param argument as `chooseRun` takes it; for several runs a list of such, for a file its Uri
 */
export async function chooseSubject(
  places: RunPlaces,
  argument: unknown,
  title: string,
  subjects: PanelSubjects,
): Promise<Subject | undefined> {
  if (subjects.kind === 'workspace') return { kind: 'workspace' };
  if (subjects.kind === 'file') {
    const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
    return uri && { kind: 'file', path: uri.fsPath };
  }
  const runs = await chooseRuns(places, argument, title, subjects);
  return runs && { kind: 'runs', runs };
}

async function chooseRuns(
  places: RunPlaces,
  argument: unknown,
  title: string,
  subjects: PanelSubjects & { kind: 'runs' },
): Promise<string[] | undefined> {
  const { runs, tree } = places;
  if (subjects.max === 1) {
    const directory = await chooseRun(places, argument, title, subjects.isSuitable);
    return directory === undefined ? undefined : [directory];
  }
  await runs.loaded;
  const named: unknown[] = Array.isArray(argument) ? argument : [];
  const directories = named.map(directoryIn).filter((directory) => directory !== undefined);
  // Nothing else is pointed at by who calls the command by its name.
  if (argument === undefined) directories.push(...tree.selectedRuns);
  const known = await Promise.all(directories.map((directory) => knownRun(runs, directory)));
  if (admits(subjects, { kind: 'runs', runs: known })) return known;
  const suitable = runs.runs.filter((run) => subjects.isSuitable(runAbilities(run)));
  return pickRuns(suitable, title, runs, subjects);
}

/**
 * The run that a command was called on, else the one in view, else the user's choice.
 * @param argument a tree row, a directory from a link or lens, a key pressed in the tree (`{ kind: 'selection' }`), or nothing
 * @throws RunReadError for a folder that is no run of this window
 */
export async function chooseRun(
  { panels, runs, tree }: RunPlaces,
  argument: unknown,
  title: string,
  isSuitable: (abilities: RunAbilities) => boolean,
): Promise<string | undefined> {
  await runs.loaded;
  const named = directoryIn(argument);
  if (named !== undefined) return knownRun(runs, named);
  const suitable = runs.runs.filter((run) => isSuitable(runAbilities(run)));
  const inView = argument ? tree.selectedRun : panels.activeRun;
  if (suitable.some((run) => run.directory === inView)) return inView;
  if (argument) return undefined;
  if (suitable.length === 0) {
    void showInformation(`${title}: no run supports this now.`);
    return undefined;
  }
  return pickRun(suitable, title, runs);
}

/** The directory that an argument names. Commands can be called by anybody, with anything. */
function directoryIn(argument: unknown): string | undefined {
  const directory = isRecord(argument) && argument.kind === 'run' ? argument.directory : argument;
  return typeof directory === 'string' ? directory : undefined;
}

/** A run of this window, by its directory. @throws RunReadError for any other folder */
async function knownRun(runs: RunCatalog, named: string): Promise<string> {
  const directory = path.resolve(named);
  // It may have been made just now.
  if (runs.get(directory) === undefined) await runs.refreshRun(directory);
  if (runs.get(directory) === undefined) {
    throw new RunReadError('run/missing', `${directory} is not a run in this window.`);
  }
  return directory;
}
