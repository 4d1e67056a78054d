import { z } from 'zod';
import { describe } from '../../options/describe';
import { fieldRule } from '../../options/fieldRule';
import { nextItemLossSchema, sharesNegatives, trainOnSchema } from '../parts/nextItemLossOptions';
import {
  longHistoriesField,
  maxSequenceLengthField,
  numBlocksField,
  outputEmbeddingField,
  transformerWidthField,
} from '../parts/sharedOptions';

/** A rate of dropout at one place; null is `dropout`. */
const dropoutAt = (place: string) =>
  z
    .number()
    .min(0)
    .lt(1)
    .nullable()
    .default(null)
    .meta(describe(`Dropout on ${place}. \`null\`: as \`dropout\`.`));

export const sasrecSchema = z
  .strictObject({
    type: z
      .literal('sasrec')
      .meta(describe('SASRec: self-attentive sequential recommendation (Kang and McAuley, ICDM 2018).')),
    preset: z
      .enum(['recohut', 'kang205', 'pmixer', 'recbole', 'gsasrec', 'esasrec'])
      .nullable()
      .default(null)
      .meta(
        describe(
          'Follow a public implementation, with its defaults for all options below: RecoHut’s notebook, the original kang205/SASRec, pmixer/SASRec.pytorch, RecBole, gSASRec, or eSASRec. Options set here take precedence.',
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
      .meta(describe('Attention heads of a block; must divide `hiddenSize`.')),
    innerSize: z
      .int()
      .min(1)
      .max(16384)
      .nullable()
      .default(null)
      .meta(describe('Width of the feed-forward layer’s hidden part. `null`: the same as `hiddenSize`.')),
    activation: z
      .enum(['relu', 'gelu', 'swiglu'])
      .default('relu')
      .meta(
        describe(
          'Activation of the feed-forward layer. `swiglu`: its hidden part is silu(x·W₁)·(x·W₃), with a third kernel.',
        ),
      ),
    feedForwardBias: z.boolean().default(true).meta(describe('Biases of the feed-forward layer.')),
    gatedResiduals: z
      .boolean()
      .default(false)
      .meta(
        describe(
          'Multiply what a sub-layer adds to its input x by a gate σ(x·G + g), with a kernel and bias of its own (LiGR).',
        ),
      ),
    normalization: z
      .enum(['pre', 'post', 'kang'])
      .default('pre')
      .meta(
        describe(
          'Position of LayerNorm: before each sub-layer (`pre`), after its residual (`post`), or as in the original code (`kang`): queries and residuals are normalized, keys and values are not.',
        ),
      ),
    normEpsilon: z
      .number()
      .positive()
      .default(1e-8)
      .meta(describe('Epsilon of LayerNorm, added to the variance.')),
    inputNorm: z
      .boolean()
      .default(false)
      .meta(describe('LayerNorm on the sum of item and position vectors, before their dropout.')),
    finalNorm: z.boolean().default(true).meta(describe('LayerNorm on the states after the last block.')),
    causal: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Whether a position sees only itself and what came before. Without it, only the last position can be trained (`trainOn`).',
        ),
      ),
    padding: z
      .enum(['masked', 'zeroed', 'visible'])
      .default('masked')
      .meta(
        describe(
          'Attention to the padding of short histories. `masked`: none. `zeroed`: as to a position of zeros (RecoHut). `visible`: as to any other position (pmixer).',
        ),
      ),
    paddingVector: z
      .enum(['zero', 'trained'])
      .default('zero')
      .meta(describe('Embedding of the padding, where it is visible: zeros, or a trained row of the table.')),
    outputProjection: z
      .boolean()
      .default(true)
      .meta(describe('Linear output projection of the concatenated attention heads.')),
    positions: z
      .enum(['fromNewest', 'fromOldest', 'fromNewestPaddingZero', 'none'])
      .default('fromNewest')
      .meta(
        describe(
          'Position vectors. `fromNewest`: the newest item always has the last one, which is the same as counting columns of left-padded rows; padding has some, too. `fromNewestPaddingZero`: the same, with a vector of its own for all padding, zeros or trained by `paddingVector` (pmixer). `fromOldest`: the oldest item that is read has the first one (RecBole). `none`: no positions.',
        ),
      ),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.2)
      .meta(describe('Dropout rate of embeddings, attention weights and both sub-layers.')),
    embeddingDropout: dropoutAt('the sum of item and position vectors'),
    attentionDropout: dropoutAt('attention weights'),
    attentionOutputDropout: dropoutAt('the output of attention, before its residual'),
    innerDropout: dropoutAt('the feed-forward layer’s hidden part'),
    scaleEmbedding: z
      .boolean()
      .default(true)
      .meta(
        describe('Multiply item vectors by √hiddenSize where they enter the blocks, as the original does.'),
      ),
    outputEmbedding: outputEmbeddingField,
    embeddingInitializer: z
      .enum(['normal', 'uniform', 'glorotUniform', 'glorotNormal'])
      .default('normal')
      .meta(
        describe(
          'Initializer of item and position embeddings; `initializerRange` is the scale of `normal` and `uniform`.',
        ),
      ),
    kernelInitializer: z
      .enum(['glorotUniform', 'glorotNormal', 'normal', 'fanInUniform'])
      .default('glorotUniform')
      .meta(
        describe(
          'Initializer of the kernels of linear layers. `normal` has the standard deviation `initializerRange`; `fanInUniform` is ±1/√inputs, PyTorch’s default.',
        ),
      ),
    initializerRange: z
      .number()
      .positive()
      .default(0.02)
      .meta(describe('Standard deviation of the normal initializers, and limit of the uniform one.')),
    trainOn: trainOnSchema,
    embeddingL2: z
      .number()
      .min(0)
      .default(0)
      .meta(
        describe(
          'Weight λ of the loss λ·Σ w² of the embedding tables: items, positions, and a separate output table.',
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
      ['trainOn'],
      ({ causal, trainOn }) => causal || trainOn === 'last',
      () =>
        'must be `last` while `causal` is false: attention that sees the whole sequence also sees the items it should predict',
    ),
  )
  .superRefine(
    fieldRule(
      ['loss', 'sharedNegatives'],
      ({ trainOn, loss }) => trainOn === 'all' || !sharesNegatives(loss),
      ({ trainOn }) =>
        `needs \`model.trainOn\` to be \`all\`, which is \`${trainOn}\`: its examples have negatives of their own`,
    ),
  )
  .meta(describe('The model.'));

export type SasrecConfig = z.output<typeof sasrecSchema>;
