import { startBackend } from '../compute/engine';
import { isTrained, type ExperimentConfig, type TrainedConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Baseline } from '../model/baseline';
import { fitBaseline } from '../model/createModel';
import type { Model } from '../model/model';
import { isBaseline } from '../model/models';
import { letEventsIn } from '../protocol/letEventsIn';
import type { CheckpointSource, InspectedRun, StoredCheckpoint } from '../protocol/inspection';
import type { RunManifest } from '../protocol/run';
import { RunDirectory } from '../runs/runDirectory';
import { loadCheckpoint } from '../inference/checkpoint';
import { epochsBehind, readState } from '../runs/checkpointState';
import { learnedData } from '../inference/learnedData';
import { modelDataOf } from '../inference/modelData';
import { chosenBackend, engineSearchPaths, prepareUnchanged, readConfig } from '../inference/openRun';
import { codeNotice, openRunModel } from '../inference/runModel';
import { sequencesUntil } from '../inference/sequencesUntil';
import { InspectionError } from './inspectionError';

/** Models that are kept open at once; two are compared. */
const OPEN_MODELS = 3;
/** The same of baselines, whose matrices may be large. */
const OPEN_BASELINES = 2;
/** Whether the source of a run's data has changed is looked at when what was asked of the run is answered, in ms. */
const CHECK_SOURCE_AFTER = 3000;

/** A run whose data are at hand. */
export interface OpenRun {
  directory: RunDirectory;
  manifest: RunManifest;
  config: ExperimentConfig;
  dataset: PreparedDataset;
}

interface OpenModel {
  model: Promise<Model>;
  /** Calls that work with it now. */
  users: number;
  /** It has made room for another, and goes when nobody works with it any more. */
  forgotten: boolean;
}

/** The runs that were asked for, and their models; what was opened once stays open. Runs may be in training. */
export class InspectedRuns {
  readonly #runs = new Map<string, Promise<OpenRun>>();
  /** The one that was used last comes last. */
  readonly #models = new Map<string, OpenModel>();
  /** Fitted baselines by run. The one that was used last comes last. */
  readonly #baselines = new Map<string, Promise<Baseline>>();
  #engine: Promise<unknown> | null = null;
  /** Of the sources of runs that were opened. */
  #unchecked: (() => Promise<string | null>)[] = [];
  #checking = Promise.resolve();
  #checkTimer: NodeJS.Timeout | null = null;

  /**
   * @param assets folder of the compute kernels
   * @param notice hears what people should know of a run's data and code, such as that their files have changed
   */
  constructor(
    private readonly assets: string,
    readonly warn: (message: string) => void,
    private readonly notice = warn,
  ) {}

  /** @throws InferenceError when the data changed, RunReadError, DatasetError */
  open(run: string): Promise<OpenRun> {
    const known = this.#runs.get(run);
    if (known !== undefined) return known;
    const opened = this.#open(run);
    this.#runs.set(run, opened);
    opened.catch(() => this.#runs.delete(run));
    return opened;
  }

  /**
   * Looks at the sources of the data and the code of the runs that were opened, and tells where they have changed. It happens by itself, somewhat later:
   * nobody who opens a run is to wait for it.
   */
  checkSources(): Promise<void> {
    if (this.#checkTimer) clearTimeout(this.#checkTimer);
    this.#checkTimer = null;
    const checks = this.#unchecked;
    this.#unchecked = [];
    this.#checking = this.#checking.then(async () => {
      for (const check of checks) {
        try {
          const notice = await check();
          if (notice !== null) this.notice(notice);
        } catch (error) {
          this.warn(String(error));
        }
      }
    });
    return this.#checking;
  }

  /** Opens a run and its best model, or its newest where none is best, or fits its baseline. @throws what opening them throws */
  async warmUp(run: string): Promise<void> {
    const { checkpoints, isBaseline: isFitted } = await this.describe(run);
    if (isFitted) await this.#baseline(run);
    const first = checkpoints.find(({ name }) => name === 'best') ?? checkpoints.at(-1);
    if (first) await this.model({ run, checkpoint: first.name });
  }

  async describe(run: string): Promise<InspectedRun> {
    const { directory, manifest, config, dataset } = await this.open(run);
    const checkpoints: InspectedRun['checkpoints'] = [];
    for (const name of await directory.checkpoints()) {
      const state = await readState(directory.checkpointPath(name));
      if (state !== null)
        checkpoints.push({ name, epoch: epochsBehind(state, manifest.progress.stepsPerEpoch) });
    }
    const place = ({ name }: StoredCheckpoint): number => ['best', 'last', name].indexOf(name);
    checkpoints.sort((a, b) => a.epoch - b.epoch || place(a) - place(b));
    const { id, name, model } = manifest;
    const { numUsers, numItems } = dataset;
    return {
      run: directory.path,
      id,
      name,
      model,
      isBaseline: isBaseline(config.model),
      checkpoints,
      numUsers,
      numItems,
    };
  }

  /**
   * The model with the weights of a checkpoint, which belongs to this object: nobody else disposes of it. It may be disposed
   * of when others are asked for, so it is to be used before the next call; `use` is for longer work.
   * @throws InferenceError when there is no such checkpoint
   */
  model(source: CheckpointSource): Promise<Model> {
    return this.use(source, (model) => Promise.resolve(model));
  }

  /**
   * Works with the model of a checkpoint, which stays until the work is done.
   * @throws InferenceError when there is no such checkpoint, InspectionError for a baseline, and what the work throws
   */
  async use<Result>(source: CheckpointSource, work: (model: Model) => Promise<Result>): Promise<Result> {
    const entry = await this.#take(source);
    try {
      return await work(await entry.model);
    } finally {
      entry.users--;
      await disposeOfForgotten(entry);
    }
  }

  /** Works with whatever of a run recommends: the model of a checkpoint, or its baseline. @throws like {@link use} */
  async useRecommender<Result>(
    source: CheckpointSource,
    work: (recommender: Model | Baseline) => Promise<Result>,
  ): Promise<Result> {
    const { config } = await this.open(source.run);
    return isTrained(config) ? this.use(source, work) : work(await this.#baseline(source.run));
  }

  /** Works with the model as it was before its training. */
  async useUntrained<Result>(run: string, work: (model: Model) => Promise<Result>): Promise<Result> {
    const { directory, config, dataset } = await this.open(run);
    requireTrained(config);
    await this.#startEngine(config);
    const implementation = await openRunModel(directory, config);
    const model = implementation.create(
      config.model,
      modelDataOf(learnedData(dataset, config.training)),
      config.seed,
    );
    try {
      return await work(model);
    } finally {
      model.dispose();
    }
  }

  /** Counts the caller as a user. */
  async #take({ run, checkpoint }: CheckpointSource): Promise<OpenModel> {
    const opened = await this.open(run);
    const state = await readState(opened.directory.checkpointPath(checkpoint));
    // A run in training replaces its checkpoints.
    const key = JSON.stringify([run, checkpoint, state?.step]);
    const entry = this.#models.get(key) ?? {
      model: this.#load(opened, checkpoint),
      users: 0,
      forgotten: false,
    };
    entry.users++;
    this.#models.delete(key);
    this.#models.set(key, entry);
    entry.model.catch(() => this.#models.delete(key));
    for (const [oldest, forgotten] of this.#models) {
      if (this.#models.size <= OPEN_MODELS) break;
      this.#models.delete(oldest);
      forgotten.forgotten = true;
      void disposeOfForgotten(forgotten);
    }
    return entry;
  }

  async #open(run: string): Promise<OpenRun> {
    const directory = new RunDirectory(run);
    const config = await readConfig(directory);
    const manifest = await directory.readManifest();
    const { dataset, warnings, checkSource } = await prepareUnchanged(directory, manifest, config);
    this.#unchecked.push(checkSource, () => codeNotice(directory));
    this.#checkTimer ??= setTimeout(() => void this.checkSources(), CHECK_SOURCE_AFTER).unref();
    for (const warning of warnings) this.warn(warning);
    return { directory, manifest, config, dataset };
  }

  async #load({ directory, config, dataset }: OpenRun, checkpoint: string): Promise<Model> {
    requireTrained(config);
    await this.#startEngine(config);
    const implementation = await openRunModel(directory, config);
    const model = implementation.create(
      config.model,
      modelDataOf(learnedData(dataset, config.training)),
      config.seed,
    );
    try {
      await loadCheckpoint(directory.checkpointPath(checkpoint), model.state, null);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /** Fitted to training and validation, as it was for its test. */
  #baseline(run: string): Promise<Baseline> {
    const fitted = this.#baselines.get(run) ?? this.#fit(run);
    this.#baselines.delete(run);
    this.#baselines.set(run, fitted);
    fitted.catch(() => this.#baselines.delete(run));
    for (const oldest of this.#baselines.keys()) {
      if (this.#baselines.size <= OPEN_BASELINES) break;
      this.#baselines.delete(oldest);
    }
    return fitted;
  }

  async #fit(run: string): Promise<Baseline> {
    const { config, dataset } = await this.open(run);
    const { model, seed } = config;
    if (!isBaseline(model)) throw new Error(`${run} is not the run of a baseline.`);
    await this.#startEngine(config);
    return fitBaseline(model, sequencesUntil(dataset, 'validation'), seed, letEventsIn);
  }

  async #startEngine(config: ExperimentConfig): Promise<void> {
    this.#engine ??= startBackend(chosenBackend(config, this.warn), {
      assets: this.assets,
      searchPaths: engineSearchPaths(),
      onWarning: this.warn,
    });
    await this.#engine;
  }
}

/** @throws InspectionError for a baseline */
function requireTrained(config: ExperimentConfig): asserts config is TrainedConfig {
  if (isTrained(config)) return;
  throw new InspectionError(
    'inspection/baseline',
    `The baseline \`${config.model.type}\` has no embeddings and no attention. Choose a run of a trained model.`,
  );
}

async function disposeOfForgotten(entry: OpenModel): Promise<void> {
  // One that could not be loaded has nothing to dispose of.
  const model = await entry.model.catch(() => null);
  if (!entry.forgotten || entry.users > 0) return;
  entry.forgotten = false;
  model?.dispose();
}
