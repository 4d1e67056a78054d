import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { nextItemLossSchema } from '../parts/nextItemLossOptions';
import { maxSequenceLengthField, numBlocksField, transformerWidthField } from '../parts/sharedOptions';

const rate = (value: number, help: string) => z.number().min(0).lt(1).default(value).meta(describe(help));

const probability = (value: number, help: string) =>
  z.number().min(0).max(1).default(value).meta(describe(help));

export const bert4recSchema = z
  .strictObject({
    type: z
      .literal('bert4rec')
      .meta(
        describe(
          'BERT4Rec: bidirectional self-attention that predicts masked items (Sun et al., CIKM 2019).',
        ),
      ),
    preset: z
      .enum(['recbole'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Follow a public implementation, with its defaults for all options below. Options set here take precedence.',
        ),
      ),
    maxSequenceLength: maxSequenceLengthField,
    hiddenSize: transformerWidthField,
    numBlocks: numBlocksField,
    numHeads: z
      .int()
      .min(1)
      .max(64)
      .default(2)
      .meta(describe('Attention heads of a block; must divide `hiddenSize`.')),
    innerSize: z
      .int()
      .min(1)
      .max(16384)
      .nullable()
      .default(null)
      .meta(describe('Width of the feed-forward layer’s hidden part. `null`: four times `hiddenSize`.')),
    normalization: z
      .enum(['pre', 'post'])
      .default('pre')
      .meta(
        describe(
          'Position of LayerNorm: before each sub-layer and after the last block (`pre`), or after each residual (`post`), as in the paper.',
        ),
      ),
    outputHead: z
      .boolean()
      .default(false)
      .meta(
        describe(
          'GELU layer with LayerNorm between the last block and the item vectors, and a bias for each item, as in the paper.',
        ),
      ),
    positions: z
      .enum(['fromNewest', 'fromOldest'])
      .default('fromNewest')
      .meta(
        describe(
          'Position vectors. `fromNewest`: the newest position always has the last one, which is the same as counting columns of left-padded rows. `fromOldest`: the oldest item that is read has the first one, which is the same as right padding (RecBole).',
        ),
      ),
    dropout: rate(
      0.2,
      'Dropout rate of the input, of the output of attention and of that of the feed-forward layer.',
    ),
    attentionDropout: z
      .number()
      .min(0)
      .lt(1)
      .nullable()
      .default(null)
      .meta(describe('Dropout on attention weights. `null`: as `dropout`.')),
    kernelInitializer: z
      .enum(['glorotUniform', 'glorotNormal', 'normal', 'truncatedNormal'])
      .default('glorotUniform')
      .meta(
        describe(
          'Initializer of the kernels of linear layers. `normal` and `truncatedNormal` have the standard deviation `initializerRange`, as item and position embeddings do.',
        ),
      ),
    initializerRange: z
      .number()
      .positive()
      .default(0.02)
      .meta(describe('Standard deviation of the normal initializers.')),
    maskProbability: z
      .number()
      .positive()
      .max(1)
      .default(0.15)
      .meta(describe('Probability that a position of a training sequence is selected to be predicted.')),
    randomProbability: probability(
      0.1,
      'Probability that a selected position gets a random item in place of the mask token.',
    ),
    keepProbability: probability(0.1, 'Probability that a selected position keeps its item.'),
    maskLastProbability: probability(
      0,
      'Probability that in a whole batch only the last item of each sequence is masked, as in ranking. RecBole’s `ft_ratio`.',
    ),
    supervision: z
      .enum(['all', 'newest'])
      .default('all')
      .meta(
        describe(
          'Selected positions that the loss is the mean of. `all`: each. `newest`: of a sequence only the newest ⌊maskProbability·maxSequenceLength⌋, and never its oldest item (RecBole).',
        ),
      ),
    oldestItem: z
      .enum(['kept', 'lost'])
      .default('kept')
      .meta(
        describe(
          'Oldest item of a history in ranking, where the mask token needs one more position. `lost`: left out, even from short histories (RecBole).',
        ),
      ),
    sequences: z
      .enum(['windows', 'newest', 'prefixes'])
      .default('windows')
      .meta(
        describe(
          'Training sequences. `windows`: whole histories, where they are longer than the model reads in windows of that length. `newest`: the newest window of each. `prefixes`: all that a history began with, without its last training item (RecBole); slower by the length of the histories.',
        ),
      ),
    loss: nextItemLossSchema,
  })
  .superRefine(
    fieldRule(
      ['numHeads'],
      ({ hiddenSize, numHeads }) => hiddenSize % numHeads === 0,
      ({ hiddenSize }) => `must divide \`hiddenSize\` (${hiddenSize})`,
    ),
  )
  .superRefine(
    fieldRule(
      ['keepProbability'],
      ({ randomProbability, keepProbability }) => randomProbability + keepProbability <= 1,
      ({ randomProbability }) =>
        `and \`randomProbability\` (${randomProbability}) must not add up to more than 1: the rest is the mask token’s`,
    ),
  )
  .superRefine(
    fieldRule(
      ['maskProbability'],
      (model) => model.supervision === 'all' || newestCount(model) >= 1,
      ({ maxSequenceLength }) =>
        `times \`maxSequenceLength\` (${maxSequenceLength}) must be at least 1 while \`supervision\` is \`newest\`: else no position is learned`,
    ),
  )
  .superRefine(
    fieldRule(
      ['loss', 'normalize'],
      ({ loss, outputHead }) => !(outputHead && loss.type === 'sampledSoftmax' && loss.normalize),
      () => 'needs `model.outputHead` to be false: its bias has no place in a cosine',
    ),
  )
  .meta(describe('The model.'));

export type Bert4recConfig = z.output<typeof bert4recSchema>;

/** Positions of a sequence that `supervision: 'newest'` learns from, at most. */
export function newestCount({
  maskProbability,
  maxSequenceLength,
}: {
  maskProbability: number;
  maxSequenceLength: number;
}): number {
  return Math.floor(maskProbability * maxSequenceLength);
}

/** Positions that the model knows: those of a history, and one for the mask token where the history keeps all of its own. */
export function numPositions({
  maxSequenceLength,
  oldestItem,
}: Pick<Bert4recConfig, 'maxSequenceLength' | 'oldestItem'>): number {
  return maxSequenceLength + (oldestItem === 'kept' ? 1 : 0);
}
