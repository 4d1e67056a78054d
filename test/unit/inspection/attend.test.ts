import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attend } from '../../../src/inspection/attention/attend';
import type { OpenRun } from '../../../src/inspection/inspectedRuns';
import { ItemVectors } from '../../../src/inspection/attention/itemVectors';
import { createModel } from '../../../src/model/createModel';
import type { Model } from '../../../src/model/model';
import type { AttentionRequest, AttentionResult, RecordedWeights } from '../../../src/protocol/attention';
import { evaluateModel, rankingTask } from '../../../src/inference/evaluateModel';
import { queryOf } from '../../../src/inference/query';
import { modelDataOf } from '../../../src/inference/modelData';
import { useBackend } from '../compute/useBackend';
import { filledTimes, subjectTimes } from '../../../src/inspection/attention/subjectTimes';
import { ATTENTION_MODELS, DATASET, OTHER_MODELS, runOf, type ModelInput } from './attentionRun';

const NUM_ITEMS = DATASET.numItems;
const histories = fc.array(fc.integer({ min: 1, max: NUM_ITEMS }), { minLength: 1, maxLength: 9 });
const users = fc.integer({ min: -1, max: DATASET.numUsers - 1 });

const requestOf = (
  user: number,
  history: number[],
  change: Partial<AttentionRequest> = {},
): AttentionRequest => ({ subject: { user, history }, candidates: [], target: null, topK: 3, ...change });

/** The rows of weights along their last axis, with what they give to padding. */
function rowsOf({ shape, values, toPadding }: RecordedWeights): { row: number[]; padding: number }[] {
  const width = shape.at(-1)!;
  return Array.from({ length: values.length / width }, (_, index) => ({
    row: [...values.subarray(index * width, (index + 1) * width)],
    padding: toPadding?.[index] ?? 0,
  }));
}

const numbersOf = (result: AttentionResult): number[] => [
  ...result.weights.flatMap(({ values }) => [...values]),
  ...result.recommendations.flatMap(({ item, score, rank }) => [item, score, rank]),
];

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 5): void {
  expect(actual).toHaveLength(expected.length);
  Array.from(expected).forEach((value, place) => expect(actual[place]).toBeCloseTo(value, digits));
}

describe.each(Object.entries(ATTENTION_MODELS))('attention of %s', (_, input) => {
  useBackend('wasm');
  let run: OpenRun;
  let model: Model;
  let items: ItemVectors;
  beforeAll(async () => {
    ({ run, model } = await runOf(input));
    items = new ItemVectors();
  });
  afterAll(() => {
    model.dispose();
    items.dispose();
  });
  const ask = (request: AttentionRequest) => attend(run, model, items, request);

  it('has rows that sum to 1 with padding where they are shares, and no weight on what comes later', async () => {
    await fc.assert(
      fc.asyncProperty(users, histories, async (user, history) => {
        const result = await ask(requestOf(user, history, { candidates: [1, 5] }));
        const read = Math.min(6, history.length);
        expect(result.history.map(({ item }) => item)).toEqual(history.slice(-6));
        result.weights.forEach((weights, index) => {
          const view = model.attentions[index]!;
          expect(weights.view).toBe(view.name);
          const sizes = weights.shape.slice(view.of === 'candidate' ? 1 : 0);
          if (view.of === 'candidate') expect(weights.shape[0]).toBe(2);
          expect(sizes).toHaveLength(view.axes.length);
          view.axes.forEach((axis, place) => {
            if (axis === 'position') expect(sizes[place]).toBe(read);
          });
          rowsOf(weights).forEach(({ row, padding }, place) => {
            const sum = row.reduce((total, weight) => total + weight, padding);
            if (view.normalized) expect(sum).toBeCloseTo(1, 5);
            expect(row.every(Number.isFinite)).toBe(true);
            if (view.causal) for (const later of row.slice((place % read) + 1)) expect(later).toBe(0);
          });
        });
      }),
      { numRuns: 15 },
    );
  });

  it('is the same beside others, behind more padding', async () => {
    const long = [3, 1, 4, 5, 9, 2, 6];
    for (const history of [[7], [2, 8, 2], long]) {
      const candidates = [4, 11];
      const { weights } = await ask(requestOf(2, history, { candidates }));
      const recorded = new Map<string, { shape: number[]; values: Float32Array }>();
      const keep = (name: string, values: tf.Tensor) =>
        recorded.set(name, { shape: values.shape, values: Float32Array.from(values.dataSync<'float32'>()) });
      tf.tidy(() => {
        const query = queryOf(
          {
            users: [5, 2],
            histories: [Uint32Array.from(long), Uint32Array.from(history)],
            times: [
              new Float64Array(long.length),
              filledTimes(subjectTimes(DATASET, { user: 2, history }, null).history),
            ],
          },
          model.batches,
        );
        const scoring = model.scoring(query, keep);
        if (scoring.kind === 'joint') scoring.score(Int32Array.from(candidates), keep);
      });
      weights.forEach(({ view, shape, values }, index) => {
        const { axes, of } = model.attentions[index]!;
        const batch = recorded.get(view)!;
        // The second user's rows; positions count from the newest.
        const perUser = batch.values.length / 2;
        const outer = of === 'candidate' ? [candidates.length] : [];
        const sizes = [...outer, ...batch.shape.slice(1)];
        const places = [...outer.map(() => 'candidate'), ...axes];
        const expected = [...values.keys()].map((place) => {
          let [rest, from, stride] = [place, perUser, 1];
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            const added = places[axis] === 'position' ? sizes[axis]! - shape[axis]! : 0;
            from += ((rest % shape[axis]!) + added) * stride;
            rest = Math.floor(rest / shape[axis]!);
            stride *= sizes[axis]!;
          }
          return batch.values[from]!;
        });
        expectClose(values, expected);
      });
    }
  });

  it('shows each candidate as if it were the only one', async () => {
    const history = [1, 2, 3, 4];
    const together = await ask(requestOf(0, history, { candidates: [9, 10, 11] }));
    const alone = await ask(requestOf(0, history, { candidates: [10] }));
    together.weights.forEach(({ shape, values }, index) => {
      if (model.attentions[index]!.of === 'user') {
        expectClose(values, alone.weights[index]!.values);
        return;
      }
      const each = values.length / shape[0]!;
      expectClose(values.subarray(each, 2 * each), alone.weights[index]!.values);
    });
    expect(together.candidates[1]!.score).toBeCloseTo(alone.candidates[0]!.score, 5);
  });
});

describe.each(Object.entries({ ...ATTENTION_MODELS, ...OTHER_MODELS }))(
  'what %s recommends',
  (name, input) => {
    useBackend('wasm');
    const open: { run: OpenRun; model: Model }[] = [];
    afterEach(() => {
      for (const { model: opened } of open.splice(0)) opened.dispose();
    });
    const start = async () => {
      const started = await runOf(input);
      open.push(started);
      const items = new ItemVectors();
      return {
        ...started,
        items,
        ask: (request: AttentionRequest) => attend(started.run, started.model, items, request),
      };
    };

    it('has the ranks of the evaluation', async () => {
      const { run: opened, model: own, ask } = await start();
      const { evaluation } = opened.config;
      evaluation.filterSeen = true;
      const { ranks } = await evaluateModel(own, DATASET, 'test', evaluation);
      const task = rankingTask(DATASET, 'test', evaluation);
      for (const [row, user] of [...task.users].entries()) {
        const target = task.targets(user)[0]!;
        const result = await ask(requestOf(user, [...task.history(user)], { target, topK: NUM_ITEMS }));
        expect(result.target).toMatchObject({
          item: target,
          rank: (ranks.best[row]! + ranks.worst[row]!) / 2,
        });
        const listed = result.recommendations;
        expect(listed.some(({ item }) => task.history(user).includes(item))).toBe(false);
        expect(listed).toHaveLength(NUM_ITEMS - new Set(task.history(user)).size);
        for (const [place, { score, rank }] of listed.entries()) {
          if (place > 0) expect(score).toBeLessThanOrEqual(listed[place - 1]!.score);
          const level = listed.filter((other) => other.score === score).length;
          const above = listed.filter((other) => other.score > score).length;
          expect(rank).toBe(above + (level + 1) / 2);
        }
      }
    });

    it('answers a changed history as a fresh computation does, and leaves no tensor behind', async () => {
      const { ask } = await start();
      const changed = requestOf(1, [1, 2, 4, 5]);
      await ask(requestOf(1, [1, 2, 3, 4, 5]));
      const before = tf.memory().numTensors;
      const again = await ask(changed);
      await ask(requestOf(3, [6], { candidates: [1, 2], contributions: true }));
      expect(tf.memory().numTensors).toBe(before);
      const fresh = await (await start()).ask(changed);
      expect(numbersOf(again)).toEqual(numbersOf(fresh));
    });

    it('says what the score of a candidate loses without each thing', async () => {
      const { run: opened, model: own, ask } = await start();
      const history = [1, 2, 3, 4, 5, 6, 7, 8];
      const candidates = [10, 12];
      const request = requestOf(4, history, { candidates, contributions: true });
      const result = await ask(request);
      expect(result.contributions).toHaveLength(2);
      const { maxLength } = own.batches;
      const numRead = Math.min(maxLength, history.length);
      const scoreOf = async (without: AttentionRequest, item: number): Promise<number> =>
        (await ask({ ...without, candidates: [item], contributions: false })).candidates[0]!.score;
      for (const [column, item] of candidates.entries()) {
        const contributions = result.contributions[column]!;
        const sizes = contributions.map(({ change }) => Math.abs(change));
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        const whole = result.candidates[column]!.score;
        const ofHistory = contributions.filter(({ of }) => of === 'history');
        expect(ofHistory.map(({ position }) => position).sort()).toEqual([...Array(numRead).keys()]);
        for (const { position, change, label } of ofHistory) {
          const place = history.length - numRead + position!;
          expect(label).toContain(`i${history[place]!}`);
          const rest = history.filter((__, other) => other !== place);
          expect(change).toBeCloseTo(whole - (await scoreOf(requestOf(4, rest), item)), 4);
        }
        // A model with the same weights, of data in which the feature has no value.
        for (const { of, label, change } of contributions.filter(({ of: part }) => part !== 'history')) {
          const [feature] = label.split(' = ');
          if (feature === 'user id' || feature === 'item id') continue;
          const hidden = await hiding(opened, own, of === 'user' ? 4 : item, feature!, of === 'user');
          const { score } = (
            await attend(
              hidden.run,
              hidden.model,
              new ItemVectors(),
              requestOf(4, history, { candidates: [item] }),
            )
          ).candidates[0]!;
          hidden.model.dispose();
          expect(change).toBeCloseTo(whole - score, 4);
        }
      }
      const names = result.contributions[0]!.filter(({ of }) => of !== 'history').map(({ label }) => label);
      expect(names.sort()).toEqual(KNOWN[name] ?? KNOWN[opened.config.model.type]);
    });
  },
);

/** What user 4 and item 10 have, and these models know. */
const KNOWN: Record<string, string[]> = {
  sasrec: [],
  gru4rec: [],
  bert4rec: [],
  hstu: [],
  sum: ['category = b', 'tags = y, x', 'user id = u4'],
  sumv2: ['category = b', 'tags = y, x'],
  din: ['age = 50', 'category = b', 'group = p', 'tags = y, x', 'user id = u4'],
  dien: ['age = 50', 'category = b', 'group = p', 'tags = y, x', 'user id = u4'],
  twoTower: ['age = 50', 'category = b', 'group = p', 'item id = i10', 'tags = y, x', 'user id = u4'],
};

/** The same model on data where one user or item lacks a feature. The items of the history keep theirs. */
async function hiding(
  run: Awaited<ReturnType<typeof runOf>>['run'],
  model: Model,
  row: number,
  feature: string,
  ofUser: boolean,
): Promise<{ run: OpenRun; model: Model }> {
  const columns = ofUser ? run.dataset.userFeatures : run.dataset.itemFeatures;
  const changed = columns.map((column) => {
    if (column.name !== feature) return column;
    if (column.kind !== 'multi')
      return { ...column, values: column.values.map((value, at) => (at === row ? 0 : value)) };
    const [start, end] = [column.offsets[row]!, column.offsets[row + 1]!];
    return {
      ...column,
      offsets: column.offsets.map((offset, at) => (at > row ? offset - (end - start) : offset)),
      values: Int32Array.from([...column.values.subarray(0, start), ...column.values.subarray(end)]),
    };
  }) as typeof columns;
  const dataset = { ...run.dataset, ...(ofUser ? { userFeatures: changed } : { itemFeatures: changed }) };
  const copy = await createModel(run.config.model, modelDataOf(dataset), 1);
  for (const [name, variable] of copy.state) variable.assign(model.state.get(name)!);
  return { run: { ...run, dataset }, model: copy };
}

describe('attend', () => {
  useBackend('wasm');

  // The tiny data have repeats enough for `auto` to keep them.
  it.each([false, 'auto'] as const)(
    'ranks the whole catalog where `filterSeen` is %s',
    async (filterSeen) => {
      const { run, model } = await runOf(ATTENTION_MODELS.sasrec!);
      run.config.evaluation.filterSeen = filterSeen;
      const { recommendations } = await attend(
        run,
        model,
        new ItemVectors(),
        requestOf(0, [1, 2], { topK: 99 }),
      );
      expect(recommendations).toHaveLength(NUM_ITEMS);
      model.dispose();
    },
  );

  it('shows a slot less where nothing is read but the highway channel', async () => {
    const { run, model } = await runOf({
      type: 'sum',
      maxSequenceLength: 6,
      hiddenSize: 8,
      slots: 1,
      layerSizes: [8],
    });
    expect((await attend(run, model, new ItemVectors(), requestOf(0, [1, 2]))).weights).toEqual([]);
    model.dispose();
  });

  it('reads no history where the model does not', async () => {
    const { run, model } = await runOf({ type: 'twoTower', embeddingSize: 4, maxSequenceLength: 0 });
    const result = await attend(run, model, new ItemVectors(), requestOf(-1, []));
    expect(result.history).toEqual([]);
    expect(result.contributions[0]!.every(({ of }) => of === 'item')).toBe(true);
    model.dispose();
  });

  it('asks for no history where a model learns from empty ones too', async () => {
    const { run, model } = await runOf(OTHER_MODELS.twoTower!);
    const result = await attend(run, model, new ItemVectors(), requestOf(2, []));
    expect(result.history).toEqual([]);
    expect(result.recommendations.length).toBeGreaterThan(0);
    expect(result.contributions[0]!.every(({ position }) => position === null)).toBe(true);
    model.dispose();
  });

  it('gives items the times of the user’s interactions that they are', async () => {
    const times = Float64Array.from(DATASET.items, (_, place) => 1000 + place);
    const { run, model } = await runOf(ATTENTION_MODELS.sasrec!, { ...DATASET, times });
    const first = DATASET.offsets[3]!;
    const own = [...DATASET.items.subarray(first, first + 3)];
    const stranger = [...Array(NUM_ITEMS).keys()]
      .map((item) => item + 1)
      .find((item) => !DATASET.items.subarray(first, DATASET.offsets[4]).includes(item))!;
    const { history } = await attend(
      run,
      model,
      new ItemVectors(),
      requestOf(3, [own[0]!, stranger, own[2]!]),
    );
    expect(history.map(({ time }) => time)).toEqual([(1000 + first) * 1000, null, (1002 + first) * 1000]);
    model.dispose();
  });

  it('ranks what the user did next as the evaluation does where the model knows when that was', async () => {
    const { run, model } = await runOf({ ...ATTENTION_MODELS.hstu!, timeBias: 'target' } as ModelInput);
    const { evaluation } = run.config;
    evaluation.filterSeen = true;
    const { ranks, protocol } = await evaluateModel(model, DATASET, 'test', evaluation);
    expect(protocol.targetTime).toBe(true);
    const task = rankingTask(DATASET, 'test', evaluation);
    for (const [row, user] of [...task.users].entries()) {
      const request = requestOf(user, [...task.history(user)], { target: task.targets(user)[0]! });
      const { target } = await attend(run, model, new ItemVectors(), request);
      expect(target!.rank).toBe((ranks.best[row]! + ranks.worst[row]!) / 2);
    }
    model.dispose();
  });

  it.each<[string, AttentionRequest, string, RegExp]>([
    ['a user that is not there', requestOf(99, [1]), 'inspection/no-user', /no user 99.*0 to 29/],
    ['an item that is not there', requestOf(0, [1, 13]), 'inspection/no-item', /no item 13.*1 to 12/],
    ['padding in the history', requestOf(0, [0, 1]), 'inspection/no-item', /no item 0/],
    ['an unknown candidate', requestOf(0, [1], { candidates: [2.5] }), 'inspection/no-item', /2\.5/],
    ['an unknown target', requestOf(0, [1], { target: 40 }), 'inspection/no-item', /no item 40/],
    ['an empty history', requestOf(0, []), 'inspection/empty-history', /`sasrec`.*one item/],
    ['fewer than no recommendations', requestOf(0, [1], { topK: -1 }), 'inspection/bad-request', /-1/],
  ])('says what is wrong with %s', async (_, request, code, message) => {
    const { run, model } = await runOf(ATTENTION_MODELS.sasrec!);
    const refused = attend(run, model, new ItemVectors(), request);
    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(message);
    model.dispose();
  });
});
