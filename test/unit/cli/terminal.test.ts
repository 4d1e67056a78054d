import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { jsonText, plainText, Terminal } from '../../../src/cli/terminal';

/** Hides the line, says another thing, turns the direction, and rings. */
const HOSTILE = 'Alien\x1b[2K\r\x9b31mfine\u202etxt.exe\x07\u2066\x7f\0';

function terminal(columns: number): { terminal: Terminal; written: () => string } {
  const stream = new PassThrough();
  const fake = Object.assign(stream, { isTTY: true, columns, hasColors: () => true });
  return {
    terminal: new Terminal(fake as unknown as NodeJS.WriteStream),
    written: () => (stream.read() as Buffer | null)?.toString() ?? '',
  };
}

test('control characters are written out; lines, tabs and letters of all scripts stay', () => {
  expect(plainText(HOSTILE)).toBe('Alien\\x1b[2K\\x0d\\x9b31mfine\\u202etxt.exe\\x07\\u2066\\x7f\\x00');
  const fine = 'Ein\tTitel\nשלום · 千と千尋 · 👩‍👩‍👧 · é';
  expect(plainText(fine)).toBe(fine);
});

test('nothing reaches a terminal raw but what it draws itself', () => {
  const { terminal: shown, written } = terminal(20);
  shown.print(HOSTILE, { strong: '0.5\x1b]0;owned\x07' }, '\n');
  expect(written()).toBe(`${plainText(HOSTILE)}\x1b[1m0.5\\x1b]0;owned\\x07\x1b[22m\n`);
  shown.draw('epoch 1/3\r\x1b[31m which is a long line');
  expect(written()).toBe('\r\x1b[2Kepoch 1/3\\x0d\\x1b[3');
  shown.clear();
  shown.clear();
  expect(written()).toBe('\r\x1b[2K');
});

test('what messages mark as code is quoted, and data stay as they are', () => {
  const { terminal: shown, written } = terminal(80);
  shown.print('`recsight resume` goes on, ', { strong: 'x' }, '\n');
  expect(written()).toBe('“recsight resume” goes on, \x1b[1mx\x1b[22m\n');
  shown.printData('{"title":"`a` and `b`"}\n');
  expect(written()).toBe('{"title":"`a` and `b`"}\n');
});

test('JSON says the same without control characters', () => {
  const value = { name: HOSTILE, values: Float32Array.of(0.5) };
  const text = jsonText(value, (_, field: unknown) => (field instanceof Float32Array ? [...field] : field));
  expect(text).not.toMatch(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  expect(JSON.parse(text)).toEqual({ name: HOSTILE, values: [0.5] });
});
