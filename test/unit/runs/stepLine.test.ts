import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventLogReader } from '../../../src/runs/eventLog';
import { stringifyRunJson } from '../../../src/runs/runJson';
import { StepLines } from '../../../src/runs/stepLine';
import { temporaryFolder } from './newRun';

function read(line: string): unknown {
  const bytes = Buffer.from(`before\n${line}\nafter`);
  const start = 'before\n'.length;
  return new StepLines(bytes).read(start, start + Buffer.byteLength(line), 7);
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 10, noNaN: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);
const body = fc.record(
  { epoch: number, step: number, loss: number, learningRate: number, sequencesPerSecond: number },
  { requiredKeys: ['epoch', 'step', 'loss', 'sequencesPerSecond'] },
);
const asWritten = ({ learningRate, sequencesPerSecond, ...rest }: Partial<Record<string, number>>) => ({
  v: 1,
  seq: 3,
  time: 1795338000000,
  kind: 'step',
  epoch: rest.epoch,
  step: rest.step,
  loss: rest.loss,
  ...(learningRate !== undefined && { learningRate }),
  sequencesPerSecond,
});

test('what the writer writes is read as JSON reads it, to the last bit', () => {
  fc.assert(
    fc.property(body, (fields) => {
      const line = JSON.stringify(asWritten(fields));
      expect(read(line)).toStrictEqual({ ...(JSON.parse(line) as object), seq: 7 });
    }),
    { numRuns: 2000 },
  );
});

test('numbers in other notations of JSON too; what is no number in JSON is left to its parser', () => {
  const line = (loss: string) =>
    `{"v":1,"seq":3,"time":5,"kind":"step","epoch":1,"step":2,"loss":${loss},"sequencesPerSecond":4}`;
  for (const loss of [
    '0',
    '-0',
    '0.10',
    '1e5',
    '1E+5',
    '-2.50e-3',
    '123456789012345678901234567890',
    '1e999',
  ]) {
    expect(read(line(loss)), loss).toMatchObject({ loss: JSON.parse(loss) as number });
  }
  for (const loss of [
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    '1e+',
    '',
    'null',
    '"NaN"',
    '0x10',
    '1 ',
    ' 1',
    'NaN',
  ]) {
    expect(read(line(loss)), loss).toBeNull();
  }
});

test('a line that is not quite a step in the writer’s form is left to the parser of all lines', () => {
  const line = JSON.stringify(
    asWritten({ epoch: 1, step: 2, loss: 3, learningRate: 4, sequencesPerSecond: 5 }),
  );
  expect(read(line)).not.toBeNull();
  for (const other of [
    line.replace('"v":1', '"v":2'),
    line.replace('}', ',"new":1}'),
    line.replace('step', 'stop'),
    line.replace(',"step":2', ''),
    ` ${line}`,
    `${line} `,
    line.slice(0, -1),
    `${line}}`,
    '',
  ]) {
    expect(read(other), other).toBeNull();
  }
});

test('a log of both kinds of lines is read in order, with the losses that are not finite', async () => {
  const file = path.join(await temporaryFolder(), 'events.jsonl');
  const losses = [0.5, NaN, 1 / 3, -Infinity, 2];
  const events = losses.map((loss, i) =>
    asWritten({ epoch: 1, step: i + 1, loss, learningRate: 1e-3, sequencesPerSecond: 100.25 }),
  );
  await writeFile(file, events.map((event) => `${stringifyRunJson(event)}\n`).join(''));
  expect(await new EventLogReader(file).readNew()).toEqual(events.map((event, seq) => ({ ...event, seq })));
});
