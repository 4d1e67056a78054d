import { FIRST_FACTOR, INCREMENT, SECOND_FACTOR } from '../../src/compute/random';
import { codes, kernels, sizes, team, type KernelName } from '../../src/compute/kernels/signatures';

/* The C that is made from src/compute/kernels/signatures.ts. */

const NOTE = '/* Written by `npm run generate` from signatures.ts: change that instead. */';
const WIDTH = 128;
/** As many phases as a kernel may have: `Kernel` of kernel.h. */
const MAX_PHASES = Math.max(...Object.values(kernels).map(({ phases }) => phases.length));

/** The most arguments that any kernel takes. */
const MAX_ARGUMENTS = Math.max(
  ...Object.values(kernels).map((kernel) => Object.keys(kernel.arguments).length),
);

interface CArgument {
  name: string;
  /** Its type, without the `*` of pointers. */
  type: string;
  isPointer: boolean;
  /** Such as `[rows, in]`; empty where nothing is said of it. */
  shape: string;
  mayBeNull: boolean;
}

/** signatures.h: sizes, codes, the struct Team, and for each kernel a struct of its arguments with a function that reads it. */
export function signaturesHeader(): string {
  const constants = Object.entries({ ...sizes, MAX_ARGUMENTS, MAX_PHASES });
  const lists = Object.entries(codes).map(([type, values]) =>
    wrapped(
      'typedef enum { ',
      values.map((value) => codeName(type, value)),
      ` } ${type};`,
    ),
  );
  const teamTypes = { atomic: '_Atomic uint32_t', uint32: 'uint32_t', double: 'double' };
  return [
    NOTE,
    '#pragma once',
    '#include "call.h"',
    '',
    wrapped(
      'enum { ',
      constants.map(([name, value]) => `${name} = ${value}`),
      ' };',
    ),
    '',
    ...lists,
    '',
    '/* What src/compute/random.ts draws by. */',
    ...Object.entries({ INCREMENT, FIRST_FACTOR, SECOND_FACTOR }).map(
      ([name, value]) => `#define RANDOM_${name} 0x${value.toString(16)}u`,
    ),
    '',
    '/* Lives at the start of the shared memory. */',
    'typedef struct {',
    ...Object.entries(team).map(([name, type]) => `  ${teamTypes[type]} ${name};`),
    '  double args[MAX_ARGUMENTS];',
    '} Team;',
    ...kernelNames().flatMap((name) => ['', ...argumentsOf(name)]),
    '',
  ].join('\n');
}

/** kernels.c: all kernels in one unit, for each processor's to have their own names, and the table by which they are found. */
export function kernelsSource(): string {
  const files = [...new Set(Object.values(kernels).map(({ file }) => file))].sort();
  return [
    NOTE,
    '/*',
    ' * All kernels in one unit, because an addon holds them once for each processor, under the same names. Each file includes what',
    ' * it needs and nothing of another, so their order means nothing.',
    ' */',
    // Formatters sort includes that stand together, which is as well.
    ...files.map((file) => `#include "${file}.c"`),
    '',
    '#ifndef KERNELS',
    '#define KERNELS kernels',
    '#endif',
    '',
    "/* The table's end is a kernel without a name. */",
    'const Kernel KERNELS[] = {',
    ...kernelNames().map((name) => `    {"${name}", {${kernels[name].phases.join(', ')}}},`),
    '    {NULL, {NULL}},',
    '};',
    '',
  ].join('\n');
}

function kernelNames(): KernelName[] {
  return Object.keys(kernels) as KernelName[];
}

function argumentsOf(kernel: KernelName): string[] {
  const all = Object.entries(kernels[kernel].arguments).map(([name, kind]) => cArgument(name, kind));
  const type = `${kernel[0]!.toUpperCase()}${kernel.slice(1)}Arguments`;
  const shapes = all
    .filter(({ isPointer }) => isPointer)
    .map(({ name, shape, mayBeNull }) => `${name}${shape}${mayBeNull ? ' or NULL' : ''}`);
  return [
    wrapped('/* ', shapes, ' */'),
    'typedef struct {',
    ...fieldsOf(all),
    `} ${type};`,
    `INLINE ${type} ${kernel}Arguments(const Call *call) {`,
    wrapped(`  return (${type}){`, all.map(valueOf), '};'),
    '}',
  ];
}

function cArgument(name: string, kind: string): CArgument {
  const [bare = '', shape = ''] = kind.split(/ (?=\[)/);
  const mayBeNull = bare.endsWith('?');
  const scalars: Record<string, string> = { size: 'long', number: 'float', double: 'double', flag: 'bool' };
  const pointers: Record<string, string> = {
    in: 'const float',
    out: 'float',
    inInts: 'const int32_t',
    outInts: 'int32_t',
  };
  const pointer = pointers[mayBeNull ? bare.slice(0, -1) : bare];
  const type = pointer ?? scalars[bare] ?? (bare in codes ? bare : undefined);
  if (type === undefined)
    throw new Error(`${name} is of the kind ${kind}, which signatures.ts does not know.`);
  return { name, type, isPointer: pointer !== undefined, shape, mayBeNull };
}

/** Declarations, one for each run of arguments of a type. */
function fieldsOf(all: readonly CArgument[]): string[] {
  const runs: CArgument[][] = [];
  for (const argument of all) {
    const run = runs.at(-1);
    if (run?.[0]?.type === argument.type && run[0].isPointer === argument.isPointer) run.push(argument);
    else runs.push([argument]);
  }
  return runs.map((run) =>
    wrapped(
      `  ${run[0]!.type} `,
      run.map(({ name, isPointer }) => (isPointer ? `*${name}` : name)),
      ';',
    ),
  );
}

/** How an argument is read from its place in the call. */
function valueOf({ type, isPointer }: CArgument, place: number): string {
  if (isPointer) return `address(call, ${place})`;
  const value = `call->args[${place}]`;
  if (type === 'bool') return `${value} != 0`;
  if (type === 'double') return value;
  return type in codes ? `(${type})(int)${value}` : `(${type})${value}`;
}

/** `Update` and `attentionGate` make UPDATE_ATTENTION_GATE. */
function codeName(type: string, value: string): string {
  const words = value.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`);
  return `${type}_${words}`.toUpperCase();
}

/** A list between two texts, on as many lines as it takes. */
function wrapped(before: string, items: readonly string[], after: string): string {
  const indent = ' '.repeat(/^ */.exec(before)![0].length + 4);
  const lines = [before];
  items.forEach((item, place) => {
    const text = place === items.length - 1 ? item + after : `${item},`;
    const line = lines.at(-1)!;
    const joined = line.endsWith(' ') || line.endsWith('{') ? line + text : `${line} ${text}`;
    if (joined.length <= WIDTH) lines[lines.length - 1] = joined;
    else lines.push(indent + text);
  });
  return lines.join('\n');
}
