import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../formats/safetensors';
import type { ResultCodec } from '../keptResults';

/**
 * A codec of results that are tensors of finite numbers.
 * @param fromTensors null where they are not what `toTensors` makes
 */
export function tensorCodec<Result>(
  toTensors: (result: Result) => ReadonlyMap<string, NamedTensor>,
  fromTensors: (tensors: ReadonlyMap<string, NamedTensor>) => Result | null,
): ResultCodec<Result> {
  return {
    extension: 'safetensors',
    encode: (result) => encodeSafetensors(toTensors(result)),
    decode: (bytes) => {
      const tensors = decodeSafetensors(bytes);
      const isWhole = [...tensors.values()].every(({ values }) => values.every(Number.isFinite));
      return isWhole ? fromTensors(tensors) : null;
    },
  };
}
