import { STREAMS } from '../compute/randomStreams';
import { learnedData } from '../inference/learnedData';
import { modelDataOf } from '../inference/modelData';
import { createOptimizer } from '../compute/optimizers/createOptimizer';
import type { Optimizer } from '../compute/optimizers/optimizer';
import { RandomStream } from '../compute/random';
import type { TrainedConfig } from '../config/schema';
import type { PreparedDataset } from '../dataset/preparedDataset';
import type { RankingResult } from '../evaluation/evaluateRanking';
import type { OwnMetrics } from '../evaluation/metrics/metrics';
import type { Model } from '../model/model';
import type { Batch, Batches } from '../model/batches/batchBuilder';
import { comparisonKey, type EvaluationProtocol } from '../protocol/evaluation';
import { withWarning, type MeasuredMetrics } from '../protocol/run';
import { RunWriteError } from '../runs/runErrors';
import { loadCheckpoint, saveCheckpoint, sweepCheckpoint } from '../inference/checkpoint';
import type { TrainingState } from '../runs/checkpointState';
import { EarlyStopping } from './earlyStopping';
import { isOwn, openRunMetrics, openRunModel, type RunModel } from '../inference/runModel';
import { StepChecks } from '../userCode/stepChecks';
import { labelsOf, measureModelByLabels } from '../inference/evaluateLabels';
import { evaluateModel } from '../inference/evaluateModel';
import { partProtocol } from '../inference/partProtocol';
import { shownTask } from '../inference/shownTask';
import { nameOfNotFinite } from '../inference/finiteWeights';
import { scheduledShare } from './learningRateSchedule';
import { divergenceMessage } from './resultWarnings';
import { tellMemory, withActivations } from './memoryEstimate';
import type { RunRecorder } from './runRecorder';
import { keepSnapshot, removeOldSnapshots } from './snapshots';
import { StopRequested } from './stopRequested';
import { TrainingError } from './trainingError';
import { checkedTrainStep, trainStep, type StepSettings } from './trainStep';

/** Weight of the newest step in the running mean of step times. */
const STEP_TIME_DECAY = 0.05;

export type TrainingOutcome = 'completed' | 'stopped';

/** An epoch that has been trained: what was measured, and whether it is the best one so far. */
interface MeasuredEpoch {
  measured: MeasuredMetrics;
  protocol: EvaluationProtocol | null;
  best: boolean;
}

/** Trains one model, from the start or from its last checkpoint, until the planned end, early stopping or a request. */
export class TrainingLoop {
  readonly model: Model;
  readonly #config: TrainedConfig;
  readonly #dataset: PreparedDataset;
  readonly #recorder: RunRecorder;
  readonly #batches: Batches;
  readonly #optimizer: Optimizer;
  readonly #earlyStopping: EarlyStopping;
  /** Those that its user wrote. */
  readonly #metrics: OwnMetrics;
  /** Of a model that its user wrote. */
  readonly #checks: StepChecks | null;
  #state: Omit<TrainingState, 'earlyStopping'> = { epoch: 1, stepInEpoch: 0, step: 0, lossSum: 0 };
  #stepMs: number | null = null;
  #validationMs = 0;
  /** Time of the steps of this epoch that this process took. */
  #epochMs = 0;

  /** The loop of a model with the weights that its config and seed start from. */
  static async create(
    config: TrainedConfig,
    dataset: PreparedDataset,
    recorder: RunRecorder,
    implementation?: RunModel,
  ): Promise<TrainingLoop> {
    const builder = implementation ?? (await openRunModel(recorder.run, config));
    const metrics = await openRunMetrics(recorder.run, config);
    const given = [config.model, modelDataOf(learnedData(dataset, config.training)), config.seed] as const;
    if (isOwn(builder)) {
      const own = builder.create(...given);
      return new TrainingLoop(config, dataset, recorder, own, metrics, new StepChecks(own, builder.file));
    }
    return new TrainingLoop(config, dataset, recorder, builder.create(...given), metrics, null);
  }

  private constructor(
    config: TrainedConfig,
    dataset: PreparedDataset,
    recorder: RunRecorder,
    model: Model,
    metrics: OwnMetrics,
    checks: StepChecks | null,
  ) {
    this.#metrics = metrics;
    this.#checks = checks;
    const { training, seed } = config;
    this.#config = config;
    this.#dataset = dataset;
    this.#recorder = recorder;
    this.model = model;
    this.#optimizer = createOptimizer(training.optimizer, this.model.variables);
    const { patience, minDelta } = training.earlyStopping;
    this.#earlyStopping = new EarlyStopping(recorder.manifest.mainMetric, patience, minDelta);
    this.#batches = this.model.batches.build(learnedData(dataset, training), training.batchSize, seed);
    const { unit: batchUnit } = this.model.batches;
    recorder.update({ progress: { ...recorder.manifest.progress, batchUnit } });
  }

  /** Steps taken, over all epochs. */
  get step(): number {
    return this.#state.step;
  }

  /**
   * Takes up training where the last checkpoint left it. A trainer that was killed may have saved a checkpoint that its
   * manifest does not know yet, or have told of steps that are lost: the manifest then follows the checkpoint.
   * @throws TrainingError when there is none that fits
   */
  async restore(): Promise<void> {
    const recorder = this.#recorder;
    const directory = recorder.run.checkpointPath('last');
    const checkpoint = await loadCheckpoint(directory, this.model.state, this.#optimizer);
    const { earlyStopping, epoch, stepInEpoch, step, lossSum, last } = checkpoint;
    recorder.settle();
    await sweepCheckpoint(directory);
    const { manifest } = recorder;
    const { progress } = manifest;
    // Checkpoints of earlier versions do not say these; the manifest may.
    const loss = checkpoint.loss ?? (progress.step === step ? progress.loss : null);
    const { startLoss = progress.startLoss } = checkpoint;
    this.#state = {
      ...{ epoch, stepInEpoch, step, lossSum },
      ...(loss !== null && { loss }),
      ...(startLoss !== undefined && { startLoss }),
      ...(last && { last }),
    };
    this.#earlyStopping.state = earlyStopping;
    const protocol = last?.protocol ?? manifest.protocol;
    if (earlyStopping.best !== null && protocol !== null) await this.#measureBestAlike(protocol);

    const { best } = this.#earlyStopping.state;
    const known = manifest.last !== null && manifest.last.step <= step ? manifest.last : null;
    const { stepsPerEpoch } = this.#batches;
    recorder.update({
      best,
      last: last ? { epoch: last.epoch, step: last.step, metrics: last.metrics } : known,
      protocol,
      // Of other weights than the best ones there are now, it is no result of this model.
      test: manifest.test?.step === best?.step ? manifest.test : null,
      progress: {
        ...{ ...progress, epoch: epoch - 1, step, stepsPerEpoch, loss },
        // An estimate of the earlier trainer, which may have been stopped long before the end of it.
        remainingMs: null,
        ...(startLoss !== undefined && { startLoss }),
      },
    });
    // One that could not be removed in its time.
    await this.#removeOldSnapshots();
  }

  /**
   * Measures the best epoch again where it was measured by other rules than the epochs to come, as older versions did: else the
   * numbers would be compared all the same.
   */
  async #measureBestAlike(protocol: EvaluationProtocol): Promise<void> {
    const { run, settle } = this.#recorder;
    const current = partProtocol(this.#config, this.#dataset, 'validation', this.model.batches);
    if (comparisonKey(protocol) === comparisonKey(current)) return;
    const directory = run.checkpointPath('best');
    const state = await loadCheckpoint(directory, this.model.state, null);
    const { metrics } = await this.#validate();
    const best = { ...this.#earlyStopping.state.best!, metrics };
    this.#earlyStopping.state = { ...this.#earlyStopping.state, best };
    const earlyStopping = { ...state.earlyStopping, best };
    await saveCheckpoint(directory, this.model.state, null, { ...state, earlyStopping }, settle);
    await loadCheckpoint(run.checkpointPath('last'), this.model.state, this.#optimizer);
    this.#recorder.warn(
      `The best epoch so far, ${best.epoch}, was evaluated with rules of an older version and has been evaluated again: ` +
        'earlier points of the validation curve cannot be compared with later ones.',
    );
  }

  /** For people: what a resumed training still has to do where that needs a word; null where it does not. */
  whatIsLeft(): string | null {
    const { epochs, earlyStopping, schedule, refit } = this.#config.training;
    const done = this.#state.epoch - 1;
    if (done >= epochs)
      return `Nothing left to train: all ${epochs} epochs are done.${refit === undefined ? ' `recsight resume --set training.epochs=…` adds more.' : ''}`;
    if (this.#earlyStopping.shouldStop)
      return `Nothing left to train: validation has not improved for ${earlyStopping.patience} epochs. \`recsight resume --set training.earlyStopping.patience=…\` (or null) continues.`;
    return schedule.type === 'constant'
      ? null
      : `The ${schedule.type} schedule continues with the learning rate ${this.#learningRate().toPrecision(3)}.`;
  }

  /** @throws TrainingError when the loss is not a number */
  async run(): Promise<TrainingOutcome> {
    const { epochs } = this.#config.training;
    try {
      while (this.#state.epoch <= epochs && !this.#earlyStopping.shouldStop) {
        await this.#trainEpoch();
        await this.#finishEpoch();
      }
    } catch (error) {
      if (!(error instanceof StopRequested)) throw error;
      // A validation that was given up is done again after a resume.
      await this.#saveLast();
      return 'stopped';
    }
    return 'completed';
  }

  /** Runs the steps of the current epoch that are left. */
  async #trainEpoch(): Promise<void> {
    const recorder = this.#recorder;
    while (this.#state.stepInEpoch < this.#batches.stepsPerEpoch) {
      await recorder.letEventsIn();
      const started = performance.now();
      const { epoch, stepInEpoch } = this.#state;
      const batch = this.#batches.batch(epoch, stepInEpoch);
      const learningRate = this.#learningRate();
      const loss = await this.#trainStep(batch, learningRate);
      const elapsed = performance.now() - started;
      this.#stepMs =
        this.#stepMs === null ? elapsed : this.#stepMs + STEP_TIME_DECAY * (elapsed - this.#stepMs);
      this.#epochMs += elapsed;
      this.#state.step++;
      this.#state.stepInEpoch++;
      this.#state.lossSum += loss;
      this.#state.loss = loss;
      if (this.#state.step === 1) this.#state.startLoss = loss;
      recorder.event({
        kind: 'step',
        epoch,
        step: this.#state.step,
        loss,
        learningRate,
        sequencesPerSecond: (1000 * batch.size) / elapsed,
      });
      this.#reportProgress(loss, elapsed);
    }
  }

  /** Of the next step. */
  #learningRate(): number {
    const { learningRate, schedule, epochs, refit } = this.#config.training;
    const { stepsPerEpoch } = this.#batches;
    // A refit ends where the schedule of the refitted run had got to.
    const length = { stepsPerEpoch, epochs: refit?.plannedEpochs ?? epochs };
    return learningRate * scheduledShare(schedule, this.#state.step, length);
  }

  /** One optimizer step. Resolves with the loss before it. */
  async #trainStep(batch: Batch, learningRate: number): Promise<number> {
    const { epoch, step } = this.#state;
    const { clipping } = this.#config.training;
    const random = () => new RandomStream(this.#config.seed, STREAMS.dropout, step);
    const settings = { learningRate, clipping };
    if (this.#checks !== null) return this.#checkedStep(this.#checks, batch, random, settings);
    const loss = await trainStep(this.model, this.#optimizer, batch, random(), settings);
    if (!Number.isFinite(loss)) {
      throw new TrainingError(
        'training/diverged',
        `The loss is ${loss} at epoch ${epoch}, step ${step + 1}: training has diverged. ` +
          `Lower \`training.learningRate\` (it is ${this.#config.training.learningRate}). The best checkpoint so far is kept.`,
      );
    }
    return loss;
  }

  /** The same of a model that its user wrote. The first step shows what it takes. @throws CodeError */
  async #checkedStep(
    checks: StepChecks,
    batch: Batch,
    random: () => RandomStream,
    settings: StepSettings,
  ): Promise<number> {
    const { epoch, step } = this.#state;
    const isFirst = checks.activationBytes === null;
    const place = { epoch, step: step + 1 };
    const loss = await checkedTrainStep(this.model, checks, this.#optimizer, batch, random, settings, place);
    const { memory } = this.#recorder.manifest;
    if (isFirst && memory !== undefined)
      tellMemory(this.#recorder, withActivations(memory, checks.activationBytes!));
    return loss;
  }

  /** Validates, remembers the best weights and saves a checkpoint that the next epoch starts from. */
  async #finishEpoch(): Promise<void> {
    const recorder = this.#recorder;
    const { epoch, step, lossSum } = this.#state;
    const loss = lossSum / this.#batches.stepsPerEpoch;
    recorder.event({ kind: 'epoch', epoch, step, loss, seconds: this.#epochMs / 1000 });
    this.#epochMs = 0;
    await this.#checkWeights();

    const isFirst = this.#earlyStopping.state.best === null;
    const isRefit = this.#config.training.refit !== undefined;
    const { measured, protocol, best } = isRefit ? this.#takeLast() : await this.#measureEpoch();
    const last = protocol && { ...measured, protocol };
    this.#state = { ...this.#state, epoch: epoch + 1, stepInEpoch: 0, lossSum: 0, ...(last && { last }) };
    if (best) {
      const state = { ...this.#state, earlyStopping: this.#earlyStopping.state };
      const directory = recorder.run.checkpointPath('best');
      await saveCheckpoint(directory, this.model.state, null, state, recorder.settle);
      recorder.event({ kind: 'checkpoint', epoch, step, which: 'best' });
      // A test result of an earlier best is not one of this model.
      const { warnings = [] } = recorder.manifest;
      recorder.update({ test: null, warnings: warnings.filter(({ code }) => !code.startsWith('result/')) });
    }
    this.#warnOfDivergence(epoch, loss, best && !isFirst && !isRefit);
    await this.#keepSnapshot();
    await this.#saveLast();
    recorder.update({
      protocol,
      last: measured,
      best: this.#earlyStopping.state.best,
      progress: { ...recorder.manifest.progress, epoch },
      timings: this.#timings(this.#validationMs),
    });
  }

  /** Validates an epoch that has just been trained. */
  async #measureEpoch(): Promise<MeasuredEpoch> {
    const { epoch, step } = this.#state;
    const started = performance.now();
    const { metrics, protocol } = await this.#validate();
    this.#validationMs = performance.now() - started;
    const measured: MeasuredMetrics = { epoch, step, metrics };
    const best = this.#earlyStopping.record(measured);
    const seconds = this.#validationMs / 1000;
    this.#recorder.event({ kind: 'validation', ...measured, protocol, best, seconds });
    return { measured, protocol, best };
  }

  /** In a refit, validation is part of training: the last epoch is the one that is tested. */
  #takeLast(): MeasuredEpoch {
    const { epoch, step } = this.#state;
    const measured: MeasuredMetrics = { epoch, step, metrics: {} };
    this.#earlyStopping.state = { best: measured, withoutImprovement: 0 };
    return { measured, protocol: null, best: true };
  }

  #validate(): Promise<Pick<RankingResult, 'metrics' | 'protocol'>> {
    const letEventsIn = () => this.#recorder.letEventsIn();
    const { evaluation } = this.#config;
    const labeled = labelsOf(this.#config, this.#dataset);
    if (labeled !== null) {
      const task = shownTask(this.#dataset, labeled, 'validation', evaluation);
      return measureModelByLabels(this.model, task, evaluation, letEventsIn, this.#metrics);
    }
    return evaluateModel(this.model, this.#dataset, 'validation', evaluation, letEventsIn, this.#metrics);
  }

  /** The loss of the next step would tell too, but no epoch may be validated and kept with such weights. */
  async #checkWeights(): Promise<void> {
    const name = await nameOfNotFinite(this.model.state);
    if (name === null) return;
    throw new TrainingError(
      'training/diverged',
      `After epoch ${this.#state.epoch} the weights \`${name}\` are not finite: training has diverged. ` +
        `Lower \`training.learningRate\` (it is ${this.#config.training.learningRate}). The best checkpoint so far is kept.`,
    );
  }

  /** Names a divergence when it begins, and takes it back when training has recovered. */
  #warnOfDivergence(epoch: number, loss: number, gained: boolean): void {
    const { manifest } = this.#recorder;
    const message = divergenceMessage({
      ...{ epoch, loss, gained, startLoss: manifest.progress.startLoss },
      bestEpoch:
        this.#config.training.refit === undefined ? (this.#earlyStopping.state.best?.epoch ?? null) : null,
      learningRate: this.#config.training.learningRate,
    });
    const known = (manifest.warnings ?? []).some(({ code }) => code === 'training/diverging');
    if (message !== null && !known) this.#recorder.warn(message);
    this.#recorder.update({ warnings: withWarning(manifest.warnings, 'training/diverging', message) });
  }

  /** Comes before `last`: a trainer that is killed in between trains the epoch, and keeps its weights, again. */
  async #keepSnapshot(): Promise<void> {
    const { run, settle } = this.#recorder;
    const state = { ...this.#state, earlyStopping: this.#earlyStopping.state };
    const { snapshots } = this.#config.training;
    await this.#unlessItFails(`The weights of epoch ${state.epoch - 1} were not saved.`, () =>
      keepSnapshot(run, this.model.state, state, snapshots, settle),
    );
    await this.#removeOldSnapshots();
  }

  async #removeOldSnapshots(): Promise<void> {
    const { run, settle } = this.#recorder;
    const { snapshots } = this.#config.training;
    await this.#unlessItFails('The weights of an old epoch could not be deleted.', () =>
      removeOldSnapshots(run, this.#state.epoch - 1, snapshots, settle),
    );
  }

  /** Does a work that nothing depends on. Where the disk is full for good, saving `last` says so. */
  async #unlessItFails(warning: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RunWriteError)) throw error;
      this.#recorder.warn(`${warning} ${error.message}`);
    }
  }

  async #saveLast(): Promise<void> {
    const { run, settle } = this.#recorder;
    const state = { ...this.#state, earlyStopping: this.#earlyStopping.state };
    await saveCheckpoint(run.checkpointPath('last'), this.model.state, this.#optimizer, state, settle);
    const { epoch, step, stepInEpoch } = this.#state;
    this.#recorder.event({
      kind: 'checkpoint',
      epoch: stepInEpoch === 0 ? epoch - 1 : epoch,
      step,
      which: 'last',
    });
  }

  #reportProgress(loss: number, elapsedMs: number): void {
    const { epochs } = this.#config.training;
    const { stepsPerEpoch } = this.#batches;
    const { epoch, stepInEpoch, step } = this.#state;
    const stepsLeft = (epochs - epoch + 1) * stepsPerEpoch - stepInEpoch;
    const remainingMs = stepsLeft * (this.#stepMs ?? 0) + (epochs - epoch + 1) * this.#validationMs;
    const { batchUnit } = this.#recorder.manifest.progress;
    const { startLoss } = this.#state;
    this.#recorder.update({
      progress: {
        ...{ epoch: epoch - 1, epochs, step, stepsPerEpoch, remainingMs, loss },
        ...(batchUnit !== undefined && { batchUnit }),
        ...(startLoss !== undefined && { startLoss }),
      },
      timings: this.#timings(elapsedMs),
    });
  }

  #timings(trainedMs: number): RunRecorder['manifest']['timings'] {
    const { timings } = this.#recorder.manifest;
    return { ...timings, train: timings.train + trainedMs / 1000 };
  }
}
