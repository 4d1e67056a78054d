import type { KernelBackend } from '../kernelBackend';
import { atOrNone, COSTLY, MAX_PANEL, type Attributes, type Inputs, type Layer } from './layer';

/** Rows that kernels/gru.c takes at once, and what lies between rows in its scratch. */
const GRU_CHUNK = 64;
const GRU_PADDING = 16;
const UPDATES = ['gate', 'keep', 'attention', 'attentionGate', 'attentionKeep'];
const SUM_PARAMETERS = [
  ...['heads', 'eraseKernel', 'eraseBias', 'resetKernel', 'resetBias', 'addKernel', 'addBias'],
  ...['alpha', 'beta'],
];
const SUM_WRITING = ['writingKernel', 'writingBias', 'writingHeads'];
/** Steps between the states that kernels/sumRecurrence.c saves. */
const SUM_STEPS = 8;

/** Layers that go through sequences step by step. */
export const recurrenceKernels: Record<string, Layer> = {
  Gru: {
    required: ['x', 'mask', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias'],
    optional: ['attention'],
    forward(backend, inputs, attributes) {
      const { size, length, width, hidden, parts } = gruSizes(backend, inputs);
      const states = backend.output([size, length, hidden]);
      const movement = backend.output([size, length]);
      const saved = backend.opaque(size * length * 4 * hidden);
      const names = ['x', 'mask', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias'];
      const pointers = names.map((name) => backend.at(inputs[name]!));
      pointers.push(atOrNone(backend, inputs.attention), states.at, movement.at, saved.at);
      backend.library.run(
        'gruForward',
        parts,
        ...pointers,
        size,
        length,
        width,
        hidden,
        ...gruKind(attributes),
      );
      return [states.info, movement.info, saved.info];
    },
    gradient: {
      inputs: ['x', 'mask', 'inputKernel', 'recurrentKernel', 'attention'],
      outputs: [0, 2],
      kernel(backend, inputs, attributes) {
        const { size, length, width, hidden, parts } = gruSizes(backend, inputs);
        const dx = backend.output(inputs.x!.shape);
        const dattention = inputs.attention && backend.output(inputs.attention.shape);
        const kernels = [backend.output([width, 3 * hidden]), backend.output([3 * hidden])];
        kernels.push(backend.output([hidden, 3 * hidden]), backend.output([3 * hidden]));
        const { library } = backend;
        library.withWorkspace(parts * (width + hidden + 2) * 3 * hidden, (partials) => {
          const pointers = ['x', 'mask', 'inputKernel', 'recurrentKernel'].map((name) =>
            backend.at(inputs[name]!),
          );
          pointers.push(atOrNone(backend, inputs.attention));
          pointers.push(backend.at(inputs.output0!), backend.at(inputs.output2!), backend.at(inputs.dy!));
          pointers.push(dx.at, dattention?.at ?? 0, partials);
          const sizes = [size, length, width, hidden, ...gruKind(attributes)];
          library.run('gruBackward', parts, ...pointers, ...sizes, ...kernels.map(({ at }) => at));
        });
        return [dx, ...kernels, ...(dattention ? [dattention] : [])].map(({ info }) => info);
      },
      of: ['x', 'inputKernel', 'inputBias', 'recurrentKernel', 'recurrentBias', 'attention'],
    },
  },

  SumRecurrence: {
    required: ['x', 'mask', ...SUM_PARAMETERS],
    optional: SUM_WRITING,
    forward(backend, inputs) {
      const { size, length, hidden, slots, sizes, work, saved, room } = sumSizes(inputs);
      const outputs = [
        backend.output([size, slots + 1, hidden]),
        backend.output([size, length, slots]),
        backend.output([size, length, slots]),
        backend.opaque(saved),
      ];
      const { library } = backend;
      const parts = Math.max(1, Math.min(size, library.parts(work)));
      library.withWorkspace(parts * room, (workspace) => {
        const pointers = ['x', 'mask', ...SUM_PARAMETERS].map((name) => backend.at(inputs[name]!));
        pointers.push(...SUM_WRITING.map((name) => atOrNone(backend, inputs[name])));
        pointers.push(...outputs.map(({ at }) => at), workspace);
        // Sequences that are computed together: some chunks for each part, so that all have as much to do.
        const rows = Math.max(4, Math.min(16, Math.floor(size / (4 * parts))));
        library.run('sumRecurrenceForward', parts, ...pointers, ...sizes, room, rows);
      });
      return outputs.map(({ info }) => info);
    },
    gradient: {
      inputs: ['x', 'mask', ...SUM_PARAMETERS, ...SUM_WRITING],
      outputs: [3],
      kernel(backend, inputs) {
        const { size, sizes, work, room } = sumSizes(inputs);
        const dx = backend.output(inputs.x!.shape);
        const gradientOf = (name: string) => inputs[name] && backend.output(inputs[name].shape);
        const dparameters = [...SUM_PARAMETERS, ...SUM_WRITING].map(gradientOf);
        const { library } = backend;
        const parts = Math.max(1, Math.min(size, library.parts(2 * work)));
        library.withWorkspace(parts * room, (workspace) => {
          const names = ['x', 'mask', 'heads', 'eraseKernel', 'resetKernel', 'addKernel', 'alpha', 'beta'];
          const pointers = names.map((name) => backend.at(inputs[name]!));
          pointers.push(...['writingKernel', 'writingHeads'].map((name) => atOrNone(backend, inputs[name])));
          pointers.push(backend.at(inputs.output3!), backend.at(inputs.dy!), dx.at, workspace);
          const results = dparameters.map((result) => result?.at ?? 0);
          library.run('sumRecurrenceBackward', parts, ...pointers, ...sizes, room, ...results);
        });
        return [dx, ...dparameters].flatMap((result) => (result ? [result.info] : []));
      },
      of: ['x', ...SUM_PARAMETERS, ...SUM_WRITING],
    },
  },
};

/**
 * The sizes of a GRU, and the parts that both directions are cut into; sees to it that its kernels have the scratch that
 * such sizes need.
 */
function gruSizes(
  backend: KernelBackend,
  { x, recurrentKernel }: Inputs,
): Record<'size' | 'length' | 'width' | 'hidden' | 'parts', number> {
  const [size, length, width] = x!.shape as [number, number, number];
  const hidden = recurrentKernel!.shape[0]!;
  const panels = (count: number): number => Math.ceil(count / MAX_PANEL) * MAX_PANEL;
  const packed = panels(hidden) * (3 * (panels(width) + panels(hidden)) + hidden);
  const blocks = GRU_CHUNK * (2 * width + 7 * hidden + 2 * GRU_PADDING) + 4 * hidden;
  backend.library.reserveScratch(packed + blocks + 2 * size + length + 1);
  const parts = Math.min(size, backend.library.parts(size * length * (width + hidden) * 3 * hidden));
  return { size, length, width, hidden, parts };
}

function gruKind({ resetAfter, update }: Attributes): [number, number] {
  return [resetAfter === true ? 1 : 0, UPDATES.indexOf(update as string)];
}

/** Sizes, and room in floats: kernels/sumRecurrence.c needs no more of it, whatever the width of its vectors. */
function sumSizes({ x, heads, eraseBias, writingKernel }: Inputs) {
  const [size, length, width] = x!.shape as [number, number, number];
  const [slots, hidden] = [heads!.shape[0]!, eraseBias!.shape[0]!];
  const padded = (MAX_PANEL / 2) * Math.ceil(hidden / (MAX_PANEL / 2));
  const gates = (writingKernel === undefined ? 2 : 3) * padded;
  const columns = gates + MAX_PANEL * Math.ceil((1 + slots) / MAX_PANEL);
  const perStep = gates + 32 + 2 * slots;
  return {
    ...{ size, length, hidden, slots },
    sizes: [size, length, width, hidden, slots],
    work: size * length * ((width + hidden) * columns + COSTLY * gates),
    saved: 16 + size * Math.ceil(length / SUM_STEPS) * (SUM_STEPS * perStep + (slots + 1) * padded),
    // For each part partial gradients, and its panels of the kernels both ways.
    room: columns * 2 * (width + hidden + 2 * MAX_PANEL) + (slots + 1) * 4 * padded + 512,
  };
}
