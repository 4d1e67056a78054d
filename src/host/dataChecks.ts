import * as vscode from 'vscode';
import type { CandidateFileConfig, DatasetConfig } from '../config/schema';
import { startDataChecker } from '../process/dataChecker';
import type { DataChoice, DataProblem } from '../protocol/dataCheck';
import { firstLine } from './errorMessage';
import { PanelInspector } from './panelInspector';
import type { TrainerService } from './trainerService';

/** The process ends when nothing was asked of it for so long, in ms. */
const IDLE = 120_000;
/** A disk that takes longer, in ms, is not waited for, and not asked the same again for a while. */
const LIMIT = 5_000;
const SLOW_PAUSE = 60_000;

/**
 * Asks a process of its own about the data files of configs. Where that cannot tell, nothing is said: the trainer will. Nothing
 * is read in a workspace that is not trusted, because a config there may name any file of this machine.
 */
export class DataChecks implements vscode.Disposable {
  readonly #process: PanelInspector;
  /** Questions that took too long, and when. */
  readonly #slow = new Map<string, number>();

  constructor(
    trainer: TrainerService,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#process = new PanelInspector(async () => startDataChecker(await trainer.options()), IDLE, false);
  }

  /** What keeps the data of a config from being read; null where that cannot be told. */
  check(
    dataset: DatasetConfig,
    baseDirectory: string,
    candidates: CandidateFileConfig | null,
  ): Promise<DataProblem[] | null> {
    return this.#ask<DataProblem[]>('check', [dataset, baseDirectory, candidates]);
  }

  /** The columns of a table, likeliest first; none where they cannot be told. */
  async columns(
    table: DatasetConfig,
    field: string,
    role: string,
    baseDirectory: string,
  ): Promise<DataChoice[]> {
    return (await this.#ask<DataChoice[]>('columns', [table, field, role, baseDirectory])) ?? [];
  }

  /** Data files that may be meant, likeliest first. */
  async files(typed: string, baseDirectory: string): Promise<DataChoice[]> {
    return (await this.#ask<DataChoice[]>('files', [typed, baseDirectory])) ?? [];
  }

  dispose(): void {
    this.#process.close();
  }

  async #ask<Answer>(method: string, args: unknown[]): Promise<Answer | null> {
    if (!vscode.workspace.isTrusted) return null;
    const key = JSON.stringify([method, args]);
    if (Date.now() - (this.#slow.get(key) ?? -Infinity) < SLOW_PAUSE) return null;
    this.#slow.delete(key);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        this.log.warn(`Checking the data of a config took more than ${LIMIT / 1000} s and was stopped.`);
        for (const [other, time] of this.#slow) if (Date.now() - time >= SLOW_PAUSE) this.#slow.delete(other);
        this.#slow.set(key, Date.now());
        this.#process.close();
        resolve(null);
      }, LIMIT);
    });
    try {
      return await Promise.race([this.#process.call(method, args) as Promise<Answer>, late]);
    } catch (error) {
      this.log.debug(`The data of a config could not be checked: ${firstLine(String(error))}`);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
