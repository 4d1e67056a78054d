import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { KernelArguments, KernelName } from '../kernels/signatures';
import type { KernelLibrary } from './kernelLibrary';

type Values = tf.TypedArray | Uint8Array[];

/** What the backend knows of a tensor's data. `values` is what TensorFlow.js's own JavaScript kernels work on. */
interface StoredTensor {
  values: Values;
  dtype: tf.DataType;
  refCount: number;
  /** Offset of the block that holds the values; 0 as long as no kernel of ours has asked for them. */
  block: number;
}

/** A new tensor of a kernel and where its values go. */
export interface Output {
  info: tf.TensorInfo;
  at: number;
}

/** Where a kernel finds values: a tensor, an output, or an offset. */
type Place = tf.TensorInfo | Output | number;

/**
 * A TensorFlow.js backend whose tensors live in the memory of our kernels. It is a CPU backend: every operation that has no
 * kernel of ours runs in TensorFlow.js's JavaScript, on views of the same memory.
 */
export class KernelBackend extends MathBackendCPU {
  readonly library: KernelLibrary;

  constructor(library: KernelLibrary) {
    super();
    this.library = library;
    // Otherwise the first tensor prints an advertisement of native TensorFlow.
    (this as unknown as { firstUse: boolean }).firstUse = false;
  }

  /** Offset of a tensor's values in the kernels' memory, float32 for float32 tensors and int32 for all others. */
  at(tensor: tf.TensorInfo): number {
    const stored = this.#stored(tensor.dataId);
    if (stored.block !== 0) return stored.block;
    const { memory } = this.library;
    const source = stored.values as tf.TypedArray;
    const block = memory.allocate(4 * source.length);
    const buffer = memory.memory.buffer;
    // JavaScript kernels may leave integers in a float32 tensor (Cast does); the copy converts them.
    const view =
      tensor.dtype === 'float32'
        ? new Float32Array(buffer, block, source.length)
        : new Int32Array(buffer, block, source.length);
    view.set(source);
    stored.block = block;
    // A boolean tensor's JavaScript values stay what they are: a kernel only reads its copy.
    if (tensor.dtype !== 'bool') stored.values = view;
    return block;
  }

  /**
   * Runs a kernel on tensors.
   * @param values its arguments as kernels/signatures.ts has them
   * @throws ComputeError when a thread was lost in the middle of it
   */
  run<Name extends KernelName>(name: Name, parts: number, values: KernelArguments<Name, Place>): void {
    const given: Readonly<Record<string, Place | boolean | string | undefined>> = values;
    const offsets: Record<string, number | boolean | string | undefined> = {};
    for (const argument in given) {
      const value = given[argument];
      offsets[argument] = typeof value !== 'object' ? value : 'at' in value ? value.at : this.at(value);
    }
    this.library.run(name, parts, offsets as KernelArguments<Name, number>);
  }

  /** A new tensor whose values a kernel is going to write. */
  output(shape: number[], dtype: 'float32' | 'int32' = 'float32'): Output {
    const { memory } = this.library;
    const length = tf.util.sizeFromShape(shape);
    const block = memory.allocate(4 * length);
    const buffer = memory.memory.buffer;
    const values =
      dtype === 'float32' ? new Float32Array(buffer, block, length) : new Int32Array(buffer, block, length);
    return { info: this.#store(values, shape, dtype, block), at: block };
  }

  /**
   * Room that goes from a kernel to its gradient, as a tensor that the tape keeps and disposes. Its shape is that of a
   * scalar, because for every output without a gradient TensorFlow.js makes zeros of its shape.
   */
  opaque(floats: number): Output {
    const { memory } = this.library;
    const block = memory.allocate(4 * floats);
    return { info: this.#store(memory.floats(block, floats), [], 'float32', block), at: block };
  }

  /** A view of a tensor's values in the kernels' memory. */
  floats(tensor: tf.TensorInfo): Float32Array {
    return this.library.memory.floats(this.at(tensor), tf.util.sizeFromShape(tensor.shape));
  }

  /** The same for a tensor of int32. */
  ints(tensor: tf.TensorInfo): Int32Array {
    const { buffer, byteOffset, length } = this.floats(tensor);
    return new Int32Array(buffer, byteOffset, length);
  }

  /** The same values under another shape. */
  reshaped(tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape, dtype: tensor.dtype };
  }

  override write(values: Values, shape: number[], dtype: tf.DataType): tf.DataId {
    // A view of our memory belongs to another tensor (JavaScript kernels return such), and ends with it.
    const own =
      isTyped(values) && values.buffer === this.library.memory.memory.buffer ? values.slice() : values;
    const dataId = super.write(own, shape, dtype);
    this.#stored(dataId).block = 0;
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    super.move(dataId, values, shape, dtype, refCount);
    this.#stored(dataId).block = 0;
  }

  /** A copy: the tensor's own memory serves others once it is disposed. */
  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const values = super.readSync(dataId);
    return this.data.has(dataId) && this.#stored(dataId).block !== 0
      ? (values as tf.TypedArray).slice()
      : values;
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    const block = this.data.has(dataId) ? this.#stored(dataId).block : 0;
    const released = super.disposeData(dataId, force);
    if (released && block !== 0) this.library.memory.release(block);
    return released;
  }

  override dispose(): void {
    this.library.dispose();
  }

  #stored(dataId: tf.DataId): StoredTensor {
    return this.data.get(dataId) as unknown as StoredTensor;
  }

  #store(values: tf.TypedArray, shape: number[], dtype: tf.DataType, block: number): tf.TensorInfo {
    const dataId = super.write(values, shape, dtype);
    this.#stored(dataId).block = block;
    return { dataId, shape, dtype };
  }
}

function isTyped(values: Values): values is tf.TypedArray {
  return ArrayBuffer.isView(values);
}
