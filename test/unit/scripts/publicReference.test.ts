import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { publicReference } from '../../../scripts/lib/publicReference.mjs';

it('the reference of recsight/v1 is what `npm run generate` makes of its doc comments', async () => {
  expect(await readFile('docs/own-models-reference.md', 'utf8')).toBe(publicReference());
}, 60_000);

it('the reference says something of every export, and has every member of interfaces', () => {
  const reference = publicReference();
  for (const sought of [
    '### defineModel',
    '### layers.attention',
    '- `createGru(',
    '### ListOption',
    '- `higherIsBetter',
  ])
    expect(reference).toContain(sought);
  for (const [, name, next] of reference.matchAll(/^### (\S+)\n\n(.*)$/gm))
    expect(next, `${name} is described`).not.toMatch(/^(###|- `)/);
  for (const [, base] of reference.matchAll(/^With all of `(\w+)/gm))
    expect(reference).toContain(`### ${base}\n`);
  expect(reference).not.toMatch(/@internal|madeAt|#parameters|undefined: /);
}, 60_000);
