import * as tf from '@tensorflow/tfjs-core';

/** An operation that was recorded for the backward pass. */
interface TapeNode {
  gradient?: (derivatives: tf.Tensor[]) => Record<string, () => tf.Tensor>;
}

/** What TensorFlow.js does inside of a step, and has no public name. */
interface WatchedEngine {
  state: { numBytes: number; activeTape?: TapeNode[] };
  trackTensor: (this: WatchedEngine, tensor: tf.Tensor, backend: unknown) => void;
  runKernelFunc: (this: WatchedEngine, request: KernelRequest) => tf.Tensor | tf.Tensor[];
}

interface KernelRequest {
  kernelName?: string;
  inputs: Record<string, tf.Tensor | tf.Tensor[] | null>;
}

export interface EngineListener {
  /** A tensor was made. */
  made?(tensor: tf.Tensor): void;
  /**
   * An operation was computed.
   * @param bytes of all tensors that there are now
   */
  computed?(name: string | null, inputs: tf.Tensor[], outputs: tf.Tensor[], bytes: number): void;
  /** The derivatives of an operation that had the given outputs are going to be computed. */
  deriving?(outputs: tf.Tensor[]): void;
  /** A derivative was computed, of an operation that had the given outputs. */
  derived?(operation: string | null, outputs: tf.Tensor[], from: tf.Tensor[], derivative: tf.Tensor): void;
}

/** Runs some work, and tells what tensors are made and what is computed meanwhile. The work must not wait for anything. */
export function watchEngine<Result>(listener: EngineListener, work: () => Result): Result {
  const engine = tf.engine() as unknown as WatchedEngine;
  const { trackTensor, runKernelFunc } = engine;
  let newest: TapeNode | undefined;
  let isListening = false; // what a listener computes is not told
  const tell = (event: () => void): void => {
    if (isListening) return;
    isListening = true;
    try {
      event();
    } finally {
      isListening = false;
    }
  };
  engine.trackTensor = function (tensor, backend) {
    trackTensor.call(engine, tensor, backend);
    tell(() => listener.made?.(tensor));
  };
  engine.runKernelFunc = function (request) {
    const result = runKernelFunc.call(engine, request);
    const outputs = [result].flat();
    const inputs = Object.values(request.inputs).flatMap((input) => input ?? []);
    const name = request.kernelName ?? null;
    tell(() => listener.computed?.(name, inputs, outputs, engine.state.numBytes));
    const node = engine.state.activeTape?.at(-1);
    const hears = listener.derived !== undefined || listener.deriving !== undefined;
    if (hears && node?.gradient !== undefined && node !== newest) {
      newest = node;
      const { gradient } = node;
      node.gradient = (from) =>
        Object.fromEntries(
          Object.entries(gradient(from)).map(([input, derive]) => [
            input,
            () => {
              tell(() => listener.deriving?.(outputs));
              const derivative = derive();
              tell(() => listener.derived?.(name, outputs, from, derivative));
              return derivative;
            },
          ]),
        );
    }
    return result;
  };
  try {
    return work();
  } finally {
    // The methods of the class show again.
    Object.assign(engine, { trackTensor, runKernelFunc });
  }
}
