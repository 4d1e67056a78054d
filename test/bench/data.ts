import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../src/compute/random';
import type { Batch, HostTensor } from './work';

/** Items by a power law, as catalogs have them: a tenth of the items makes up about half of what is drawn. */
export function drawItem(random: RandomStream, numItems: number): number {
  return 1 + Math.floor(numItems * random.nextFloat() ** 3);
}

export function drawItems(random: RandomStream, numItems: number, ...shape: number[]): HostTensor {
  return int32(shape, () => drawItem(random, numItems));
}

export function drawLabels(random: RandomStream, size: number): HostTensor {
  return { shape: [size], values: Float32Array.from({ length: size }, () => random.nextInt(2)) };
}

export function int32(shape: number[], value: (index: number) => number): HostTensor {
  return { shape, values: Int32Array.from({ length: sizeOf(shape) }, (_, index) => value(index)) };
}

export interface HistorySizes {
  batchSize: number;
  length: number;
  /** Histories are this long or longer; full by default, so that no side gains by skipping padding. */
  minLength: number;
  numItems: number;
}

/** Histories with the padding on the right. */
export function drawHistories(
  random: RandomStream,
  { batchSize, length, minLength, numItems }: HistorySizes,
): Batch<'history' | 'mask' | 'lengths'> {
  const lengths = int32([batchSize], () => minLength + random.nextInt(length - minLength + 1));
  const shape = [batchSize, length];
  const history = int32(shape, (index) =>
    index % length < lengths.values[Math.floor(index / length)]! ? drawItem(random, numItems) : 0,
  );
  const mask = { shape, values: Float32Array.from(history.values, (item) => (item === 0 ? 0 : 1)) };
  return { history, mask, lengths };
}

export function toTensor({ values, shape }: HostTensor): tf.Tensor {
  return tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32');
}

function sizeOf(shape: number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
