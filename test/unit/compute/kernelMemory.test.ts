import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelMemory } from '../../../src/compute/kernelBackend/kernelMemory';

const create = (maximum = 1024) =>
  new KernelMemory(new WebAssembly.Memory({ initial: 1, maximum }), 100, maximum);

describe('the memory of kernels', () => {
  it('hands out blocks that do not overlap, whatever was taken back before', () => {
    const size = fc.integer({ min: 1, max: 300_000 });
    const step = fc.oneof(
      size.map((bytes) => ({ bytes })),
      fc.nat().map((release) => ({ release })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const memory = create();
        const blocks: { offset: number; bytes: number }[] = [];
        for (const taken of steps) {
          if ('bytes' in taken) {
            const block = { offset: memory.allocate(taken.bytes), bytes: taken.bytes };
            expect(block.offset).toBeGreaterThan(0);
            expect(block.offset % 64).toBe(0);
            expect(block.offset + block.bytes).toBeLessThanOrEqual(memory.reservedBytes);
            for (const other of blocks)
              expect(
                block.offset >= other.offset + other.bytes || other.offset >= block.offset + block.bytes,
              ).toBe(true);
            blocks.push(block);
          } else if (blocks.length > 0) {
            memory.release(blocks.splice(taken.release % blocks.length, 1)[0]!.offset);
          }
        }
        for (const { offset } of blocks) memory.release(offset);
        expect(memory.usedBytes).toBe(0);
        // All that is free is one piece again.
        const end = memory.reservedBytes;
        if (end > 100_000) memory.allocate(Math.floor((end - 256) * 0.75));
        expect(memory.reservedBytes).toBe(end);
      }),
    );
  });

  it('needs no more for batches of ever other lengths than for the longest', () => {
    const memory = create(8192);
    const kept = memory.allocate(1_000_000);
    const batch = (length: number): void => {
      const blocks = Array.from({ length: 12 }, (_, layer) =>
        memory.allocate(length * 1000 * (1 + (layer % 3))),
      );
      blocks.forEach((offset) => memory.release(offset));
    };
    batch(200);
    const longest = memory.reservedBytes;
    for (let length = 199; length > 0; length--) batch(length);
    for (let length = 1; length <= 200; length++) batch(length);
    expect(memory.reservedBytes).toBeLessThan(1.25 * longest);
    memory.release(kept);
  });

  it('needs nothing new for steps of the same shapes', () => {
    const memory = create();
    const step = (): number[] => {
      const blocks = [70_000, 5000, 900, 70_000, 33_000].map((bytes) => memory.allocate(bytes));
      [...blocks].reverse().forEach((offset) => memory.release(offset));
      return blocks;
    };
    const first = step();
    expect(step().sort()).toEqual(first.sort());
  });

  it('says how much is in use and was asked for when it is full', () => {
    const memory = create(64);
    memory.allocate(2 ** 20);
    expect(() => memory.allocate(2 ** 22)).toThrow(
      /memory is full: 0\.00 GB of 0\.00 GB are in use and 0\.00 GB more/,
    );
  });
});
