import { z } from 'zod';
import { describe } from '../../options/describe';
import {
  attentionFields,
  headFields,
  headInputsField,
  pairInputFields,
  pairTrainingFields,
} from '../parts/pairOptions';

export const dinSchema = z
  .strictObject({
    type: z
      .literal('din')
      .meta(
        describe(
          'DIN: deep interest network, attention of a candidate to the history (Zhou et al., KDD 2018).',
        ),
      ),
    preset: z
      .enum(['notebook', 'paperRepository', 'recbole', 'librecommender'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Options of a reference implementation: the RecoHut notebook with Dice (`notebook`), zhougr1993/DeepInterestNetwork (`paperRepository`), RecBole or LibRecommender. Options set here take precedence.',
        ),
      ),
    ...pairInputFields,
    ...attentionFields,
    historyProjection: z
      .boolean()
      .default(false)
      .meta(
        describe('Whether the attended history goes through BatchNorm and a linear layer, as in DIN’s code.'),
      ),
    headInputs: headInputsField('the history as the candidate attends to it', [
      'user',
      'item',
      'interest',
      'interestProduct',
    ]),
    ...headFields,
    itemBias: z
      .boolean()
      .default(true)
      .meta(describe('Whether each item has a learned value that is added to its scores.')),
    emptyHistory: z
      .enum(['skip', 'learned'])
      .default('skip')
      .meta(
        describe(
          'An interaction without a history: not learned from, and nothing is attended to (`skip`), or a learned vector stands for the history (`learned`, LibRecommender’s padding item).',
        ),
      ),
    negativeHistory: z
      .enum(['shared', 'random'])
      .default('shared')
      .meta(
        describe(
          'The history that a negative is scored with: that of the interaction which it is drawn for (`shared`), or what the user had before a random item of the training part (`random`, LibRecommender; where the user has met the negative, what came before that).',
        ),
      ),
    ...pairTrainingFields,
  })
  .meta(describe('The model.'));

export type DinConfig = z.output<typeof dinSchema>;

/** Options of the references, as the model's documentation compares them. */
