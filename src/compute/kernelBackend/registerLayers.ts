import * as tf from '@tensorflow/tfjs-core';
import { kernelNameOf } from '../fused';
import { checkIndices } from '../layerShapes';
import type { KernelBackend } from './kernelBackend';
import { attentionKernels } from './layers/attentionKernels';
import { dropoutKernels } from './layers/dropoutKernels';
import { embeddingKernels } from './layers/embeddingKernels';
import { feedForwardKernels } from './layers/feedForwardKernels';
import { linearKernels } from './layers/linearKernels';
import { lossKernels } from './layers/lossKernels';
import { normalizationKernels } from './layers/normalizationKernels';
import { optimizerKernels } from './layers/optimizerKernels';
import { rankingKernels } from './layers/rankingKernels';
import { pointwiseAttentionKernels } from './layers/pointwiseAttentionKernels';
import { recurrenceKernels } from './layers/recurrenceKernels';
import type { Attributes, Gradient, Inputs, Layer, LayerKernel } from './layers/layer';

/*
 * The fused layers of docs/compute.md on our kernels, and their gradients. A layer's forward kernel and its gradient are
 * TensorFlow.js kernels of their own (`Name` and `NameGradient`): the tape runs the first, the gradient function the second.
 */

const layers: Readonly<Record<string, Layer>> = {
  ...embeddingKernels,
  ...linearKernels,
  ...feedForwardKernels,
  ...normalizationKernels,
  ...dropoutKernels,
  ...attentionKernels,
  ...pointwiseAttentionKernels,
  ...recurrenceKernels,
  ...lossKernels,
  ...optimizerKernels,
  ...rankingKernels,
};

/** Kernels that the tape knows how to differentiate: the same for all backends. */
const gradientsOf = new Set<string>();

/** Registers the layers under a backend's name. */
export function registerLayers(backendName: string): void {
  forEachVariant((name, gradientName, inputs, { forward, gradient }, layer) => {
    register(name, backendName, (backend, given, attributes) => {
      checkIndices(layer, given, (indices) => backend.ints(indices));
      return forward(backend, given, attributes);
    });
    if (gradient === undefined) return;
    register(gradientName, backendName, gradient.kernel);
    if (gradientsOf.has(name)) return;
    gradientsOf.add(name);
    registerGradient(name, gradientName, inputs, gradient);
  });
}

function register(kernelName: string, backendName: string, kernel: LayerKernel): void {
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ backend, inputs, attrs }) =>
      kernel(backend as unknown as KernelBackend, inputs as Inputs, attrs as unknown as Attributes),
  });
}

/** How the tape differentiates a layer: the same for all backends. */
function registerGradient(
  kernelName: string,
  gradientName: string,
  inputs: readonly string[],
  { inputs: savedInputs, outputs, of }: Gradient,
): void {
  const inputsToSave = savedInputs.filter((name) => inputs.includes(name));
  tf.registerGradient({
    kernelName,
    inputsToSave,
    outputsToSave: Array.from({ length: Math.max(-1, ...outputs) + 1 }, (_, place) =>
      outputs.includes(place),
    ),
    gradFunc: (dys, saved, attributes) => {
      const all = Array.isArray(dys) ? dys : [dys];
      const arguments_: Record<string, tf.Tensor> = { dy: all[0]! };
      all.forEach((dy, place) => (arguments_[`dy${place}`] = dy));
      inputsToSave.forEach((name, place) => (arguments_[name] = saved[place]!));
      saved
        .slice(inputsToSave.length)
        .forEach((tensor, place) => (arguments_[`output${outputs[place]!}`] = tensor));
      // Computed here and now: asked for one by one, each would run the whole kernel.
      const results: tf.Tensor[] = tf.engine().runKernel(gradientName, arguments_, attributes);
      // The tape would keep them until all gradients are there; so the next ones are written where the cache still is.
      tf.dispose(saved);
      const present = of.filter((name) => inputs.includes(name));
      return Object.fromEntries(present.map((name, place) => [name, () => results[place]!]));
    },
  });
}

/** Calls `visit` for each layer with each set of inputs that it may be given. */
function forEachVariant(
  visit: (kernelName: string, gradientName: string, inputs: string[], layer: Layer, name: string) => void,
): void {
  for (const [name, layer] of Object.entries(layers)) {
    const { required, optional = [] } = layer;
    for (let chosen = 0; chosen < 2 ** optional.length; chosen++) {
      const inputs = [...required, ...optional.filter((_, place) => (chosen & (1 << place)) !== 0)];
      visit(kernelNameOf(name, inputs), kernelNameOf(`${name}Gradient`, inputs), inputs, layer, name);
    }
  }
}
