import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrangeSteps } from '../../../src/dataset/arrangeInteractions';
import { chunksOf, withDuckDb } from '../../../src/dataset/duckDb';
import { finish, finishInTurns, ROWS_PER_STEP, sortSteps } from '../../../src/dataset/steps';
import { dataFolder, datasetConfig, plainCsv } from './dataFolder';

const reason = new Error('stopped');

describe('work in steps', () => {
  test('sorts as it would at once, over many steps', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 100 }), fc.integer({ min: 1, max: 9 }), (seed, length, run) => {
        const key = (value: number) => Math.imul(value ^ seed, 0x9e3779b1) >>> 0;
        const compare = (a: number, b: number) => key(a) - key(b);
        const order = Uint32Array.from({ length }, (_, place) => place);
        const sorted = order.slice().sort(compare);
        finish(sortSteps(order, compare, run));
        expect(order).toEqual(sorted);
      }),
    );
  });

  test('one giant history yields all along', () => {
    const numRows = 4 * ROWS_PER_STEP;
    const items = Uint32Array.from({ length: numRows }, (_, row) => row % 100);
    const steps = arrangeSteps(
      {
        userIds: ['NaN'],
        itemIds: Array.from({ length: 100 }, (_, item) => `i${item}`),
        users: new Uint32Array(numRows),
        items,
        times: Float64Array.from(items, (_, row) => (row * 7919) % numRows),
        parts: null,
        labels: null,
        impressions: null,
      },
      datasetConfig({ path: '-', minUserInteractions: 2, minItemInteractions: 2 }),
      1,
    );
    let count = 0;
    while (steps.next().done !== true) count++;
    // Once a step of rows to collect them, to sort them, and for each of two rounds of merging.
    expect(count).toBeGreaterThanOrEqual(4 * 4);
  });

  test('is given up when it is asked to', async () => {
    const stop = new AbortController();
    function* endless(): Generator<undefined, never> {
      for (let step = 0; ; step++) {
        if (step === 10) stop.abort(reason);
        yield;
      }
    }
    await expect(finishInTurns(endless(), stop.signal)).rejects.toBe(reason);
  });
});

describe('the preparation', () => {
  const endless = 'SELECT a.range AS n FROM range(1000000000000000) a';

  test('interrupts an endless query', async () => {
    const stop = new AbortController();
    const work = withDuckDb(
      { cacheDirectory: dataFolder().cache, signal: stop.signal },
      async (connection) => {
        const running = connection.run(`SELECT sum(n) FROM (${endless})`);
        stop.abort(reason);
        await running;
      },
    );
    await expect(work).rejects.toBe(reason);
  });

  test('interrupts an endless result', async () => {
    const stop = new AbortController();
    const work = withDuckDb(
      { cacheDirectory: dataFolder().cache, signal: stop.signal },
      async (connection) => {
        let count = 0;
        for await (const chunk of chunksOf(connection, endless)) {
          count += chunk.rowCount;
          if (count > 10_000) stop.abort(reason);
        }
      },
    );
    await expect(work).rejects.toBe(reason);
  });

  test('is given up wherever it is when it is asked to', async () => {
    const stop = new AbortController();
    const query = `SELECT n AS user_id, 1 AS item_id, 1 AS timestamp FROM (${endless})`;
    const prepared = dataFolder().prepare({ query }, { signal: stop.signal });
    stop.abort(reason);
    await expect(prepared).rejects.toBe(reason);
  });

  test('does not begin after it was given up', async () => {
    await expect(
      dataFolder({ 'a.csv': plainCsv() }).prepare({ path: 'a.csv' }, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});
