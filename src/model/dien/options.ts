import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import {
  attentionFields,
  headFields,
  headInputsField,
  pairInputFields,
  pairTrainingFields,
} from '../parts/pairOptions';

const gruInitializer = z.enum(['orthogonal', 'glorotUniform', 'uniform', 'standardNormal']);
const INITIALIZERS =
  '`orthogonal` (recurrent kernel; the input’s as `glorotUniform`), `glorotUniform`, `uniform` in ±1/√width (PyTorch), or `standardNormal`, which saturates the gates (RecBole’s AGRU and AUGRU).';

export const dienSchema = z
  .strictObject({
    type: z
      .literal('dien')
      .meta(
        describe(
          'DIEN: deep interest evolution network, a GRU with attention of a candidate (Zhou et al., AAAI 2019).',
        ),
      ),
    preset: z
      .enum(['recbole', 'paper', 'notebook'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Options of a reference implementation: RecBole (`recbole`), the paper’s own code (`paper`), or the DIEN beside the RecoHut notebook’s DIN (`notebook`). Options set here take precedence.',
        ),
      ),
    ...pairInputFields,
    resetGate: z
      .enum(['after', 'before'])
      .default('after')
      .meta(
        describe(
          'Position of the reset gate of both GRUs: `after` the product with the recurrent kernel (PyTorch) or `before` it (TensorFlow 1).',
        ),
      ),
    gateBias: z
      .number()
      .default(0)
      .meta(describe('Initial bias of the reset and update gates of both GRUs; 1 in TensorFlow 1.')),
    interestInitializer: gruInitializer
      .default('orthogonal')
      .meta(describe(`Distribution that the interest GRU starts from: ${INITIALIZERS}`)),
    auxiliaryWeight: z
      .number()
      .min(0)
      .default(1)
      .meta(
        describe(
          'Weight α of the auxiliary loss, by which the interest at each item has to tell the next item from one that was not chosen. 0: none.',
        ),
      ),
    auxiliaryLayers: z
      .array(z.int().min(1).max(16384))
      .max(16)
      .default([100, 50])
      .meta(describe('Widths of the hidden layers of the auxiliary loss.')),
    auxiliaryActivation: z
      .enum(['sigmoid', 'relu', 'tanh', 'gelu', 'none'])
      .default('sigmoid')
      .meta(
        describe('Activation of these layers. With `none` they are one linear map, as they are in RecBole.'),
      ),
    auxiliaryBatchNorm: z
      .boolean()
      .default(false)
      .meta(describe('Whether the input of the auxiliary loss goes through BatchNorm.')),
    auxiliaryAverage: z
      .enum(['examples', 'positions'])
      .default('examples')
      .meta(
        describe(
          'Divisor of the auxiliary loss: the real and the negative items that it scored (`examples`), or all positions of the batch, padding too, each real and negative pair counting once (`positions`, the paper’s code).',
        ),
      ),
    auxiliaryNegatives: z
      .enum(['perEpoch', 'once'])
      .default('perEpoch')
      .meta(
        describe(
          'Items that were not chosen, for the auxiliary loss: drawn anew in each epoch from those that the user has not met (`perEpoch`), or once for each interaction from all others (`once`, RecBole).',
        ),
      ),
    ...attentionFields,
    attentionQuery: z
      .enum(['item', 'projected'])
      .default('item')
      .meta(
        describe(
          'Query of the attention: the candidate’s embedding, or its projection by a linear layer with PReLU (`projected`, the paper’s code).',
        ),
      ),
    evolution: z
      .enum(['GRU', 'AIGRU', 'AGRU', 'AUGRU'])
      .default('AUGRU')
      .meta(
        describe(
          'Use of attention in the second GRU: attention over the GRU’s states (`GRU`), on its inputs (`AIGRU`), in place of its update gate (`AGRU`), or as a factor of it (`AUGRU`).',
        ),
      ),
    attentionUpdate: z
      .enum(['attentionGate', 'attentionKeep'])
      .default('attentionGate')
      .meta(
        describe(
          'AUGRU’s step toward the new state with attention a and gate u: a·u as in the paper and RecBole (`attentionGate`), or 1 − (1 − a)·u as in the paper’s code, which moves even where a is 0 (`attentionKeep`).',
        ),
      ),
    evolutionInitializer: gruInitializer
      .default('orthogonal')
      .meta(describe(`Distribution that the evolution GRU starts from: ${INITIALIZERS}`)),
    headInputs: headInputsField('the last state of the evolution', [
      'user',
      'item',
      'interest',
      'interestProduct',
    ]),
    ...headFields,
    ...pairTrainingFields,
  })
  .superRefine(
    fieldRule(
      ['maxSequenceLength'],
      ({ auxiliaryWeight, maxSequenceLength }) => auxiliaryWeight === 0 || maxSequenceLength >= 2,
      ({ auxiliaryWeight }) =>
        `must be at least 2 with an auxiliary loss, which needs an item and the one after it; or set \`auxiliaryWeight\` (${auxiliaryWeight}) to 0`,
    ),
  )
  .meta(describe('The model.'));

export type DienConfig = z.output<typeof dienSchema>;

/** Options of the references, as the model's documentation compares them. */
