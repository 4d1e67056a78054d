import type { Case } from './campaign';

/** Values that no field is meant to have. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  -1,
  0,
  0.5,
  1e308,
  2 ** 53,
  'NaN',
  '-Infinity',
  '../../../etc/passwd',
  [],
  {},
  [[]],
  { length: 3 },
  { toString: 'x' },
  'a'.repeat(100_000),
  JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`) as unknown,
];
const STRANGE_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'length',
  '\u0000',
  '💥',
];

/** Damages bytes in one of the ways that disks, editors and crashes do. Says what was done. */
export function damageBytes(fault: Case, bytes: Buffer): Buffer {
  const { random } = fault;
  if (bytes.length === 0) return Buffer.from('\0');
  const place = random.nextInt(bytes.length);
  const length = 1 + random.nextInt(Math.min(bytes.length - place, 1 + random.nextInt(4096)));
  const end = place + length;
  const part = bytes.subarray(place, end);
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(end)];
  const how = fault.pick([
    'bits',
    'cut',
    'zeros',
    'doubled',
    'removed',
    'noise',
    'appended',
    'empty',
    'swapped',
  ] as const);
  fault.note(`${how} at ${place}, ${length} bytes`);
  switch (how) {
    case 'bits': {
      const copy = Buffer.from(bytes);
      for (let count = 1 + random.nextInt(4); count > 0; count--) {
        const at = random.nextInt(copy.length);
        copy[at] = copy[at]! ^ (1 << random.nextInt(8));
      }
      return copy;
    }
    case 'cut':
      return before;
    case 'zeros':
      return Buffer.concat([before, Buffer.alloc(length), after]);
    case 'doubled':
      return Buffer.concat([before, part, part, after]);
    case 'removed':
      return Buffer.concat([before, after]);
    case 'noise':
      return Buffer.concat([before, Buffer.from(Array.from({ length }, () => random.nextInt(256))), after]);
    case 'appended':
      return Buffer.concat([bytes, part]);
    case 'empty':
      return Buffer.alloc(fault.pick([0, bytes.length]));
    case 'swapped':
      return Buffer.concat([after, part, before]);
  }
}

/** Damages a JSON text: a field of another type, a missing or a strange one, a number that is out of bounds. */
export function damageJson(fault: Case, text: string): string {
  const value = JSON.parse(text) as unknown;
  const holder = { root: value };
  const [parent, key] = fault.pick(fieldsOf(holder));
  const how = fault.pick([
    'strange',
    'strange',
    'strange',
    'missing',
    'renamed',
    'number',
    'doubled',
  ] as const);
  const record = parent as Record<string, unknown>;
  const old = record[key];
  switch (how) {
    case 'strange':
      record[key] = fault.pick(STRANGE);
      break;
    case 'missing':
      Reflect.deleteProperty(record, key);
      break;
    case 'renamed': {
      if (Array.isArray(parent)) break;
      Reflect.deleteProperty(record, key);
      const name = fault.pick(STRANGE_NAMES);
      Object.defineProperty(record, name, {
        value: old,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    }
    case 'number':
      record[key] =
        typeof old === 'number' ? fault.pick([-old, old + 1, old * 1e9, old / 3]) : fault.random.nextInt(100);
      break;
    case 'doubled':
      record[key] = [old, old];
      break;
  }
  fault.note(`${how} ${key} → ${JSON.stringify(record[key] ?? null).slice(0, 40)}`);
  return JSON.stringify(holder.root ?? null);
}

/** Every place of a value that can be changed, but for those that are too deep: the object or array that holds it, its key. */
function fieldsOf(value: unknown, depth = 0): [object, string][] {
  if (typeof value !== 'object' || value === null || depth > 50) return [];
  return Object.entries(value).flatMap(([key, field]) => [
    [value, key] as [object, string],
    ...fieldsOf(field, depth + 1),
  ]);
}
