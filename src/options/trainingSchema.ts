import { z } from 'zod';
import { describe } from './describe';
import { METRICS } from '../evaluation/metrics/metrics';
import { alternatives, fieldRule } from './fieldRule';

const metrics = METRICS.map(({ name }) => name);

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
        momentum: z
          .number()
          .min(0)
          .lt(1)
          .default(0)
          .meta(describe('Share of the last step’s direction that goes on. 0: no momentum.')),
        nesterov: z
          .boolean()
          .default(false)
          .meta(describe('Nesterov’s form of momentum, which looks one step ahead.')),
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
          .meta(describe('What the sum of squared gradients starts from.')),
        epsilon: z.number().min(0).default(0).meta(describe('Added to the denominator.')),
      })
      .meta(describe('Adagrad.')),
    z
      .strictObject({
        type: z.literal('rmsprop').meta(describe('RMSProp (Tieleman and Hinton, 2012).')),
        decay: z.number().min(0).lt(1).default(0.9).meta(describe('Decay of the mean squared gradient.')),
        momentum: z
          .number()
          .min(0)
          .lt(1)
          .default(0)
          .meta(describe('Share of the last step that goes on. 0: no momentum.')),
        centered: z
          .boolean()
          .default(false)
          .meta(describe('Divide by the deviation of the gradient instead of its size.')),
        epsilon: z.number().positive().default(1e-10).meta(describe('Added under the root.')),
        initialMeanSquare: z
          .number()
          .min(0)
          .default(0)
          .meta(
            describe(
              'What the mean squared gradient starts from. TensorFlow 1 has 1, which makes the first steps small.',
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
              'How the sum of squared gradients lowers the step size, as its power. -0.5 is the paper’s; 0 keeps the step size.',
            ),
          ),
        initialAccumulator: z
          .number()
          .positive()
          .default(0.1)
          .meta(describe('What the sum of squared gradients starts from.')),
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
  .meta(describe('What makes steps of gradients.'));

const warmupSteps = z
  .int()
  .min(0)
  .default(0)
  .meta(describe('Steps over which the learning rate rises from near 0 in equal parts. 0: no warm-up.'));

const scheduleSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('constant').meta(describe('The learning rate stays.')),
        warmupSteps,
      })
      .meta(describe('The learning rate stays.')),
    z
      .strictObject({
        type: z
          .literal('exponential')
          .meta(describe('The learning rate falls in stairs, each a share of the one before.')),
        rate: z
          .number()
          .positive()
          .max(1)
          .default(0.96)
          .meta(describe('What the learning rate is multiplied by at each stair.')),
        everySteps: z
          .int()
          .min(1)
          .nullable()
          .default(null)
          .meta(describe('Steps from one stair to the next. `null`: an epoch.')),
        warmupSteps,
      })
      .meta(describe('The learning rate falls in stairs.')),
    z
      .strictObject({
        type: z
          .literal('cosine')
          .meta(
            describe(
              'The learning rate falls along half a cosine until the end of the planned epochs (Loshchilov and Hutter, ICLR 2017).',
            ),
          ),
        finalShare: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .meta(describe('Share of the learning rate that is left at the end.')),
        warmupSteps,
      })
      .meta(describe('The learning rate falls along half a cosine.')),
  ])
  .prefault({ type: 'constant' })
  .meta(describe('How the learning rate changes from step to step.'));

const norm = z.number().positive().default(1).meta(describe('Longest that gradients may be.'));

const clippingSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('globalNorm').meta(describe('All gradients are measured together.')),
        norm,
      })
      .meta(describe('All gradients are measured together.')),
    z
      .strictObject({
        type: z
          .literal('variableNorm')
          .meta(describe('The gradient of each weight matrix is measured for itself.')),
        norm,
      })
      .meta(describe('The gradient of each weight matrix is measured for itself.')),
  ])
  .nullable()
  .default(null)
  .meta(describe('Shortens gradients that are longer than a norm. `null`: never.'));

export const trainingSchema = z
  .strictObject({
    epochs: z
      .int()
      .min(1)
      .max(100_000)
      .default(50)
      .meta(describe('Passes over the training data, at most; early stopping may end sooner.')),
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
          .regex(new RegExp(`^(${metrics.join('|')})@[1-9]\\d*$`), 'must look like `ndcg@10`')
          .default('ndcg@10')
          .meta(
            describe(
              `Validation metric that chooses the best epoch: ${alternatives(metrics)} at a cut-off, such as \`ndcg@10\`.`,
            ),
          ),
        patience: z
          .int()
          .min(1)
          .nullable()
          .default(5)
          .meta(describe('Stop after this many validations without improvement. `null` trains all epochs.')),
        minDelta: z.number().min(0).default(0).meta(describe('Smallest gain that counts as an improvement.')),
      })
      .prefault({})
      .meta(describe('Which validation metric chooses the best epoch, and when to give up.')),
    snapshots: z
      .int()
      .min(0)
      .max(1000)
      .default(10)
      .meta(
        describe(
          'Epochs whose weights are kept beside `best` and `last`, at most, to look back at. They are spread evenly, however long training gets. 0: none.',
        ),
      ),
  })
  .prefault({})
  .meta(describe('Optimizer and schedule.'));

export type TrainingOptionsInput = NonNullable<z.input<typeof trainingSchema>>;
export type TrainingConfig = z.output<typeof trainingSchema>;
export type OptimizerConfig = TrainingConfig['optimizer'];
export type ScheduleConfig = TrainingConfig['schedule'];
export type ClippingConfig = NonNullable<TrainingConfig['clipping']>;
