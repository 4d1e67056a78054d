import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { multiHeadAttention } from '../../../../src/compute/layers/attention';
import { pointwiseAttention } from '../../../../src/compute/layers/pointwiseAttention';
import { batchNorm } from '../../../../src/compute/layers/batchNorm';
import { dice } from '../../../../src/compute/layers/dice';
import { dropout } from '../../../../src/compute/layers/dropout';
import {
  embeddingBag,
  embeddingLookup,
  weightedEmbeddingBag,
} from '../../../../src/compute/layers/embedding';
import { feedForward } from '../../../../src/compute/layers/feedForward';
import { gru } from '../../../../src/compute/layers/gru';
import { layerNorm } from '../../../../src/compute/layers/layerNorm';
import { linear } from '../../../../src/compute/layers/linear';
import {
  binaryCrossEntropy,
  candidateCrossEntropy,
  rowwiseScores,
  sampledCrossEntropy,
} from '../../../../src/compute/layers/losses';
import { projections } from '../../../../src/compute/layers/projections';
import { sumRecurrence } from '../../../../src/compute/layers/sumRecurrence';
import { RandomStream } from '../../../../src/compute/random';
import { targetRanks, topItems } from '../../../../src/compute/ranking';
import { change, checkAgainstPlain, draw, drawIndices, drawMask, fill, inScope, onCpu } from '../checkLayer';
import { TEST_BACKENDS, useBackend } from '../useBackend';

/*
 * Shapes beyond the blocks that kernels work in, and enough work for several threads. The oracle would take too long:
 * the plain definition on the cpu engine, which the oracle has seen with small shapes, is what they are compared with.
 */

const scaled = <Shape extends number[]>(scale: number, ...shape: Shape) =>
  change(draw(...shape), (value) => value * scale);

describe.each(TEST_BACKENDS)('large shapes on %s', (backend) => {
  useBackend(backend);
  const test = it.skipIf(backend === 'cpu');

  test.each([
    [97, 1100, 70],
    [100, 33, 1600],
    [1000, 65, 33],
    [1, 600, 600],
  ])('linear of %i rows, %i to %i', async (rows, inputSize, outputSize) => {
    await checkAgainstPlain({
      inputs: {
        x: draw(rows, inputSize),
        kernel: scaled(1 / Math.sqrt(inputSize), inputSize, outputSize),
        bias: draw(outputSize),
      },
      layer: ({ x, kernel, bias }) => [linear(x, kernel, bias, 'gelu')],
    });
  });

  test.each([
    [1500, 33],
    [70, 600],
  ])('normalization of %i rows of %i', async (rows, width) => {
    await checkAgainstPlain({
      inputs: { x: draw(rows, width), gamma: draw(width), beta: draw(width) },
      layer: ({ x, gamma, beta }) => [
        layerNorm(x, { gamma, beta, epsilon: 1e-5 }),
        batchNorm(x, gamma, beta, null, 1e-5).output,
        dice(x, gamma, null, 1e-5).output,
      ],
    });
  });

  // The last one has a wider block than the engines' scratch has room for from the beginning.
  test.each([
    [1000, 65, 130],
    [100, 64, 7000],
  ])('feedForward of %i rows, %i through %i', async (rows, width, size) => {
    await checkAgainstPlain({
      inputs: {
        x: draw(rows, width),
        gamma: draw(width),
        beta: draw(width),
        innerKernel: scaled(1 / Math.sqrt(width), width, size),
        innerBias: draw(size),
        outerKernel: scaled(1 / Math.sqrt(size), size, width),
        outerBias: draw(width),
      },
      layer: ({ x, gamma, beta, innerKernel, innerBias, outerKernel, outerBias }) => [
        feedForward({
          x,
          normalization: { gamma, beta, epsilon: 1e-5 },
          inner: { kernel: innerKernel, bias: innerBias },
          outer: { kernel: outerKernel, bias: outerBias },
          activation: 'gelu',
          innerDropout: 0.1,
          outerDropout: 0.1,
          random: new RandomStream(3),
        }),
      ],
    });
  });

  test.each([
    [1000, 65, 33],
    [10, 7000, 3],
  ])('projections of %i normalized rows, %i to %i', async (rows, inputSize, outputSize) => {
    await checkAgainstPlain({
      inputs: {
        x: draw(rows, inputSize),
        gamma: draw(inputSize),
        beta: draw(inputSize),
        kernel: scaled(1 / Math.sqrt(inputSize), inputSize, outputSize),
        bias: draw(outputSize),
      },
      layer: ({ x, gamma, beta, kernel, bias }) => {
        const each = { kernel, bias };
        return projections(x, [each, each, each], { gamma, beta, epsilon: 1e-5 });
      },
    });
  });

  test('dropout', async () => {
    await checkAgainstPlain({
      inputs: { x: draw(70_001) },
      layer: ({ x }) => [dropout(x, 0.3, new RandomStream(2))],
    });
  });

  test('embeddings', async () => {
    const indices = drawIndices(3000, 400);
    await checkAgainstPlain({
      inputs: { table: draw(400, 70), weights: draw(300, 10) },
      layer: ({ table, weights }) => [
        embeddingLookup(table, tf.tensor2d(indices, [60, 50], 'int32')),
        embeddingBag(table, tf.tensor2d(indices, [300, 10], 'int32'), 'mean'),
        weightedEmbeddingBag(table, tf.tensor2d(indices, [300, 10], 'int32'), weights),
      ],
    });
  });

  test.each([
    [40, 20, 48, 3],
    [3, 150, 70, 1],
    [1, 210, 32, 4],
  ])('attention, %i × %i × %i with %i heads', async (size, length, width, numHeads) => {
    const mask = drawMask(size * length, 0.9);
    await checkAgainstPlain({
      inputs: {
        query: draw(size, length, width),
        key: draw(size, length, width),
        value: draw(size, length, width),
      },
      layer: (inputs) => [
        multiHeadAttention({
          ...inputs,
          numHeads,
          causal: true,
          keyMask: tf.tensor2d(mask, [size, length]),
          dropout: 0.2,
          random: new RandomStream(9),
        }).output,
      ],
    });
  });

  test.each([
    [40, 20, 2, 24, 16],
    [3, 150, 1, 70, 33],
    // Its rows do not fit into the scratch at once.
    [2, 810, 1, 8, 8],
  ])(
    'pointwise attention, %i × %i with %i heads of %i and %i',
    async (size, length, numHeads, keySize, valueSize) => {
      const mask = drawMask(size * length, 0.9);
      const times = drawIndices(size * length, 1e9).sort();
      await checkAgainstPlain({
        inputs: {
          projected: draw(size, length, 2 * numHeads * (keySize + valueSize)),
          positionBias: draw(length + 3),
          table: draw(129),
          gamma: draw(numHeads * valueSize),
          beta: draw(numHeads * valueSize),
        },
        layer: ({ projected, positionBias, table, gamma, beta }) => [
          pointwiseAttention({
            ...{ projected, numHeads, keySize, valueSize, positionBias },
            divisor: Math.sqrt(length),
            keyMask: tf.tensor2d(mask, [size, length]),
            timeBias: { table, queryTimes: times, keyTimes: times },
            normalization: { gamma, beta, epsilon: 1e-6 },
          }),
        ],
      });
    },
  );

  // The second shape needs more scratch than kernels have by default.
  test.each([
    [true, 150, 3, 33, 50],
    [false, 150, 3, 33, 50],
    [true, 2, 2, 520, 520],
    [false, 2, 2, 520, 520],
  ])('gru, reset after: %s, %i × %i × %i to %i', async (resetAfter, size, length, width, hidden) => {
    const mask = drawMask(size * length, 0.9);
    await checkAgainstPlain({
      inputs: {
        x: draw(size, length, width),
        inputKernel: scaled(0.15, width, 3 * hidden),
        inputBias: draw(3 * hidden),
        recurrentKernel: scaled(0.1, hidden, 3 * hidden),
        recurrentBias: draw(3 * hidden),
        attention: change(draw(size, length), Math.abs),
      },
      layer: ({ x, attention, ...parameters }) => [
        gru(x, parameters, tf.tensor2d(mask, [size, length]), {
          resetAfter,
          update: 'attentionGate',
          attention,
        }).states,
      ],
    });
  });

  test('sumRecurrence', async () => {
    const [size, length, width, hidden, slots] = [150, 3, 33, 40, 5];
    const mask = drawMask(size * length, 0.9);
    const kernel = (outputSize: number) => scaled(0.1, width + hidden, outputSize);
    await checkAgainstPlain({
      inputs: {
        x: draw(size, length, width),
        heads: scaled(0.1, slots, width),
        eraseKernel: kernel(hidden),
        eraseBias: draw(hidden),
        resetKernel: kernel(1),
        resetBias: draw(1),
        addKernel: kernel(hidden),
        addBias: draw(hidden),
        alpha: fill([], () => 0.9),
        beta: fill([], () => 1.1),
        writingKernel: kernel(hidden),
        writingBias: draw(hidden),
        writingHeads: scaled(0.1, hidden, slots),
      },
      layer: ({ x, writingKernel, writingBias, writingHeads, ...parameters }) => {
        const writing = { writingKernel, writingBias, writingHeads };
        const present = tf.tensor2d(mask, [size, length]);
        return [sumRecurrence(x, parameters, present, { type: 'SUMV2', writing }).memory];
      },
    });
  });

  test.each([
    [100, 2100, 33],
    [500, 100, 20],
  ])(
    'candidateCrossEntropy of %i rows against %i candidates of %i',
    async (numRows, numCandidates, width) => {
      const [targets, rowItems] = [drawIndices(numRows, numCandidates), drawIndices(numRows, 50)];
      const candidateItems = drawIndices(numCandidates, 50);
      const int32 = (values: Int32Array) => tf.tensor1d(values, 'int32');
      await checkAgainstPlain({
        inputs: {
          states: scaled(0.3, numRows, width),
          candidates: draw(numCandidates, width),
          scale: fill([], () => 1.3),
          logitBias: draw(numCandidates),
        },
        layer: ({ states, candidates, scale, logitBias }) => [
          candidateCrossEntropy(states, candidates, int32(targets), {
            scale,
            logitBias,
            sameItem: { rows: int32(rowItems), candidates: int32(candidateItems) },
          }),
        ],
      });
    },
  );

  test('losses on sampled items', async () => {
    const [rows, k, numItems, width] = [700, 9, 300, 33];
    const [ids, labels] = [drawIndices(rows * k, numItems), drawMask(rows * k)];
    await checkAgainstPlain({
      inputs: { states: scaled(0.3, rows, width), table: draw(numItems, width) },
      layer: ({ states, table }) => {
        const logits = rowwiseScores(states, table, tf.tensor2d(ids, [rows, k], 'int32'));
        return [
          logits,
          sampledCrossEntropy(logits),
          binaryCrossEntropy(logits, tf.tensor2d(labels, [rows, k]), null),
        ];
      },
    });
  });

  test('ranking', async () => {
    const [rows, numItems, width] = [130, 5000, 20];
    // Whole numbers, so that the scores are exact, and many of them equal.
    const whole = (count: number) => Float32Array.from(drawIndices(count, 7), (digit) => digit - 3);
    const [states, items, targets] = [
      whole(rows * width),
      whole(numItems * width),
      drawIndices(3 * rows, numItems),
    ];
    const lists = Array.from({ length: rows }, () => drawIndices(40, numItems));
    const three = Int32Array.from({ length: rows + 1 }, (_, row) => 3 * row);
    const excluded = {
      offsets: Int32Array.from({ length: rows + 1 }, (_, row) => 40 * row),
      columns: Int32Array.from(lists.flatMap((list) => [...list])),
    };
    const run = () =>
      inScope(async () => {
        const [s, i] = [tf.tensor2d(states, [rows, width]), tf.tensor2d(items, [numItems, width])];
        return [
          await topItems(s, i, 50, { excluded }),
          await targetRanks(s, i, { offsets: three, columns: targets }, excluded),
        ];
      });
    expect(await run()).toEqual(await onCpu(run));
  });
});
