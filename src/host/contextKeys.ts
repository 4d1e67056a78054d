import * as vscode from 'vscode';
import { runAbilities } from '../protocol/runAbilities';
import type { ConfigCatalog } from './configCatalog';
import type { RunCatalog } from './runCatalog';

/** Keeps the `recsight.*` context keys that the manifest's `when` clauses use. */
export class ContextKeys implements vscode.Disposable {
  readonly #values = new Map<string, boolean>();
  readonly #disposables: { dispose(): unknown }[];

  constructor(
    private readonly runs: RunCatalog,
    private readonly configs: ConfigCatalog,
    onDidOpenRun: vscode.Event<unknown>,
  ) {
    this.#disposables = [
      runs.onDidReset(() => this.#updateRuns()),
      runs.onDidChange(() => this.#updateRuns()),
      configs.onDidChange(() => this.#set('hasConfigs', this.configs.uris.length > 0)),
      onDidOpenRun(() => this.#set('panelOpened', true)),
    ];
    // Before both are known, the view would offer to make a config that may be there.
    void Promise.all([runs.loaded, configs.loaded]).then(() => this.#set('ready', true));
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #updateRuns(): void {
    const { runs } = this.runs;
    const abilities = runs.map((run) => runAbilities(run));
    this.#set('hasRuns', runs.length > 0);
    this.#set(
      'hasActiveRuns',
      abilities.some(({ active }) => active),
    );
    this.#set(
      'hasIdleRuns',
      abilities.some(({ idle }) => idle),
    );
    this.#set(
      'hasResumableRuns',
      abilities.some(({ resumable }) => resumable),
    );
    this.#set(
      'hasEvaluableRuns',
      abilities.some(({ evaluable }) => evaluable),
    );
    this.#set(
      'hasRefittableRuns',
      abilities.some(({ refittable }) => refittable),
    );
    this.#set(
      'hasInspectableRuns',
      abilities.some(({ inspectable }) => inspectable),
    );
    this.#set('hasComparableRuns', abilities.filter(({ comparable }) => comparable).length > 1);
    this.#set(
      'hasRecommendingRuns',
      abilities.some(({ recommending }) => recommending),
    );
    this.#set(
      'hasTestResult',
      runs.some(({ manifest }) => manifest.test !== null),
    );
  }

  #set(key: string, value: boolean): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    void vscode.commands.executeCommand('setContext', `recsight.${key}`, value);
  }
}
