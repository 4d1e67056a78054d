import type { ModelSize, SizeContext } from '../model';
import { featureParameters, featureWidth } from '../parts/featureEmbedding';
import type { SumConfig } from './options';
import { itemTables, userTables } from './tables';

/** How much a SUM takes. Of the recurrence the gradient needs the memory of each step. */
export function sumSize(config: SumConfig, { data, batchSize }: SizeContext): ModelSize {
  const { hiddenSize: h, slots, layerSizes, batchNorm, maxSequenceLength: length, loss } = config;
  const candidates = data.labeled ? 1 : 1 + loss.numNegatives;
  const tables = [itemTables(config, data), userTables(config, data)];
  const [d, userWidth] = tables.map(featureWidth) as [number, number];
  const S = slots - 1;
  const gates = config.cell === 'SUMV2' && S > 0 ? 3 : 2;
  const writing = config.cell === 'SUMV2' ? h * S : 0;
  const cell = S * d + gates * ((d + h) * h + h) + (d + h + 1) + writing + (S > 0 ? 2 : 1);
  const inputSize = h + d + userWidth;
  const head = [...layerSizes, 1].reduce(
    (sum, size, index) => sum + ((layerSizes[index - 1] ?? inputSize) + 1) * size,
    batchNorm ? 2 * layerSizes.reduce((sum, size) => sum + size, 0) : 0,
  );
  const tableValues = tables.reduce((sum, table) => sum + featureParameters(table), 0);
  const perPosition = 2 * d + (slots + 4) * h + 2 * S;
  const perLayer = 3 + (batchNorm ? 2 : 0) + (config.dropout === 0 ? 0 : 1);
  const perCandidate =
    4 * slots + 2 * (h + d) + 2 * inputSize + perLayer * layerSizes.reduce((sum, size) => sum + size, 1);
  return {
    parameters: tableValues + cell + h * d + head,
    // Each lookup has a gradient of the whole table: history, candidates and penalty.
    activations: batchSize * (length * perPosition + candidates * perCandidate) + 2 * tableValues,
  };
}
