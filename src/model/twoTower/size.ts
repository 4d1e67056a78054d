import type { ModelSize, SizeContext } from '../model';
import { examplesPerStep } from '../batches/exampleBatches';
import { featureParameters, featureWidth } from '../parts/featureEmbedding';
import { rowsPerExample, type TwoTowerConfig } from './options';
import { towerInputs, type TowerTables } from './towerInputs';

/** How much the towers take. A layer's output stays until its gradient is made: the most is there when that begins. */
export function twoTowerSize(config: TwoTowerConfig, context: SizeContext): ModelSize {
  const { data, threads } = context;
  const batchSize = examplesPerStep(context.batchSize, rowsPerExample(config));
  const { hiddenSizes, loss, useBatchNorm, selfSupervised, dropout: rate, l2 } = config;
  const { users, items, historyWidth } = towerInputs(config, data);
  const normed = useBatchNorm ? 1 : 0;
  // The input and its parts, and of each layer the product and what becomes of it, which is nothing in the last.
  const perLayer = 2 + normed + (rate > 0 ? 1 : 0);
  const lastSize = hiddenSizes.at(-1)!;
  const hidden = hiddenSizes.reduce((sum, size) => sum + size, -lastSize);
  const perOutput = (config.normalizeOutput ? 3 : 1) * lastSize;
  const perRow = (width: number): number => (2 + normed) * width + perLayer * hidden + perOutput;
  const layers = (width: number): number =>
    hiddenSizes.reduce(
      (sum, size, index) => {
        const isLast = index === hiddenSizes.length - 1;
        return sum + ((hiddenSizes[index - 1] ?? width) + 1) * size + (isLast ? 0 : 2 * normed * size);
      },
      2 * normed * width,
    );
  const userWidth = (users === null ? 0 : featureWidth(users)) + historyWidth;
  const itemWidth = featureWidth(items);
  const [userTables, itemTables] = [users === null ? 0 : featureParameters(users), featureParameters(items)];
  const history = config.maxSequenceLength;
  const recency = config.historyPooling === 'recency' ? history : 0;
  const views = selfSupervised === null ? 0 : 2;
  const itemRows = batchSize * ((loss.type === 'softmax' ? 1 : 1 + loss.numNegatives) + views);
  const separate = loss.type === 'maxMargin' && config.negativeBatchNorm === 'separate' ? 1 : 0;
  const penalties = l2 > 0 ? 2 : 0; // squares, and their gradient
  const learned = loss.type === 'softmax' && typeof loss.temperature === 'string' ? 1 : 0;
  return {
    parameters: userTables + itemTables + layers(userWidth) + layers(itemWidth) + learned + recency,
    activations:
      batchSize * perRow(userWidth) +
      itemRows * perRow(itemWidth) +
      // Weights, what they are made of, and their gradients; codes of categories; vectors of what is no category.
      batchSize * history * (8 + 2 * items.columns.length + 2 * vectorsWidth(items)) +
      // A block of scores for each thread.
      (loss.type === 'softmax' ? 64 * threads * batchSize : 0) +
      addedGradients(1 + penalties) * userTables +
      addedGradients(1 + views + separate + penalties + (history > 0 ? 1 : 0)) * itemTables,
  };
}

/** Width of the columns of which there is a vector for each item of a history. */
function vectorsWidth({ columns, featureSize }: TowerTables): number {
  return columns.filter(({ kind }) => kind !== 'category').length * featureSize;
}

/** Gradients of a table that are there beside their sum, when so many parts of a step read it. */
function addedGradients(reads: number): number {
  return reads === 1 ? 0 : reads;
}
