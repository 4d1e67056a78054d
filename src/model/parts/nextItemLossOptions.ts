import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { samplerField } from './sharedOptions';

/* Losses of models that tell the next item from a vector of what came before: SASRec and GRU4Rec. */

const MAX_NEGATIVES = 4096;

const numNegatives = (count: number, of: string) =>
  z
    .int()
    .min(1)
    .max(MAX_NEGATIVES)
    .default(count)
    .meta(describe(`Negative items drawn for each ${of}.`));

const crossEntropySchema = z
  .strictObject({
    type: z.literal('crossEntropy'),
    includePadding: z
      .boolean()
      .default(false)
      .meta(describe('Count the padding’s vector as one more item of the softmax, as RecBole does.')),
  })
  .meta(describe('Softmax cross-entropy over the whole catalog at every position.'));

const bceSchema = z
  .strictObject({
    type: z.literal('bce'),
    numNegatives: numNegatives(1, 'position'),
    sampler: samplerField('unconsumed'),
    weighting: z
      .enum(['balanced', 'halved', 'items'])
      .default('balanced')
      .meta(
        describe(
          '`balanced`: the mean over targets plus the mean over negatives (the original). `halved`: half of that (RecoHut), which matters beside `embeddingL2`. `items`: the mean over target and negatives alike.',
        ),
      ),
  })
  .meta(
    describe('Binary cross-entropy of the next item against sampled negatives (the original SASRec loss).'),
  );

const bprSchema = z
  .strictObject({
    type: z.literal('bpr'),
    numNegatives: numNegatives(1, 'position'),
    sampler: samplerField('unconsumed'),
  })
  .meta(
    describe(
      'Bayesian personalized ranking: −log σ(target − negative), the mean over negatives (Rendle et al., UAI 2009).',
    ),
  );

const sampledSoftmaxSchema = z
  .strictObject({
    type: z.literal('sampledSoftmax'),
    numNegatives: numNegatives(128, 'position, or for all of a batch with `sharedNegatives`'),
    sampler: samplerField('uniform'),
    sharedNegatives: z
      .boolean()
      .default(false)
      .meta(
        describe(
          'One set of negatives for all positions of a batch, which is faster. A negative that happens to be a position’s target is left out there.',
        ),
      ),
    logQCorrection: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Subtract from each score the logarithm of how probably the sampler draws the item, so that the loss comes near the full softmax. Changes nothing for uniform samplers.',
        ),
      ),
    temperature: z
      .number()
      .positive()
      .default(1)
      .meta(describe('Divisor of the scores; 0.05 is common with `normalize`.')),
    normalize: z
      .boolean()
      .default(false)
      .meta(
        describe('Score by cosine: scale the state and the item vectors to length 1, in ranking as well.'),
      ),
  })
  .superRefine(
    fieldRule(
      ['sampler'],
      ({ sharedNegatives, sampler }) => !sharedNegatives || sampler !== 'unconsumed',
      () =>
        'must not be `unconsumed` while `sharedNegatives` is true: what one user has not met, others of the batch have',
    ),
  )
  .meta(
    describe(
      'Softmax cross-entropy of the next item against sampled negatives (Jean et al., ACL 2015, arXiv 1412.2007).',
    ),
  );

const gbceSchema = z
  .strictObject({
    type: z.literal('gbce'),
    numNegatives: numNegatives(256, 'position'),
    sampler: samplerField('uniform'),
    t: z
      .number()
      .min(0)
      .max(1)
      .default(0.75)
      .meta(
        describe(
          'Calibration: 0 is plain binary cross-entropy, which overrates scores when negatives are sampled; 1 undoes that entirely.',
        ),
      ),
  })
  .meta(
    describe(
      'Generalized binary cross-entropy, the loss of gSASRec (Petrov and Macdonald, RecSys 2023, arXiv 2308.07192).',
    ),
  );

export const nextItemLossSchema = z
  .discriminatedUnion('type', [crossEntropySchema, bceSchema, bprSchema, sampledSoftmaxSchema, gbceSchema])
  .prefault({ type: 'crossEntropy' })
  .meta(describe('Training loss.'));

export type NextItemLossConfig = z.output<typeof nextItemLossSchema>;

export const trainOnSchema = z
  .enum(['all', 'last'])
  .default('all')
  .meta(
    describe(
      '`all`: each sequence is read once and every position learns its next item. `last`: each training interaction is an example of its own, learned from the state after the items before it; slower by the length of the histories.',
    ),
  );

/** Whether the loss can be computed from batches of examples, which have negatives of their own each. */
export const sharesNegatives = (loss: NextItemLossConfig): boolean =>
  loss.type === 'sampledSoftmax' && loss.sharedNegatives;
