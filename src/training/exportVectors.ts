import type { PreparedDataset } from '../dataset/preparedDataset';
import type { Model } from '../model/model';
import type { VectorReport, VectorRequest } from '../protocol/vectors';
import { itemVectors, userVectors } from '../inference/productVectors';
import { VectorFile } from './vectorFile';

/**
 * Writes the vectors of all items or users of a model whose scores are products of them, with the ids that the data have.
 * Users are as their whole history leaves them, validation and test included: these are the vectors to recommend with.
 * Where items have a bias, it is the last value of their vectors, and that of the users' is 1.
 * @throws TrainingError when the model has no such vectors; RunWriteError
 */
export async function exportVectors(
  model: Model,
  dataset: PreparedDataset,
  request: VectorRequest,
): Promise<Omit<VectorReport, 'epoch' | 'notice'>> {
  const { of, format } = request;
  const ids = of === 'items' ? dataset.itemIds.slice(1) : dataset.userIds;
  const blocks = of === 'items' ? itemVectors(model, dataset) : userVectors(model, dataset);
  let file: VectorFile | null = null;
  let width = 0;
  try {
    for await (const block of blocks) {
      width = block.width;
      file ??= await VectorFile.create(request, ids, width);
      await file.append(block.values);
    }
    await file?.finish();
  } catch (error) {
    await file?.discard();
    throw error;
  }
  return { of, format, rows: ids.length, width, files: file?.files ?? [] };
}
