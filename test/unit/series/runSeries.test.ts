import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent, RunEventBody } from '../../../src/protocol/events';
import type { RunHistory } from '../../../src/protocol/livePanel';
import { RunSeries } from '../../../src/series/runSeries';
import { TrackBuffer } from '../../../src/series/trackBuffer';

const backend = { name: 'wasm', device: 'cpu', threads: 2, version: '1' };
const protocol = {
  split: 'leaveOneOut',
  part: 'validation',
  candidates: 'full',
  numCandidates: 10,
  filterSeen: true,
  ties: 'expectation',
  cutoffs: [10],
  numUsers: 5,
} as const;

function numbered(bodies: RunEventBody[], first = 0): RunEvent[] {
  return bodies.map((body, i) => ({ v: 1, seq: first + i, time: 1000 * (first + i), ...body }));
}
const step = (step: number, epoch = 1, loss = 1 / step): RunEventBody => ({
  kind: 'step',
  step,
  epoch,
  loss,
  sequencesPerSecond: 100,
});
const epoch = (epoch: number, step: number): RunEventBody => ({
  kind: 'epoch',
  epoch,
  step,
  loss: 1,
  seconds: 1,
});
const validation = (epoch: number, step: number, ndcg: number, best = false): RunEventBody => ({
  kind: 'validation',
  epoch,
  step,
  metrics: { 'ndcg@10': ndcg, mrr: ndcg / 2 },
  protocol: { ...protocol, cutoffs: [...protocol.cutoffs] },
  best,
  seconds: 1,
});
const started = (resumedFromStep: number): RunEventBody => ({
  kind: 'started',
  pid: 1,
  backend,
  resumedFromStep,
});
const system: RunEventBody = { kind: 'system', rssBytes: 1e6, cpu: 1.5 };
const checkpoint = (epoch: number, step: number, which: 'last' | 'best'): RunEventBody => ({
  kind: 'checkpoint',
  epoch,
  step,
  which,
});

function fold(bodies: RunEventBody[]): RunSeries {
  const series = new RunSeries();
  expect(series.append(numbered(bodies))).toBe(true);
  return series;
}

describe('folding', () => {
  test('each kind of event feeds its curves', () => {
    const series = fold([
      started(0),
      step(1),
      system,
      step(2),
      epoch(1, 2),
      validation(1, 2, 0.1),
      step(3, 2),
    ]);
    expect(series.names).toEqual([
      'loss',
      'throughput',
      'memory',
      'cpu',
      'validation/ndcg@10',
      'validation/mrr',
    ]);
    expect([...series.get('loss')!.step]).toEqual([1, 2, 3]);
    expect([...series.get('loss')!.value]).toEqual([1, 1 / 2, 1 / 3]);
    expect([...series.get('loss')!.time]).toEqual([1000, 3000, 6000]);
    expect([...series.get('memory')!.step]).toEqual([1]);
    expect([...series.get('cpu')!.value]).toEqual([1.5]);
    expect([...series.get('validation/mrr')!.epoch]).toEqual([1]);
    expect(series.get('validation/hr@10')).toBeNull();
  });

  test('the learning rate of every step is a curve, which runs of version 0.1.0 do not have', () => {
    const rated = (number: number, learningRate: number): RunEventBody =>
      ({
        ...step(number),
        learningRate,
      }) as RunEventBody;
    const series = fold([rated(1, 0.5e-3), rated(2, 1e-3), epoch(1, 2), started(1), rated(2, 0.9e-3)]);
    const { step: steps, epoch: epochs, value } = series.get('learningRate')!;
    expect([[...steps], [...epochs], [...value]]).toEqual([
      [1, 2],
      [0.5, 1],
      [0.5e-3, 0.9e-3],
    ]);
    expect(fold([step(1), step(2)]).get('learningRate')).toBeNull();
  });

  test('a checkpoint within an epoch, and where a run went on, are marked at that part of it', () => {
    const series = fold([step(1), checkpoint(1, 1, 'last'), started(1), step(2)]);
    series.setStepsPerEpoch(2);
    expect(series.marks.map(({ kind, epoch }) => [kind, epoch])).toEqual([
      ['checkpoint', 0.5],
      ['resumed', 0.5],
    ]);
    series.append(numbered([step(3, 2), checkpoint(2, 3, 'last')], series.cursor));
    expect(series.marks.at(-1)).toMatchObject({ kind: 'checkpoint', epoch: 1.5 });
  });

  test('epochs become fractional, backwards too, once the first epoch tells how long it is', () => {
    const series = fold([step(1), step(2), step(3), step(4), epoch(1, 4), step(5, 2)]);
    expect([...series.get('loss')!.epoch]).toEqual([0.25, 0.5, 0.75, 1, 1.25]);
  });

  test('the manifest may tell the length of an epoch earlier', () => {
    const series = new RunSeries();
    series.setStepsPerEpoch(4);
    series.append(numbered([step(1)]));
    expect([...series.get('loss')!.epoch]).toEqual([0.25]);
  });

  test('a loss that JSON could not write is NaN, not zero', () => {
    const [event] = numbered([step(1)]);
    const series = fold([]);
    series.append([JSON.parse(JSON.stringify({ ...event, loss: NaN })) as RunEvent]);
    expect(series.get('loss')!.value[0]).toBeNaN();
  });

  test('marks: every best and every checkpoint that training can go on from', () => {
    const series = fold([
      checkpoint(1, 2, 'last'),
      validation(1, 2, 0.1, true),
      checkpoint(1, 2, 'best'),
      validation(2, 4, 0.05),
    ]);
    expect(series.marks.map(({ kind, step }) => [kind, step])).toEqual([
      ['checkpoint', 2],
      ['best', 2],
    ]);
  });

  test('messages are kept in order, the oldest are forgotten', () => {
    const series = fold(
      Array.from({ length: 600 }, (_, i) => ({ kind: 'log', level: 'info', message: `m${i}` }) as const),
    );
    expect(series.messages).toHaveLength(500);
    expect(series.messages.at(-1)?.message).toBe('m599');
  });

  test('a resume forgets the steps it repeats', () => {
    const series = fold([
      started(0),
      step(1),
      step(2),
      validation(1, 2, 0.1, true),
      step(3, 2, 9),
      step(4, 2, 9),
      validation(2, 4, 0.9, true),
      system,
      started(2),
      step(3, 2, 0.3),
    ]);
    expect([...series.get('loss')!.step]).toEqual([1, 2, 3]);
    expect(series.get('loss')!.value[2]).toBe(0.3);
    expect([...series.get('validation/ndcg@10')!.step]).toEqual([2]);
    expect(series.marks.map(({ kind, step }) => [kind, step])).toEqual([
      ['best', 2],
      ['resumed', 2],
    ]);
    expect(series.get('memory')).toBeNull();
  });

  test('a validation told twice counts once', () => {
    const series = fold([validation(1, 2, 0.1), started(2), validation(1, 2, 0.2)]);
    expect([...series.get('validation/ndcg@10')!.value]).toEqual([0.2]);
  });
});

describe('joining', () => {
  const events = numbered([step(1), step(2), step(3), step(4)]);

  test('events that are known already are skipped', () => {
    const series = new RunSeries();
    series.append(events.slice(0, 3));
    expect(series.append(events)).toBe(true);
    expect([...series.get('loss')!.step]).toEqual([1, 2, 3, 4]);
    expect(series.cursor).toBe(4);
  });

  test('events behind the cursor are refused and change nothing', () => {
    const series = new RunSeries();
    series.append(events.slice(0, 1));
    expect(series.append(events.slice(2))).toBe(false);
    expect(series.cursor).toBe(1);
    expect([...series.get('loss')!.step]).toEqual([1]);
  });

  test('a log with a line that nobody can read is folded all the same', () => {
    const series = new RunSeries();
    series.fold(events.slice(0, 1));
    series.fold(events.slice(2));
    expect([...series.get('loss')!.step]).toEqual([1, 3, 4]);
  });
});

/** Sessions of training, each resumed from an epoch that the one before had reached. */
const log = fc
  .record({
    stepsPerEpoch: fc.integer({ min: 1, max: 4 }),
    sessions: fc.array(
      fc.record({ epochs: fc.integer({ min: 1, max: 3 }), back: fc.integer({ min: 0, max: 2 }) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    losses: fc.infiniteStream(fc.constantFrom<number[]>(1, 0.5, NaN)),
  })
  .map(({ stepsPerEpoch, sessions, losses }) => {
    const bodies: RunEventBody[] = [];
    let reached = 0;
    for (const { epochs, back } of sessions) {
      const from = Math.max(0, reached - back);
      bodies.push(started(from * stepsPerEpoch));
      for (let e = from + 1; e <= from + epochs; e++) {
        for (let s = 1; s <= stepsPerEpoch; s++) {
          bodies.push(step((e - 1) * stepsPerEpoch + s, e, losses.next().value as number), system);
        }
        bodies.push(epoch(e, e * stepsPerEpoch), validation(e, e * stepsPerEpoch, e, true));
        bodies.push(checkpoint(e, e * stepsPerEpoch, 'last'), {
          kind: 'log',
          level: 'warning',
          message: `e${e}`,
        });
      }
      reached = from + epochs;
    }
    return numbered(bodies);
  });

describe('properties', () => {
  test('a history and the events after it equal the whole log, wherever it is cut', () => {
    fc.assert(
      fc.property(log, fc.double({ min: 0, max: 1, noNaN: true }), (events, share) => {
        const cut = Math.floor(share * events.length);
        const whole = new RunSeries();
        whole.append(events);
        const host = new RunSeries();
        host.append(events.slice(0, cut));
        const page = new RunSeries(host.history());
        for (const event of events.slice(cut)) expect(page.append([event])).toBe(true);
        expect(page.history()).toEqual(whole.history());
      }),
    );
  });

  test('an outline has the ends and every extreme of each stretch, and the rest of a short history', () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(NaN));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (points, stretches) => {
          const track = new TrackBuffer();
          points.forEach(([a, b], i) => {
            track.push(i, 0, 10 * i);
            track.set('a', a);
            track.set('b', b);
          });
          const outline = track.copy(false, stretches);
          const steps = [...outline.step];
          expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
          expect(steps.slice(0, 1)).toEqual(points.length > 0 ? [0] : []);
          expect(outline.time).toEqual(outline.step.map((step) => 10 * step));
          for (let stretch = 0; stretch < stretches; stretch++) {
            const bound = (i: number) => Math.floor((i * points.length) / stretches);
            const within = points.slice(bound(stretch), bound(stretch + 1));
            const kept = steps.filter((step) => step >= bound(stretch) && step < bound(stretch + 1));
            if (within.length > 0) expect(kept).toContain(bound(stretch + 1) - 1);
            for (const curve of [0, 1] as const) {
              const finite = within.map((point) => point[curve]).filter(Number.isFinite);
              const of = kept.map((step) => outline.values['ab'[curve]!]![steps.indexOf(step)]!);
              const found = of.filter(Number.isFinite);
              expect([Math.min(...found), Math.max(...found)]).toEqual([
                Math.min(...finite),
                Math.max(...finite),
              ]);
            }
          }
        },
      ),
    );
    const short = new RunSeries();
    short.append(numbered([step(1), step(2)]));
    expect(short.outline()).toEqual(short.history());
  });

  test('steps never decrease along a curve, and columns have one length', () => {
    fc.assert(
      fc.property(log, (events) => {
        const series = new RunSeries();
        series.append(events);
        for (const { step, epoch, time, value } of series.names.map((name) => series.get(name)!)) {
          expect([...step]).toEqual([...step].sort((a, b) => a - b));
          expect([epoch.length, time.length, value.length]).toEqual([step.length, step.length, step.length]);
        }
      }),
    );
  });
});

test('a history is a copy, in whatever shape the message channel delivers its columns', () => {
  const host = fold([step(1), step(2), step(3), validation(1, 3, 0.1)]);
  const change = (columns: (column: Float64Array) => unknown): RunHistory => {
    const changed = (value: unknown): unknown =>
      value instanceof Float64Array
        ? columns(value)
        : Array.isArray(value) || typeof value !== 'object' || value === null
          ? value
          : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, changed(part)]));
    return changed(host.history()) as RunHistory;
  };
  for (const received of [
    host.history(),
    change((column) => column.buffer),
    change((column) => [...column]),
  ]) {
    const page = new RunSeries(received);
    expect(page.history()).toEqual(host.history());
    page.append(numbered([step(4)], 4));
    expect(page.get('loss')!.step).toHaveLength(4);
    expect(host.get('loss')!.step).toHaveLength(3);
  }
});

test('curves that are measured together are sent with one column of steps and times, and none of epochs', () => {
  const rated = Array.from(
    { length: 100 },
    (_, i) => ({ ...step(i + 1), learningRate: 1e-3 }) as RunEventBody,
  );
  const history = fold([...rated, epoch(1, 100)]).history();
  expect(history.training.epoch).toBeNull();
  expect(Object.keys(history.training.values)).toEqual(['loss', 'learningRate', 'throughput']);
  let numbers = 0;
  JSON.stringify(history, (_, value: unknown) => {
    if (!(value instanceof Float64Array)) return value;
    numbers += value.length;
    return null;
  });
  expect(numbers).toBe(5 * 100);
  expect(new RunSeries(history).get('loss')!.epoch.at(-1)).toBe(1);
});

test('what is asked for again before the next event is the same object, so that nobody computes it twice', () => {
  const series = fold([step(1), step(2), system]);
  const before = [series.get('loss'), series.clock, series.get('loss')!.time];
  expect([series.get('loss'), series.clock, series.get('throughput')!.time]).toEqual(before);
  expect(series.get('loss')).toBe(before[0]);
  expect(series.clock).toBe(before[1]);
  expect(series.get('throughput')!.time).toBe(before[2]);
  series.append(numbered([step(3)], 3));
  expect(series.get('loss')).not.toBe(before[0]);
  expect(series.clock).not.toBe(before[1]);
});

test('appending is cheap: a hundred thousand steps one by one', () => {
  const series = new RunSeries();
  for (let i = 0; i < 100_000; i++) series.append(numbered([step(i + 1)], i));
  expect(series.get('loss')!.step).toHaveLength(100_000);
  expect(series.get('loss')!.step.at(-1)).toBe(100_000);
});
