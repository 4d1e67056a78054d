import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { kernelsSource, signaturesHeader } from '../../../scripts/lib/kernelSources';
import { codes, kernels } from '../../../src/compute/kernels/signatures';

const folder = path.resolve('src/compute/kernels');
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');

test('signatures.h and kernels.c are up to date (else: npm run generate)', () => {
  expect(read('signatures.h')).toBe(signaturesHeader());
  expect(read('kernels.c')).toBe(kernelsSource());
});

describe.each(Object.entries(kernels))('the kernel %s', (name, { file, phases }) => {
  const source = read(`${file}.c`);

  it('has a comment with its formula and its plain definition', () => {
    const comments = source.match(/\/\*[^]*?\*\//g) ?? [];
    const own = comments.filter((comment) => new RegExp(`^[/* \n]*${name}[:, ]`).test(comment));
    expect(own).toEqual([expect.stringMatching(/ = [^]*\n \* Plain definition: /)]);
    const [, definition, layer] = /(\w+) of (src\/compute\/\S+\.ts)/.exec(own[0]!) ?? [];
    if (layer === undefined) return;
    const exported = new RegExp(`export (async )?(function|class) ${definition}\\b`);
    expect(readFileSync(path.resolve(layer), 'utf8')).toMatch(exported);
  });

  it('has the phases that the table names', () => {
    for (const phase of phases) expect(source).toContain(`static void ${phase}(const Call *call`);
  });
});

test('no source includes another, but for the unit that includes all', () => {
  const sources = readdirSync(folder).filter((file) => file.endsWith('.c') && file !== 'kernels.c');
  const including = sources.filter((file) => /#include ".*\.c"/.test(read(file)));
  expect(including).toEqual([]);
});

test('arguments are of a known kind', () => {
  const kinds = ['in', 'out', 'inInts', 'outInts'].flatMap((pointer) => [pointer, `${pointer}?`]);
  const known = [...kinds, 'size', 'number', 'double', 'flag', ...Object.keys(codes)];
  for (const kernel of Object.values(kernels)) {
    for (const kind of Object.values(kernel.arguments)) expect(known).toContain(kind.split(' ')[0]);
  }
});
