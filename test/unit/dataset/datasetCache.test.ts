import { describeSplit } from '../../../src/splits/splits';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readDatasetCache, writeDatasetCache } from '../../../src/dataset/datasetCache';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import { dataFolder, plainCsv } from './dataFolder';

const facts = {
  numRows: 7,
  dropped: { emptyIds: 1, missingTimes: 2, rating: 3, duplicates: 4, kCore: 5 },
  features: [
    { of: 'items' as const, name: 'genre', kind: 'multi' as const, numValues: 2, unknownShare: 0.5 },
  ],
  reading: ['a.dat: no header'],
  warnings: ['mind the gap'],
};

/** Not a sensible dataset, but one of the right shape. */
const anyDataset = fc
  .record({
    numbers: fc.uint32Array(),
    times: fc.option(fc.float64Array()),
    texts: fc.array(fc.string({ unit: 'grapheme' })),
    titled: fc.boolean(),
  })
  .map(({ numbers, times, texts, titled }): PreparedDataset => ({
    fingerprint: 'f'.repeat(64),
    numUsers: texts.length,
    itemFeatures: [
      { kind: 'category', name: 'a/b', values: new Int32Array(numbers), labels: ['', ...texts] },
      { kind: 'multi', name: '', offsets: numbers, values: new Int32Array(numbers), labels: texts },
    ],
    userFeatures: [{ kind: 'number', name: 'x', values: new Float32Array(numbers), shift: 0.1, scale: 1e-9 }],
    numItems: texts.length,
    offsets: numbers,
    items: numbers.toReversed(),
    times,
    split: describeSplit({ type: 'leaveOneOut' }),
    trainEnd: numbers.subarray(0, 2),
    validationEnd: numbers.subarray(1),
    order: titled ? numbers.subarray(2) : null,
    labeled: null,
    userIds: texts,
    itemIds: ['', ...texts],
    itemTitles: titled ? ['', ...texts.toReversed()] : null,
  }));

describe('the cache', () => {
  test('gives back what was put in', async () => {
    const { cache } = dataFolder();
    await fc.assert(
      fc.asyncProperty(anyDataset, async (dataset) => {
        rmSync(cache, { recursive: true, force: true });
        await writeDatasetCache(cache, { dataset, facts });
        const back = await readDatasetCache(cache, dataset.fingerprint);
        expect(back).toEqual({ dataset, facts });
      }),
      { numRuns: 50 },
    );
  });

  test('is used for the same content, whatever the name and date of the file, and only then', async () => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    const first = await folder.prepare({ path: 'a.csv' });
    expect(first.cached).toBe(false);
    const second = await folder.prepare({ path: 'a.csv' });
    expect(second.cached).toBe(true);
    expect(second.dataset).toEqual(first.dataset);
    expect(second.report).toEqual(first.report);

    folder.write('copy.csv', plainCsv());
    utimesSync(join(folder.path, 'copy.csv'), 1, 1);
    expect((await folder.prepare({ path: '*py.csv' })).cached).toBe(true);

    const others = await Promise.all([
      folder.prepare({ path: 'a.csv' }, { seed: 43 }),
      folder.prepare({ path: 'a.csv', minItemInteractions: 2 }),
      folder.prepare({ path: 'a.csv', columns: { item: 'timestamp' } }),
      folder.prepare({ path: 'a.csv', duplicates: 'keepLast' }),
      folder.prepare({ path: 'a.csv', items: { path: 'a.csv', title: 'user_id' } }),
      folder.prepare({ path: ['a.csv', 'a.csv'] }),
    ]);
    expect(others.map(({ cached }) => cached)).toEqual(others.map(() => false));
    const fingerprints = [first, ...others].map(({ dataset }) => dataset.fingerprint);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);

    // Same size, same date, other content.
    const status = statSync(join(folder.path, 'a.csv'));
    folder.write('a.csv', plainCsv().replace('1000', '1099'));
    utimesSync(join(folder.path, 'a.csv'), status.atime, status.mtime);
    expect((await folder.prepare({ path: 'a.csv' })).cached).toBe(false);
  });

  const prepared = async () => {
    const folder = dataFolder({ 'a.csv': plainCsv(), 'i.csv': 'item_id,title\ni1,One\n' });
    const config = { path: 'a.csv', items: { path: 'i.csv' } };
    const { dataset } = await folder.prepare(config);
    return { folder, config, dataset, directory: join(folder.cache, dataset.fingerprint) };
  };

  test('is made again when a file of it is missing, cut off or changed', async () => {
    const { folder, config, dataset, directory } = await prepared();
    const names = readdirSync(directory);
    expect(names.length).toBeGreaterThan(10);
    const damages: ((path: string) => void)[] = [
      (path) => rmSync(path),
      (path) => truncateSync(path, statSync(path).size - 1),
      (path) => {
        const bytes = readFileSync(path);
        bytes[0]! ^= 1;
        writeFileSync(path, bytes);
      },
    ];
    for (const [index, name] of names.entries()) {
      damages[index % damages.length]!(join(directory, name));
      const again = await folder.prepare(config);
      expect(again.cached, name).toBe(false);
      expect(again.dataset).toEqual(dataset);
    }
    expect((await folder.prepare(config)).cached).toBe(true);
  });

  test('that cannot be read is no reason to remove it', async () => {
    const { folder, config, dataset, directory } = await prepared();
    for (const name of ['header.json', 'items']) {
      const path = join(directory, name);
      const whole = readFileSync(path);
      rmSync(path);
      // Like a process without file descriptors left, it cannot be opened.
      symlinkSync(name, path);
      const before = readdirSync(directory);
      await expect(folder.prepare(config)).rejects.toMatchObject({
        name: 'DatasetError',
        code: 'dataset/unreadable-cache',
        message: expect.stringContaining(directory) as string,
      });
      expect(readdirSync(directory)).toEqual(before);
      rmSync(path);
      writeFileSync(path, whole);
    }
    const again = await folder.prepare(config);
    expect([again.cached, again.dataset]).toEqual([true, dataset]);
  });

  test('with any other byte is made again, or means the same', async () => {
    const { folder, dataset, directory } = await prepared();
    const whole = new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
    const before = await readDatasetCache(folder.cache, dataset.fingerprint);
    expect(before?.dataset).toEqual(dataset);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('header.json', ...whole.keys()),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, place, bits) => {
          mkdirSync(directory, { recursive: true });
          for (const [file, bytes] of whole) writeFileSync(join(directory, file), bytes);
          const bytes = Buffer.from(whole.get(name)!);
          if (bytes.length === 0) return;
          bytes[place % bytes.length]! ^= bits;
          writeFileSync(join(directory, name), bytes);
          const read = await readDatasetCache(folder.cache, dataset.fingerprint);
          if (read !== null) expect(read).toEqual(before);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('is not taken from a directory that was never finished', async () => {
    const { folder, config, dataset, directory } = await prepared();
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(join(directory, 'items'), 'x');
    expect((await folder.prepare(config)).dataset).toEqual(dataset);
    expect((await folder.prepare(config)).cached).toBe(true);
  });

  test('two at once both get the data, and leave one complete copy', async () => {
    const folder = dataFolder({ 'a.csv': plainCsv(50, 20) });
    const results = await Promise.all([1, 2, 3].map(() => folder.prepare({ path: 'a.csv' })));
    expect(results.flatMap(({ warnings }) => warnings).filter((warning) => warning.includes('kept'))).toEqual(
      [],
    );
    expect(readdirSync(folder.cache)).toEqual([results[0]!.dataset.fingerprint]);
    expect((await folder.prepare({ path: 'a.csv' })).cached).toBe(true);
  });

  test('a leftover of a killed trainer is removed after a day', async () => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    for (const name of ['tmp-1-old', 'tmp-1-new']) mkdirSync(join(folder.cache, name), { recursive: true });
    utimesSync(join(folder.cache, 'tmp-1-old'), 1, 1);
    await folder.prepare({ path: 'a.csv' });
    expect(readdirSync(folder.cache).filter((name) => name.startsWith('tmp-'))).toEqual(['tmp-1-new']);
  });

  test('that cannot be written costs a warning, not the data', async () => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    const { dataset, warnings } = await folder.prepare(
      { path: 'a.csv' },
      { cacheDirectory: join(folder.path, 'a.csv', 'cache') },
    );
    expect(dataset.numUsers).toBe(3);
    expect(warnings.join('\n')).toMatch(/could not be cached in .*a\.csv.*prepared again next time/);
  });
});

/** A disk of 64 kB, or null where this process may not mount one. */
function mountTinyDisk(): string | null {
  const { path } = dataFolder({ 'disk/x': '' });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(path, 'disk')], {
      stdio: 'ignore',
    });
    return join(path, 'disk');
  } catch {
    return null;
  }
}

const disk = mountTinyDisk();
afterAll(() => {
  if (disk !== null) execFileSync('umount', [disk]);
});
if (disk === null) console.warn('The test of a full disk is skipped: mounting a tmpfs needs root.');
test.skipIf(disk === null)(
  'a full disk costs a warning, not the data, and nothing is left on it',
  async () => {
    const folder = dataFolder({ 'a.csv': plainCsv(300, 40) });
    const { dataset, warnings } = await folder.prepare({ path: 'a.csv' }, { cacheDirectory: disk! });
    expect(dataset.items).toHaveLength(12_000);
    expect(warnings.join('\n')).toMatch(/could not be cached in .*the disk is full/);
    expect(readdirSync(disk!)).toEqual([]);
  },
);
