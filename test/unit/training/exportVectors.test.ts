import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleBuilder } from '../../../src/model/batches/exampleBatches';
import { twoTowerSchema } from '../../../src/model/twoTower/options';
import type { PreparedDataset } from '../../../src/dataset/preparedDataset';
import type { Model, ProductScoring, Query, Scoring } from '../../../src/model/model';
import { TwoTower } from '../../../src/model/twoTower/twoTower';
import { exportVectors } from '../../../src/training/exportVectors';
import { modelDataOf } from '../../../src/inference/modelData';
import { useBackend } from '../compute/useBackend';
import { tinyDataset } from '../inference/tinyDataset';

describe('exported vectors', () => {
  useBackend('wasm');
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'recsight-vectors-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const NAMES = { items: ['a,b', 'say "hi"', '007'], users: ['ü', 'two\nlines'] };
  const tiny = tinyDataset(1100, 12);
  function dataset(): PreparedDataset {
    const data = { ...tiny, itemIds: [...tiny.itemIds], userIds: [...tiny.userIds] };
    NAMES.items.forEach((name, index) => (data.itemIds[index + 1] = name));
    NAMES.users.forEach((name, index) => (data.userIds[index] = name));
    return data;
  }
  const twoTower = (data: PreparedDataset): TwoTower =>
    new TwoTower(
      twoTowerSchema.parse({
        type: 'twoTower',
        embeddingSize: 4,
        hiddenSizes: [6, 5],
        maxSequenceLength: 0,
      }),
      modelDataOf(data),
      3,
    );
  const expected = (model: TwoTower, of: 'items' | 'users'): Float32Array =>
    tf.tidy(() => {
      const view = model.embeddings.find(({ name }) => name === `${of.slice(0, -1)}Tower`)!;
      return view.vectors().dataSync() as Float32Array;
    });

  it.each(['items', 'users'] as const)('of %s are a NumPy array with a list of ids', async (of) => {
    const data = dataset();
    const model = twoTower(data);
    const output = path.join(folder, 'below', 'own.npy');
    const report = await exportVectors(model, data, { of, format: 'npy', output });
    const rows = of === 'items' ? 12 : 1100;
    const idsPath = path.join(folder, 'below', 'own.ids.json');
    expect(report).toEqual({ of, format: 'npy', rows, width: 5, files: [output, idsPath] });
    expect((await readdir(path.dirname(output))).sort()).toEqual(['own.ids.json', 'own.npy']);

    const bytes = await readFile(output);
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
    const start = 10 + bytes.readUInt16LE(8);
    expect(start % 64).toBe(0);
    expect(bytes.toString('latin1', 10, start)).toMatch(
      new RegExp(`^\\{'descr': '<f4', 'fortran_order': False, 'shape': \\(${rows}, 5\\), \\} *\\n$`),
    );
    const values = new Float32Array(new Uint8Array(bytes.subarray(start)).buffer);
    expect(values).toEqual(expected(model, of));
    const ids: unknown = JSON.parse(await readFile(idsPath, 'utf8'));
    expect(ids).toEqual(of === 'items' ? data.itemIds.slice(1) : data.userIds);
  });

  it('are lines of JSON that hold every float32 exactly', async () => {
    const data = dataset();
    const model = twoTower(data);
    const output = path.join(folder, 'items.jsonl');
    await exportVectors(model, data, { of: 'items', format: 'jsonl', output });
    const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { id: string; vector: number[] });
    expect(rows.map(({ id }) => id)).toEqual(data.itemIds.slice(1));
    expect(Float32Array.from(rows.flatMap(({ vector }) => vector))).toEqual(expected(model, 'items'));
  });

  it('are CSV with ids as they are, quoted where they must be', async () => {
    const data = dataset();
    const output = path.join(folder, 'items.csv');
    await exportVectors(twoTower(data), data, { of: 'items', format: 'csv', output });
    const lines = (await readFile(output, 'utf8')).split('\n');
    expect(lines).toHaveLength(14);
    expect(lines[0]).toBe('id,0,1,2,3,4');
    expect(lines[1]).toMatch(/^"a,b",-?[\d.e-]+(,-?[\d.e-]+){4}$/);
    expect(lines[2]).toMatch(/^"say ""hi""",/);
    expect(lines[3]).toMatch(/^007,/);
  });

  /** A model that scores by constants. */
  function modelOf(scoring: (query: Query) => Scoring): Model {
    return {
      variables: new Map(),
      state: new Map(),
      batches: exampleBuilder({
        maxLength: 3,
        minLength: 0,
        numNegatives: 0,
        sampler: 'uniform',
        negativeHistories: false,
      }),
      embeddings: [],
      attentions: [],
      loss: () => tf.scalar(0),
      scoring,
      dispose: () => undefined,
    };
  }

  it.each([
    ['csv', 'id,0,1,2\n"a,b",26.55,26.55,0.1\n'],
    ['jsonl', '{"id":"a,b","vector":[26.55,26.55,0.1]}\n'],
  ] as const)('have as few digits in %s as tell their float32', async (format, start) => {
    const data = dataset();
    const model = modelOf(({ size }): ProductScoring => ({
      kind: 'product',
      states: tf.zeros([size, 2]),
      items: tf.fill([12, 2], 26.55),
      bias: tf.fill([12], 0.1),
    }));
    const output = path.join(folder, `items.${format}`);
    await exportVectors(model, data, { of: 'items', format, output });
    const text = await readFile(output, 'utf8');
    expect(text.slice(0, start.length)).toBe(start);
  });

  it('hold the bias of items as a last value, so that products stay the scores', async () => {
    const data = dataset();
    const model = modelOf(({ size }): ProductScoring => ({
      kind: 'product',
      states: tf.fill([size, 2], 3),
      items: tf.fill([12, 2], 2),
      bias: tf.linspace(1, 12, 12),
    }));
    const read = async (of: 'items' | 'users') => {
      const output = path.join(folder, `${of}.jsonl`);
      await exportVectors(model, data, { of, format: 'jsonl', output });
      const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
      return lines.map((line) => (JSON.parse(line) as { vector: number[] }).vector);
    };
    expect((await read('items')).slice(0, 2)).toEqual([
      [2, 2, 1],
      [2, 2, 2],
    ]);
    expect((await read('users'))[1099]).toEqual([3, 3, 1]);
  });

  it('are of the whole history of each user', async () => {
    const data = dataset();
    const newest: number[] = [];
    const model = modelOf(({ size, length, histories }) => {
      for (let row = 0; row < size; row++) newest.push(histories[(row + 1) * length - 1]!);
      return { kind: 'product', states: tf.zeros([size, 1]), items: tf.zeros([12, 1]) };
    });
    await exportVectors(model, data, { of: 'users', format: 'csv', output: path.join(folder, 'users.csv') });
    expect(newest).toEqual(
      Array.from({ length: 1100 }, (_, user) => data.items[data.offsets[user + 1]! - 1]),
    );
  });

  it('do not exist where a model looks at user and item together', async () => {
    const joint = modelOf(() => ({
      kind: 'joint',
      encoded: [tf.scalar(0)],
      valuesPerPair: 1,
      score: () => tf.zeros([1, 1]),
      scoreOwn: () => tf.zeros([1, 1]),
    }));
    const output = path.join(folder, 'items.npy');
    await expect(
      exportVectors(joint, dataset(), { of: 'items', format: 'npy', output }),
    ).rejects.toMatchObject({
      code: 'vectors/none',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('leave nothing behind where they cannot be written, and no tensors', async () => {
    const data = dataset();
    const model = twoTower(data);
    const before = tf.memory().numTensors;
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const output = path.join(file, 'items.npy');
    await expect(exportVectors(model, data, { of: 'items', format: 'npy', output })).rejects.toThrow(output);
    await exportVectors(model, data, { of: 'items', format: 'npy', output: path.join(folder, 'items.npy') });
    expect(tf.memory().numTensors).toBe(before);
  });
});
