#include "gemm.h"
#include "sumPacking.h"
#include "sumState.h"

/** base^exponent; where the base is not positive, as far as that is a number. */
INLINE Vec power(float base, float logBase, Vec exponent) {
  Vec result = splat(__builtin_nanf(""));
  if (base > 0) result = exponential(exponent * logBase);
  else if (base == 0)
    result = choose(exponent > splat(0), splat(0), choose(exponent < splat(0), splat(__builtin_inff()), exponent));
  return choose(exponent == splat(0), splat(1), result);
}

/** The lanes of ⟨a·scaleA, b·scaleB⟩, in this order because ⟨a, b⟩ may overflow where that does not. */
INLINE Vec scaledDot(const float *a, float scaleA, const float *b, float scaleB, long count) {
  Vec sum = splat(0);
  for (long i = 0; i < count; i += W)
    sum = multiplyAdd(loadFirst(a + i, count - i) * scaleA, loadFirst(b + i, count - i) * scaleB, sum);
  return sum;
}

/*
 * sumRecurrenceForward: a step reads m = Σₛ (aₛ/2)·Mₛ + highway/2 with a = softmax(β·heads·x), computes e = σ([x, m]·We + b),
 * r = σ([x, m]·Wr + b), c = tanh([x, r·m]·Wc + b) and g = α^cos(x, x before), and moves each channel M ← M + w·e∘(c − M),
 * where a slot's w is g·aₛ, or for SUMV2 g·softmax(relu([x, m]·Ww + b)·writingHeads)ₛ, and the highway's is g. Masked steps do
 * nothing. x[batch, steps, width], mask[batch, steps], heads[slots, width], kernels [width + hidden, hidden] but for
 * resetKernel[width + hidden]; memory[batch, slots + 1, hidden] at the end, read and write [batch, steps, slots] the weights a
 * and w of each step.
 * Plain definition: sumRecurrence of src/compute/layers/sumRecurrence.ts.
 */
static void sumRecurrenceForward(const Call *call, int part, int parts) {
  const SumRecurrenceForwardArguments args = sumRecurrenceForwardArguments(call);
  const float *x = args.x, *mask = args.mask, *heads = args.heads, *eraseKernel = args.eraseKernel, *eraseBias = args.eraseBias;
  const float *resetKernel = args.resetKernel, *resetBias = args.resetBias, *addKernel = args.addKernel;
  const float *addBias = args.addBias;
  const float alpha = args.alpha[0], beta = args.beta[0], logAlpha = logOfBase(alpha);
  const float *writingKernel = args.writingKernel, *writingBias = args.writingBias, *writingHeads = args.writingHeads;
  float *memory = args.memory, *read = args.read, *write = args.write, *saved = args.saved;
  const SumSizes s = sumSizes(args.batch, args.steps, args.width, args.hidden, args.slots, writingKernel != NULL, args.rows);
  const long width = s.width, hidden = s.hidden, padded = s.padded, slots = s.slots, channels = s.channels;
  const long recurrent = s.recurrent, add = recurrent - padded, stride = s.stride, belowInput = width * hidden;

  if (part == 0) saved[0] = (float)s.rows;

  float *room = args.workspace + part * args.room;
  float *inputPanels = takePanels(&room, width, s.columns), *memoryPanels = takePanels(&room, hidden, recurrent);
  float *bias = take(&room, stride), *writingPanels = NULL;
  fill(bias, 0, stride);
  packInto(inputPanels, width, 0, 0, rowMajor(eraseKernel, hidden), width, hidden, 1);
  packInto(memoryPanels, hidden, 0, 0, rowMajor(eraseKernel + belowInput, hidden), hidden, hidden, 1);
  copy(bias, eraseBias, hidden);
  packInto(inputPanels, width, 0, add, rowMajor(addKernel, hidden), width, hidden, 1);
  packInto(memoryPanels, hidden, 0, add, rowMajor(addKernel + belowInput, hidden), hidden, hidden, 1);
  copy(bias + add, addBias, hidden);
  if (s.writes) {
    packInto(inputPanels, width, 0, padded, rowMajor(writingKernel, hidden), width, hidden, 1);
    packInto(memoryPanels, hidden, 0, padded, rowMajor(writingKernel + belowInput, hidden), hidden, hidden, 1);
    copy(bias + padded, writingBias, hidden);
    writingPanels = takePanels(&room, hidden, slots);
    packInto(writingPanels, hidden, 0, 0, rowMajor(writingHeads, slots), hidden, slots, 1);
  }
  packInto(inputPanels, width, 0, recurrent, rowMajor(resetKernel, 1), width, 1, 1);
  bias[recurrent] = resetBias[0];
  packInto(inputPanels, width, 0, recurrent + 1, (Matrix){heads, 1, width}, width, slots, beta);
  const float *resetMemory = takePadded(&room, resetKernel + width, hidden, padded);

  const long pairs = s.rows * SUM_STEPS;
  float *scratch = OWN_SCRATCH;
  float *states = take(&scratch, s.rows * s.state), *inputs = take(&scratch, pairs * width);
  float *gates = take(&scratch, pairs * stride), *lanes = take(&scratch, (pairs + 3) * W);
  float *reads = take(&scratch, pairs * channels), *writes = take(&scratch, pairs * channels);
  float *mixed = take(&scratch, s.rows * padded), *fromMemory = take(&scratch, s.rows * recurrent);
  float *resets = take(&scratch, s.rows + 3), *logits = take(&scratch, s.rows * slots);
  const int32_t *order = longestFirst(mask, s.steps, 0, s.batch, scratch);
  Segment segment;

  for (long start = 0; start < s.batch; start += s.rows) {
    if (!isOwnChunk(start / s.rows, part, parts)) continue;
    const long count = shorter(s.batch - start, s.rows);
    const int32_t *rows = order + start;
    int32_t lastAt[SUM_ROWS];
    float lastInverse[SUM_ROWS];
    for (long i = 0; i < count; i++) {
      lastAt[i] = -1;
      lastInverse[i] = 0;
    }
    fill(states, 0, count * s.state);
    for (long i = 0; i < count && slots > 0; i++) {
      for (long t = 0; t < s.steps; t++) {
        const long at = rows[i] * s.steps + t;
        if (mask[at] != 0) continue;
        for (long k = 0; k < slots; k++) read[at * slots + k] = write[at * slots + k] = 0;
      }
    }
    for (long first = 0; first < s.steps; first += SUM_STEPS) {
      collectPairs(&segment, mask, rows, count, s.steps, first);
      if (segment.count == 0) continue;
      const SumSaved to = savedSegment(&s, saved, start, count, first / SUM_STEPS);
      copy(to.states, states, count * s.state);
      for (long j = 0; j < segment.count; j++) {
        const long p = segment.byRow[j];
        const float *from = x + segment.at[p] * width;
        copy(inputs + p * width, from, width);
        store(lanes + p * W, scaledDot(from, 1, from, 1, width));
      }
      sumEach(lanes, segment.count, to.inverse);
      for (long p = 0; p < segment.count; p += W) {
        const long left = segment.count - p;
        Vec square = maximum(loadFirst(to.inverse + p, left), splat(SMALLEST_SQUARE));
        storeFirst(to.inverse + p, 1.0f / squareRoot(square), left);
      }
      for (long j = 0; j < segment.count; j++) {
        const long p = segment.byRow[j], i = segment.row[p];
        Vec cosine = splat(0);
        if (lastAt[i] >= 0)
          cosine = scaledDot(inputs + p * width, to.inverse[p], x + lastAt[i] * width, lastInverse[i], width);
        store(lanes + p * W, cosine);
        to.inverseBefore[p] = lastInverse[i];
        lastInverse[i] = to.inverse[p];
        lastAt[i] = segment.at[p];
      }
      sumEach(lanes, segment.count, to.cosine);
      for (long p = 0; p < segment.count; p += W) {
        const long left = segment.count - p;
        storeFirst(to.debuff + p, power(alpha, logAlpha, loadFirst(to.cosine + p, left)), left);
      }
      multiplyPacked(segment.count, s.columns, width, rowMajor(inputs, width), inputPanels, gates, stride, START_WITH_BIAS,
                     bias);
      for (long p = 0; p < segment.count; p++)
        for (long k = 0; k < slots; k++) to.attention[k * to.pairs + p] = gates[p * stride + recurrent + 1 + k];
      if (slots > 0) softmaxSlots(to.attention, to.pairs, slots, segment.count);
      channelWeights(to.attention, NULL, 0.5f, to.pairs, slots, segment.count, reads);
      if (!s.writes) channelWeights(to.attention, to.debuff, 1, to.pairs, slots, segment.count, writes);

      for (long k = 0; k < SUM_STEPS; k++) {
        const long p0 = segment.starts[k], n = segment.starts[k + 1] - p0;
        if (n == 0) continue;
        for (long q = 0; q < n; q++) {
          float *m = mixed + q * padded;
          readState(channels, padded, states + segment.row[p0 + q] * s.state, reads + p0 + q, to.pairs, m);
          Vec sum = splat(0);
          for (long j = 0; j < padded; j += W) sum = multiplyAdd(load(m + j), load(resetMemory + j), sum);
          store(lanes + q * W, sum);
        }
        sumEach(lanes, n, resets);
        for (long q = 0; q < n; q++) resets[q] += gates[(p0 + q) * stride + recurrent];
        for (long q = 0; q < n; q += W) storeFirst(to.reset + p0 + q, sigmoid(loadFirst(resets + q, n - q)), n - q);
        multiplyPacked(n, recurrent, hidden, rowMajor(mixed, padded), memoryPanels, fromMemory, recurrent, OVERWRITE, NULL);
        if (s.writes) {
          for (long q = 0; q < n; q++) {
            const float *g = gates + (p0 + q) * stride + padded;
            float *u = fromMemory + q * recurrent + padded, *save = to.gates + (p0 + q) * recurrent + padded;
            for (long j = 0; j < padded; j += W) {
              Vec positive = maximum(load(g + j) + load(u + j), splat(0));
              store(u + j, positive);
              store(save + j, positive);
            }
          }
          multiplyPacked(n, slots, hidden, rowMajor(fromMemory + padded, recurrent), writingPanels, logits, slots, OVERWRITE,
                         NULL);
          for (long q = 0; q < n; q++)
            for (long c = 0; c < slots; c++) to.writing[c * to.pairs + p0 + q] = logits[q * slots + c];
          softmaxSlots(to.writing + p0, to.pairs, slots, n);
          channelWeights(to.writing + p0, to.debuff + p0, 1, to.pairs, slots, n, writes + p0);
        }
        for (long q = 0; q < n; q++) {
          const long p = p0 + q;
          const float *g = gates + p * stride, *u = fromMemory + q * recurrent;
          float *save = to.gates + p * recurrent, *state = states + segment.row[p] * s.state;
          Vec reset = splat(to.reset[p]);
          for (long j = 0; j < padded; j += W) {
            store(save + j, sigmoid(load(g + j) + load(u + j)));
            store(save + add + j, hyperbolicTangent(multiplyAdd(reset, load(u + add + j), load(g + add + j))));
          }
          moveState(channels, padded, state, save, save + add, writes + p, to.pairs, state);
        }
      }
      for (long j = 0; j < segment.count && slots > 0; j++) {
        const long p = segment.byRow[j], at = segment.at[p];
        for (long k = 0; k < slots; k++) {
          read[at * slots + k] = to.attention[k * to.pairs + p];
          write[at * slots + k] = writes[k * to.pairs + p];
        }
      }
    }
    for (long i = 0; i < count; i++)
      for (long k = 0; k < channels; k++)
        copy(memory + (rows[i] * channels + k) * hidden, states + i * s.state + k * padded, hidden);
  }
}
