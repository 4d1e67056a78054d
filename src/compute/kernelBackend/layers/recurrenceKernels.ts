import type { KernelBackend } from '../kernelBackend';
import { sizes } from '../../kernels/signatures';
import type { GruUpdate } from '../../layers/gru';
import { COSTLY, wholePanels, type Attributes, type Inputs, type Layer } from './layer';

const SUM_PARAMETERS = [
  ...['heads', 'eraseKernel', 'eraseBias', 'resetKernel', 'resetBias', 'addKernel', 'addBias'],
  ...['alpha', 'beta'],
];
const SUM_WRITING = ['writingKernel', 'writingBias', 'writingHeads'];

/** Layers that go through sequences step by step. */
export const recurrenceKernels: Record<string, Layer> = {
  Gru: {
    required: ['x', 'mask', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias'],
    optional: ['attention'],
    forward(backend, inputs, attributes) {
      const { x, mask, inputKernel, inputBias, recurrentKernel, recurrentBias, attention } = inputs;
      const { shape, parts } = gruSizes(backend, inputs);
      const { batch, steps, hidden } = shape;
      const states = backend.output([batch, steps, hidden]);
      const movement = backend.output([batch, steps]);
      const saved = backend.opaque(batch * steps * 4 * hidden);
      backend.run('gruForward', parts, {
        ...{ x: x!, mask: mask!, inputKernel: inputKernel!, inputBias: inputBias! },
        ...{ recurrentKernel: recurrentKernel!, recurrentBias: recurrentBias!, attention },
        ...{ states, movement, saved, ...shape, ...gruKind(attributes) },
      });
      return [states.info, movement.info, saved.info];
    },
    gradient: {
      inputs: ['x', 'mask', 'inputKernel', 'recurrentKernel', 'attention'],
      outputs: [0, 2],
      kernel(backend, inputs, attributes) {
        const { x, mask, inputKernel, recurrentKernel, attention, output0, output2, dy } = inputs;
        const { shape, parts } = gruSizes(backend, inputs);
        const { width, hidden } = shape;
        const dx = backend.output(x!.shape);
        const dattention = attention && backend.output(attention.shape);
        const dinputKernel = backend.output([width, 3 * hidden]);
        const dinputBias = backend.output([3 * hidden]);
        const drecurrentKernel = backend.output([hidden, 3 * hidden]);
        const drecurrentBias = backend.output([3 * hidden]);
        const { library } = backend;
        library.withWorkspace(parts * (width + hidden + 2) * 3 * hidden, (partials) => {
          backend.run('gruBackward', parts, {
            ...{
              x: x!,
              mask: mask!,
              inputKernel: inputKernel!,
              recurrentKernel: recurrentKernel!,
              attention,
            },
            ...{ states: output0!, saved: output2!, dstates: dy!, dx, dattention, partials },
            ...{ ...shape, ...gruKind(attributes) },
            ...{ dinputKernel, dinputBias, drecurrentKernel, drecurrentBias },
          });
        });
        return [dx, dinputKernel, dinputBias, drecurrentKernel, drecurrentBias, dattention].flatMap(
          (result) => result?.info ?? [],
        );
      },
      of: ['x', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias', 'attention'],
    },
  },

  SumRecurrence: {
    required: ['x', 'mask', ...SUM_PARAMETERS],
    optional: SUM_WRITING,
    forward(backend, inputs) {
      const { x, mask, heads, eraseKernel, eraseBias, resetKernel, resetBias } = inputs;
      const { addKernel, addBias, alpha, beta, writingKernel, writingBias, writingHeads } = inputs;
      const { shape, work, savedFloats, room } = sumSizes(inputs);
      const { batch, steps, hidden, slots } = shape;
      const memory = backend.output([batch, slots + 1, hidden]);
      const read = backend.output([batch, steps, slots]);
      const write = backend.output([batch, steps, slots]);
      const saved = backend.opaque(savedFloats);
      const { library } = backend;
      const parts = Math.max(1, Math.min(batch, library.parts(work)));
      // Sequences that are computed together: some chunks for each part, so that all have as much to do.
      const rows = Math.max(4, Math.min(sizes.SUM_ROWS, Math.floor(batch / (4 * parts))));
      library.withWorkspace(parts * room, (workspace) => {
        backend.run('sumRecurrenceForward', parts, {
          ...{ x: x!, mask: mask!, heads: heads!, eraseKernel: eraseKernel!, eraseBias: eraseBias! },
          ...{ resetKernel: resetKernel!, resetBias: resetBias!, addKernel: addKernel!, addBias: addBias! },
          ...{ alpha: alpha!, beta: beta!, writingKernel, writingBias, writingHeads },
          ...{ memory, read, write, saved, workspace, ...shape, room, rows },
        });
      });
      return [memory, read, write, saved].map(({ info }) => info);
    },
    gradient: {
      inputs: ['x', 'mask', ...SUM_PARAMETERS, ...SUM_WRITING],
      outputs: [3],
      kernel(backend, inputs) {
        const { x, mask, heads, eraseKernel, resetKernel, addKernel, alpha, beta, output3, dy } = inputs;
        const { writingKernel, writingHeads } = inputs;
        const { shape, work, room } = sumSizes(inputs);
        const dx = backend.output(x!.shape);
        const gradients = {
          ...{ dheads: backend.output(heads!.shape), deraseKernel: backend.output(eraseKernel!.shape) },
          ...{ deraseBias: backend.output(inputs.eraseBias!.shape) },
          ...{ dresetKernel: backend.output(resetKernel!.shape) },
          ...{ dresetBias: backend.output(inputs.resetBias!.shape) },
          ...{
            daddKernel: backend.output(addKernel!.shape),
            daddBias: backend.output(inputs.addBias!.shape),
          },
          ...{ dalpha: backend.output(alpha!.shape), dbeta: backend.output(beta!.shape) },
          dwritingKernel: writingKernel && backend.output(writingKernel.shape),
          dwritingBias: inputs.writingBias && backend.output(inputs.writingBias.shape),
          dwritingHeads: writingHeads && backend.output(writingHeads.shape),
        };
        const { library } = backend;
        const parts = Math.max(1, Math.min(shape.batch, library.parts(2 * work)));
        library.withWorkspace(parts * room, (workspace) => {
          backend.run('sumRecurrenceBackward', parts, {
            ...{ x: x!, mask: mask!, heads: heads!, eraseKernel: eraseKernel!, resetKernel: resetKernel! },
            ...{ addKernel: addKernel!, alpha: alpha!, beta: beta!, writingKernel, writingHeads },
            ...{ saved: output3!, dmemory: dy!, dx, workspace, ...shape, room, ...gradients },
          });
        });
        return [dx, ...Object.values(gradients)].flatMap((result) => result?.info ?? []);
      },
      of: ['x', ...SUM_PARAMETERS, ...SUM_WRITING],
    },
  },
};

/**
 * The sizes of a GRU, and the parts that both directions are cut into; sees to it that its kernels have the scratch that
 * such sizes need.
 */
function gruSizes(backend: KernelBackend, { x, recurrentKernel }: Inputs) {
  const [batch, steps, width] = x!.shape as [number, number, number];
  const hidden = recurrentKernel!.shape[0]!;
  const packed = wholePanels(hidden) * (3 * (wholePanels(width) + wholePanels(hidden)) + hidden);
  const blocks = sizes.GRU_CHUNK * (2 * width + 7 * hidden + 2 * sizes.GRU_PADDING) + 4 * hidden;
  backend.library.reserveScratch(packed + blocks + 2 * batch + steps + 1);
  const parts = Math.min(batch, backend.library.parts(batch * steps * (width + hidden) * 3 * hidden));
  return { shape: { batch, steps, width, hidden }, parts };
}

function gruKind({ resetAfter, update }: Attributes): { resetAfter: boolean; update: GruUpdate } {
  return { resetAfter: resetAfter === true, update: update as GruUpdate };
}

/** Sizes, and room in floats: sumRecurrenceForward.c and …Backward.c need no more, whatever the width of their vectors. */
function sumSizes({ x, heads, eraseBias, writingKernel }: Inputs) {
  const [batch, steps, width] = x!.shape as [number, number, number];
  const [slots, hidden] = [heads!.shape[0]!, eraseBias!.shape[0]!];
  const { MAX_PANEL, SUM_STEPS } = sizes;
  const padded = (MAX_PANEL / 2) * Math.ceil(hidden / (MAX_PANEL / 2));
  const gates = (writingKernel === undefined ? 2 : 3) * padded;
  const columns = gates + wholePanels(1 + slots);
  const perStep = gates + 32 + 2 * slots;
  const perSegment = SUM_STEPS * perStep + (slots + 1) * padded;
  return {
    shape: { batch, steps, width, hidden, slots },
    work: batch * steps * ((width + hidden) * columns + COSTLY * gates),
    savedFloats: sizes.SUM_HEADER + batch * Math.ceil(steps / SUM_STEPS) * perSegment,
    // For each part partial gradients, and its panels of the kernels both ways.
    room: columns * 2 * (width + hidden + 2 * MAX_PANEL) + (slots + 1) * 4 * padded + 512,
  };
}
