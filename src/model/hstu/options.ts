import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { nextItemLossSchema } from '../parts/nextItemLossOptions';
import {
  longHistoriesField,
  maxSequenceLengthField,
  numBlocksField,
  transformerWidthField,
} from '../parts/sharedOptions';

const headWidth = (of: string) =>
  z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .meta(describe(`Width of the ${of} of a head. \`null\`: \`hiddenSize\` / \`numHeads\`.`));

export const hstuSchema = z
  .strictObject({
    type: z
      .literal('hstu')
      .meta(
        describe(
          'HSTU: hierarchical sequential transduction unit, attention without softmax that knows the time between items (Zhai et al., ICML 2024).',
        ),
      ),
    preset: z
      .enum(['research', 'rectools'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Follow a public implementation, with its defaults for all options below: the authors’ research code, or RecTools. Options set here take precedence.',
        ),
      ),
    maxSequenceLength: maxSequenceLengthField,
    longHistories: longHistoriesField,
    hiddenSize: transformerWidthField,
    numBlocks: numBlocksField,
    numHeads: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .meta(
        describe(
          'Attention heads of a block; must divide `hiddenSize` unless `keySize` and `valueSize` are set.',
        ),
      ),
    keySize: headWidth('queries and keys'),
    valueSize: headWidth('values and the gate'),
    positionBias: z
      .boolean()
      .default(true)
      .meta(describe('Learned bias of attention by the number of positions between two items.')),
    timeBias: z
      .enum(['history', 'target', 'none'])
      .default('history')
      .meta(
        describe(
          'Learned bias of attention by time, in buckets that grow by 35%. `history`: the time between the two items. `target`: the time from the earlier item to the one to be predicted, as in the references. Ranking then knows when the held-out item comes, which the protocol says, and recommendations take the time of the newest item. `none`: off, for data without times.',
        ),
      ),
    attentionDivisor: z
      .int()
      .min(1)
      .max(1_000_000)
      .nullable()
      .default(null)
      .meta(describe('Divisor of the attention weights. `null`: `maxSequenceLength`.')),
    positions: z
      .enum(['fromNewest', 'fromOldest'])
      .default('fromNewest')
      .meta(
        describe(
          'Position vectors. `fromNewest`: the newest item always has the last one. `fromOldest`: the oldest item that is read has the first one (research).',
        ),
      ),
    affineNorm: z
      .boolean()
      .default(true)
      .meta(describe('Learned scale and shift of the LayerNorms in the blocks.')),
    finalNorm: z.boolean().default(true).meta(describe('LayerNorm on the states after the last block.')),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.2)
      .meta(describe('Dropout rate of the input and of the gated output of attention.')),
    initializer: z
      .enum(['normal', 'glorotNormal'])
      .default('normal')
      .meta(
        describe(
          'Initializer. `normal`: standard deviation 0.02 for item vectors and the first linear layer of a block, Glorot’s for positions and the second (research). `glorotNormal`: Glorot’s for all (RecTools).',
        ),
      ),
    loss: nextItemLossSchema,
  })
  .superRefine(
    fieldRule(
      ['numHeads'],
      ({ hiddenSize, numHeads, keySize, valueSize }) =>
        hiddenSize % numHeads === 0 || (keySize !== null && valueSize !== null),
      ({ hiddenSize }) =>
        `must divide \`hiddenSize\` (${hiddenSize}) unless \`keySize\` and \`valueSize\` are set`,
    ),
  )
  .meta(describe('The model.'));

export type HstuConfig = z.output<typeof hstuSchema>;

/** Widths of a head: of its queries and keys, and of its values. */
export function headSizes({ hiddenSize, numHeads, keySize, valueSize }: HstuConfig) {
  return { keySize: keySize ?? hiddenSize / numHeads, valueSize: valueSize ?? hiddenSize / numHeads };
}
