import { z } from 'zod';
import { describe } from './describe';
import { DEFAULT_METRIC, LABEL_METRICS, RANKING_METRICS } from '../evaluation/metrics/metrics';
import { fieldRule } from './fieldRule';

const metrics = RANKING_METRICS.map(({ name }) => name).join('|');
const labelMetrics = LABEL_METRICS.map(({ name }) => name).join('|');

/** The file of a metric of the user. */
const OWN_METRIC = '\\.\\.?/[^@]*\\.m?[jt]s';

const beta1 = z.number().min(0).lt(1).default(0.9).meta(describe('Decay of the first moment.'));
const beta2 = z.number().min(0).lt(1).default(0.999).meta(describe('Decay of the second moment.'));
const adamEpsilon = z.number().positive().default(1e-8).meta(describe('Added to the denominator.'));
const epsilonHat = z
  .boolean()
  .default(false)
  .meta(
    describe(
      'Add `epsilon` before the second moment is corrected for its start, as TensorFlow 1 does; that makes the first steps smaller when gradients are tiny.',
    ),
  );

const optimizerSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('adam').meta(describe('Adam (Kingma and Ba, ICLR 2015).')),
        beta1,
        beta2,
        epsilon: adamEpsilon,
        epsilonHat,
        lazy: z
          .boolean()
          .default(false)
          .meta(
            describe(
              'Leave rows without a gradient as they are, such as the vectors of items that a batch does not name. Otherwise they move on by their old momentum.',
            ),
          ),
      })
      .meta(describe('Adam.')),
    z
      .strictObject({
        type: z
          .literal('adamw')
          .meta(describe('Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).')),
        beta1,
        beta2,
        epsilon: adamEpsilon,
        epsilonHat,
        weightDecay: z
          .number()
          .min(0)
          .default(0.01)
          .meta(describe('Share of each weight, times the learning rate, that a step takes off.')),
      })
      .meta(describe('Adam with decoupled weight decay.')),
    z
      .strictObject({
        type: z.literal('sgd').meta(describe('Gradient descent, with or without momentum.')),
        momentum: z.number().min(0).lt(1).default(0).meta(describe('Momentum. 0: none.')),
        nesterov: z.boolean().default(false).meta(describe('Nesterov momentum.')),
      })
      .superRefine(
        fieldRule(
          ['nesterov'],
          ({ momentum, nesterov }) => !nesterov || momentum > 0,
          ({ momentum }) => `needs a \`momentum\` above 0, which is ${momentum}`,
        ),
      )
      .meta(describe('Gradient descent.')),
    z
      .strictObject({
        type: z.literal('adagrad').meta(describe('Adagrad (Duchi et al., JMLR 2011).')),
        initialAccumulator: z
          .number()
          .positive()
          .default(0.1)
          .meta(describe('Initial value of the accumulated squared gradients.')),
        epsilon: z.number().min(0).default(0).meta(describe('Added to the denominator.')),
      })
      .meta(describe('Adagrad.')),
    z
      .strictObject({
        type: z.literal('rmsprop').meta(describe('RMSProp (Tieleman and Hinton, 2012).')),
        decay: z.number().min(0).lt(1).default(0.9).meta(describe('Decay of the mean squared gradient.')),
        momentum: z.number().min(0).lt(1).default(0).meta(describe('Momentum. 0: none.')),
        centered: z
          .boolean()
          .default(false)
          .meta(describe('Normalize by the variance of the gradient (centered RMSProp).')),
        epsilon: z.number().positive().default(1e-10).meta(describe('Added under the root.')),
        initialMeanSquare: z
          .number()
          .min(0)
          .default(0)
          .meta(
            describe(
              'Initial mean squared gradient. TensorFlow 1 uses 1, which makes the first steps small.',
            ),
          ),
      })
      .meta(describe('RMSProp.')),
    z
      .strictObject({
        type: z
          .literal('adadelta')
          .meta(
            describe(
              'Adadelta (Zeiler, 2012). It finds its own step size: a `learningRate` of 1 is that of the paper.',
            ),
          ),
        decay: z.number().min(0).lt(1).default(0.95).meta(describe('Decay of both means.')),
        epsilon: z.number().positive().default(1e-8).meta(describe('Added under the roots.')),
      })
      .meta(describe('Adadelta.')),
    z
      .strictObject({
        type: z.literal('ftrl').meta(describe('FTRL-Proximal (McMahan et al., KDD 2013).')),
        learningRatePower: z
          .number()
          .max(0)
          .default(-0.5)
          .meta(
            describe(
              'Exponent of the accumulated squared gradients in the step size. -0.5 is the paper’s; 0 keeps the step size.',
            ),
          ),
        initialAccumulator: z
          .number()
          .positive()
          .default(0.1)
          .meta(describe('Initial value of the accumulated squared gradients.')),
        l1: z
          .number()
          .min(0)
          .default(0)
          .meta(describe('Strength of the penalty |θ|, which makes weights exactly 0.')),
        l2: z.number().min(0).default(0).meta(describe('Strength of the penalty θ².')),
      })
      .meta(describe('FTRL-Proximal.')),
  ])
  .prefault({ type: 'adam' })
  .meta(describe('The optimizer.'));

const warmupSteps = z.int().min(0).default(0).meta(describe('Steps of linear warm-up. 0: no warm-up.'));

const scheduleSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('constant').meta(describe('Constant learning rate.')),
        warmupSteps,
      })
      .meta(describe('Constant learning rate.')),
    z
      .strictObject({
        type: z
          .literal('exponential')
          .meta(describe('Step decay: the learning rate is multiplied by `rate` every `everySteps` steps.')),
        rate: z.number().positive().max(1).default(0.96).meta(describe('Factor of each decay.')),
        everySteps: z
          .int()
          .min(1)
          .nullable()
          .default(null)
          .meta(describe('Steps between decays. `null`: an epoch.')),
        warmupSteps,
      })
      .meta(describe('Step decay.')),
    z
      .strictObject({
        type: z
          .literal('cosine')
          .meta(
            describe('Cosine decay until the end of the planned epochs (Loshchilov and Hutter, ICLR 2017).'),
          ),
        finalShare: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .meta(describe('Final learning rate as a share of the initial one.')),
        warmupSteps,
      })
      .meta(describe('Cosine decay.')),
  ])
  .prefault({ type: 'constant' })
  .meta(describe('Learning rate schedule.'));

const norm = z.number().positive().default(1).meta(describe('Maximum gradient norm.'));

const clippingSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('globalNorm').meta(describe('By the global norm of all gradients.')),
        norm,
      })
      .meta(describe('By the global norm of all gradients.')),
    z
      .strictObject({
        type: z.literal('variableNorm').meta(describe('By the norm of each variable’s gradient.')),
        norm,
      })
      .meta(describe('By the norm of each variable’s gradient.')),
  ])
  .nullable()
  .default(null)
  .meta(describe('Gradient clipping by norm. `null`: none.'));

export const trainingSchema = z
  .strictObject({
    epochs: z
      .int()
      .min(1)
      .max(100_000)
      .default(50)
      .meta(
        describe('Maximum number of passes over the training data; early stopping may end training sooner.'),
      ),
    batchSize: z
      .int()
      .min(1)
      .max(65_536)
      .default(128)
      .meta(
        describe('Users per optimizer step, or interactions where the model learns from each for itself.'),
      ),
    optimizer: optimizerSchema,
    learningRate: z.number().positive().default(0.001).meta(describe('Step size of the optimizer.')),
    schedule: scheduleSchema,
    clipping: clippingSchema,
    earlyStopping: z
      .strictObject({
        metric: z
          .string()
          .regex(
            new RegExp(`^((${metrics}|${OWN_METRIC})@[1-9]\\d*|${labelMetrics})$`),
            'must look like `ndcg@10`, or be a metric of labels, such as `auc`',
          )
          .default(`${DEFAULT_METRIC.name}@10`)
          .meta(
            describe(
              'Validation metric that selects the best epoch: one of `evaluation.metrics` at a cut-off, such as `ndcg@10`, or without one, such as `auc`, the default of models that learn from labels.',
            ),
          ),
        patience: z
          .int()
          .min(1)
          .nullable()
          .default(5)
          .meta(describe('Validations without improvement before training stops. `null`: train all epochs.')),
        minDelta: z.number().min(0).default(0).meta(describe('Minimum gain that counts as an improvement.')),
      })
      .prefault({})
      .meta(describe('Selection of the best epoch, and when to stop.')),
    snapshots: z
      .int()
      .min(0)
      .max(1000)
      .default(10)
      .meta(
        describe(
          'Maximum number of epochs whose weights are kept beside `best` and `last`, spread evenly over training. 0: none.',
        ),
      ),
    refit: z
      .strictObject({
        plannedEpochs: z
          .int()
          .min(1)
          .max(100_000)
          .meta(describe('Planned epochs of the refitted run, over which the schedule runs.')),
      })
      .optional()
      .meta(
        describe(
          'Of a run that `recsight refit` starts: it trains `epochs` epochs on training and validation together, validates nothing, and tests the last epoch.',
        ),
      ),
  })
  .superRefine(
    fieldRule(
      ['earlyStopping', 'patience'],
      ({ refit, earlyStopping }) => refit === undefined || earlyStopping.patience === null,
      () => 'must be null with `training.refit`, which leaves no validation to stop by',
    ),
  )
  .prefault({})
  .meta(describe('Optimization, early stopping and checkpoints.'));

export type TrainingOptionsInput = NonNullable<z.input<typeof trainingSchema>>;
export type TrainingConfig = z.output<typeof trainingSchema>;
export type OptimizerConfig = TrainingConfig['optimizer'];
export type ScheduleConfig = TrainingConfig['schedule'];
export type ClippingConfig = NonNullable<TrainingConfig['clipping']>;
