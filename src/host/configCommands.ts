import path from 'node:path';
import * as vscode from 'vscode';
import { configDigest, configFormat, loadConfig } from '../config/configFile';
import type { RunSummary } from '../protocol/run';
import type { ConfigCatalog } from './configCatalog';
import type { ConfigDiagnostics } from './configDiagnostics';
import { fixesOf, rangeOf } from './configFixes';
import { configOfModel } from './configsOfModel';
import { firstLine } from './errorMessage';
import { choose, commandButton, showError, showSuccess, withProgress } from './messages';
import { isUserCode } from './modelTypes';
import { chooseConfig } from './pickers';
import type { RunCatalog } from './runCatalog';
import { configFileOf, offerConfigCopy } from './runFiles';
import { isOfConfig } from './runText';
import type { TrainerService } from './trainerService';

export interface ConfigCommandsContext {
  configs: ConfigCatalog;
  diagnostics: ConfigDiagnostics;
  runs: RunCatalog;
  trainer: TrainerService;
  /** Opens the panel of a run. */
  show: (directory: string, preserveFocus: boolean) => void;
}

/** What is done with a config: the one a command was called on, the one in the editor, or one that the user chooses. */
export class ConfigCommands {
  /** Paths of configs whose training is being started, or asked about. */
  readonly #starting = new Set<string>();

  constructor(private readonly context: ConfigCommandsContext) {}

  /** Saves a config and trains it. */
  async train(argument: vscode.Uri | undefined): Promise<void> {
    const uri = await this.#choose(argument, 'Train Model');
    if (uri) await this.#trainOnce(uri);
  }

  /** Saves a model file, and trains it with a config that names it, which may be what is named. */
  async trainModel(argument: vscode.Uri | undefined, debug: boolean): Promise<void> {
    const title = debug ? 'Debug Model' : 'Train Model';
    const document = vscode.window.activeTextEditor?.document;
    const model = argument ?? (document && isUserCode(document) ? document.uri : undefined);
    const isConfig = model === undefined || configFormat(model.path) !== null;
    const uri = await (isConfig ? this.#choose(model, title) : configOfModel(this.context, model, title));
    if (!uri) return;
    if (!isConfig) await (await vscode.workspace.openTextDocument(model)).save();
    await this.#trainOnce(uri, debug);
  }

  /** Trains what the config file of a run says today. */
  async trainAgain(directory: string): Promise<void> {
    const uri = await configFileOf(directory);
    if (uri) await this.#trainOnce(uri);
    else await offerConfigCopy(directory);
  }

  /** Checks a config, saved or not. */
  async validate(argument: vscode.Uri | undefined): Promise<void> {
    const uri = await this.#choose(argument, 'Validate Config');
    if (!uri) return;
    const document = await vscode.workspace.openTextDocument(uri);
    if (await this.#isValid(document)) {
      showSuccess(`${path.basename(uri.fsPath)} is valid`);
    }
  }

  #choose(argument: vscode.Uri | undefined, title: string): Promise<vscode.Uri | undefined> {
    return chooseConfig(this.context, argument, title);
  }

  /** The second click of a double click finds the first one's training being started, and leaves it at that. */
  async #trainOnce(uri: vscode.Uri, debug = false): Promise<void> {
    // Saving changes the scheme of a config that was not on disk yet.
    const key = uri.path;
    if (this.#starting.has(key)) return;
    this.#starting.add(key);
    try {
      await this.#train(uri, debug);
    } finally {
      this.#starting.delete(key);
    }
  }

  async #train(uri: vscode.Uri, debug: boolean): Promise<void> {
    const document = await savedDocument(uri);
    if (!document || !(await this.#isValid(document))) return;
    const { runs, trainer, show } = this.context;
    // Who trains from the editor goes on editing; the panel opens beside it.
    const showRun = (directory: string) => {
      const edited = vscode.window.activeTextEditor?.document.uri.toString();
      show(directory, edited === document.uri.toString());
    };
    const twin = await this.#twinOf(document.uri.fsPath);
    if (twin) {
      const choice = await choose(
        `${runs.titleOf(twin)} is already training with this config.`,
        `${progressDetail(twin)}Training again would repeat it with the same settings and seed.`,
        { show: 'Show Running Run', train: 'Train Another' },
      );
      if (choice === 'show') showRun(twin.directory);
      if (choice !== 'train') return;
    }
    await withProgress(
      {
        location: vscode.ProgressLocation.Window,
        title: `Starting ${path.basename(document.uri.fsPath)}`,
      },
      () => trainer.train(document.uri, showRun, debug),
    );
  }

  /** A run that trains what this config file says now. */
  async #twinOf(configPath: string): Promise<RunSummary | undefined> {
    const { runs } = this.context;
    await runs.loaded;
    const training = runs.runs.filter(
      (run) => (run.status === 'preparing' || run.status === 'running') && isOfConfig(run, configPath),
    );
    if (training.length === 0) return undefined;
    const digest = configDigest(await loadConfig(configPath));
    return training.find(({ manifest }) => manifest.configDigest === digest);
  }

  /** Checks a config and what it reads; when there are errors, shows them in the editor and the Problems view and says how many. */
  async #isValid(document: vscode.TextDocument): Promise<boolean> {
    const problems = await this.context.diagnostics.checkWithData(document);
    const errors = problems.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    if (!first) return true;
    await vscode.window.showTextDocument(document, { selection: rangeOf(document, first) });
    const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
    const name = path.basename(document.fileName);
    const [fix] = fixesOf(document, first);
    // Not awaited: the message may stay for as long as the user likes.
    const message = `${name} has ${count}. Line ${first.line}: ${firstLine(first.message)}`;
    void showError(
      message,
      ...(fix ? [{ title: fix.title, run: () => this.#mend(document, first.message) }] : []),
      commandButton('Show Problems', 'workbench.actions.view.problems'),
    );
    return false;
  }

  /** Mends a problem where it is now: the config may have been edited since it was told. */
  async #mend(document: vscode.TextDocument, message: string): Promise<void> {
    const problems = await this.context.diagnostics.checkWithData(document);
    const problem = problems.find((other) => other.message === message);
    const fix = problem && fixesOf(document, problem)[0];
    if (fix) await vscode.workspace.applyEdit(fix.edit);
  }
}

/**
 * The document of a config as it is on disk, with the user's edits: what is trained is what they see. A config that was never
 * saved goes where New Config proposed it, and its tab becomes that of the file. Undefined when it was not saved.
 */
async function savedDocument(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  const saved = uri.scheme === 'untitled' ? await vscode.workspace.save(uri) : uri;
  if (!saved) return undefined;
  const document = await vscode.workspace.openTextDocument(saved);
  return document.isDirty && !(await document.save()) ? undefined : document;
}

function progressDetail({ manifest }: RunSummary): string {
  const { epoch, epochs } = manifest.progress;
  return epochs === 0 ? '' : `It has finished ${epoch} of ${epochs} epochs. `;
}
