#include "gemm.h"
#include "sumPacking.h"
#include "sumState.h"

/** The step before at which a sequence was active, as sequence · steps + step, or −1. */
INLINE long activeBefore(const float *mask, long steps, long at) {
  const long start = at - at % steps;
  do at--;
  while (at >= start && mask[at] == 0);
  return at >= start ? at : -1;
}

/*
 * sumRecurrenceBackward: from dM = dmemory[batch, slots + 1, hidden] the gradients of x and of all parameters, in their
 * shapes. A segment's states are computed again from the saved ones. Then, step by step backwards: of the move M + w·e∘(c −
 * M), dw = ⟨dM, e∘(c − M)⟩, de = Σ w·dM∘(c − M), dc = Σ w·dM∘e and dM ← dM∘(1 − w·e); through the gates' products dm and dr;
 * of the reading, da = ⟨dm, M⟩/2 and dM += a/2·dm. Last, products over all pairs of a segment give the kernels' gradients and
 * dx. dalpha = Σ dg·g·cos(x, x before)/α, dbeta = Σ heads∘(their gradient by β·heads).
 * Plain definition: the gradients of sumRecurrence of src/compute/layers/sumRecurrence.ts.
 */
static void sumRecurrenceBackward(const Call *call, int part, int parts) {
  const SumRecurrenceBackwardArguments args = sumRecurrenceBackwardArguments(call);
  const float *x = args.x, *mask = args.mask, *heads = args.heads, *eraseKernel = args.eraseKernel;
  const float *resetKernel = args.resetKernel, *addKernel = args.addKernel;
  const float alpha = args.alpha[0], beta = args.beta[0], logAlpha = logOfBase(alpha);
  const float *writingKernel = args.writingKernel, *writingHeads = args.writingHeads, *dmemory = args.dmemory;
  float *saved = (float *)args.saved; /* only read: SumSaved serves both directions */
  float *dx = args.dx, *room = args.workspace + part * args.room;
  const SumSizes s =
      sumSizes(args.batch, args.steps, args.width, args.hidden, args.slots, writingKernel != NULL, (long)saved[0]);
  const long width = s.width, hidden = s.hidden, padded = s.padded, slots = s.slots, channels = s.channels;
  const long recurrent = s.recurrent, add = recurrent - padded, stride = s.stride, belowInput = width * hidden;
  const SumPartial partial = sumPartial(&s, room);
  fill(room, 0, partial.end - room);

  room = partial.end;
  float *gatePanels = takePanels(&room, add, padded), *addPanels = takePanels(&room, padded, padded);
  float *inputPanels = takePanels(&room, s.columns, width), *writingRows = NULL;
  packInto(gatePanels, add, 0, 0, (Matrix){eraseKernel + belowInput, 1, hidden}, hidden, hidden, 1);
  packInto(addPanels, padded, 0, 0, (Matrix){addKernel + belowInput, 1, hidden}, hidden, hidden, 1);
  packInto(inputPanels, s.columns, 0, 0, (Matrix){eraseKernel, 1, hidden}, hidden, width, 1);
  packInto(inputPanels, s.columns, add, 0, (Matrix){addKernel, 1, hidden}, hidden, width, 1);
  if (s.writes) {
    packInto(gatePanels, add, padded, 0, (Matrix){writingKernel + belowInput, 1, hidden}, hidden, hidden, 1);
    packInto(inputPanels, s.columns, padded, 0, (Matrix){writingKernel, 1, hidden}, hidden, width, 1);
    writingRows = take(&room, slots * padded);
    fill(writingRows, 0, slots * padded);
    for (long k = 0; k < slots; k++)
      for (long j = 0; j < hidden; j++) writingRows[k * padded + j] = writingHeads[j * slots + k];
  }
  packInto(inputPanels, s.columns, recurrent, 0, (Matrix){resetKernel, 1, 1}, 1, width, 1);
  packInto(inputPanels, s.columns, recurrent + 1, 0, rowMajor(heads, width), slots, width, beta);
  const float *resetMemory = takePadded(&room, resetKernel + width, hidden, padded);

  const long pairs = s.rows * SUM_STEPS, wide = width + 1; /* the inputs have a 1 behind them, for the biases */
  float *scratch = OWN_SCRATCH;
  float *states = take(&scratch, pairs * s.state), *dstates = take(&scratch, s.rows * s.state);
  float *inputs = take(&scratch, pairs * wide);
  float *dgates = take(&scratch, pairs * stride), *mixed = take(&scratch, pairs * padded), *dcosine = take(&scratch, pairs);
  float *reads = take(&scratch, pairs * channels), *writes = take(&scratch, pairs * channels);
  float *dmixed = take(&scratch, s.rows * padded), *dreset = take(&scratch, s.rows * padded);
  float *lanes = take(&scratch, (s.rows * channels + 3) * W);
  const long each = s.rows + 3; /* the pairs of a step, for all sums to have their room */
  float *dwrites = take(&scratch, each * channels), *dreads = take(&scratch, each * channels);
  const int32_t *order = longestFirst(mask, s.steps, 0, s.batch, scratch);
  const float largestInverse = 1.0f / scalarSquareRoot(SMALLEST_SQUARE);
  Vec dalpha = splat(0);
  Segment segment;

  for (long start = 0; start < s.batch; start += s.rows) {
    if (!isOwnChunk(start / s.rows, part, parts)) continue;
    const long count = shorter(s.batch - start, s.rows);
    const int32_t *rows = order + start;
    int32_t nextAt[SUM_ROWS];
    float nextDcosine[SUM_ROWS], nextCosine[SUM_ROWS], nextInverse[SUM_ROWS];
    fill(dstates, 0, count * s.state);
    for (long i = 0; i < count; i++) {
      nextAt[i] = -1;
      for (long k = 0; k < channels; k++)
        copy(dstates + i * s.state + k * padded, dmemory + (rows[i] * channels + k) * hidden, hidden);
      for (long t = 0; t < s.steps; t++) {
        const long at = rows[i] * s.steps + t;
        if (mask[at] == 0) fill(dx + at * width, 0, width);
      }
    }
    for (long first = (s.segments - 1) * SUM_STEPS; first >= 0; first -= SUM_STEPS) {
      collectPairs(&segment, mask, rows, count, s.steps, first);
      if (segment.count == 0) continue;
      const SumSaved from = savedSegment(&s, saved, start, count, first / SUM_STEPS);
      for (long j = 0; j < segment.count; j++) {
        const long p = segment.byRow[j];
        copy(inputs + p * wide, x + segment.at[p] * width, width);
        inputs[p * wide + width] = 1;
      }
      channelWeights(from.attention, NULL, 0.5f, from.pairs, slots, segment.count, reads);
      channelWeights(from.writing, from.debuff, 1, from.pairs, slots, segment.count, writes);
      for (long p = 0; p < segment.count; p++) {
        const long last = segment.previous[p];
        float *state = states + p * s.state;
        if (last < 0) {
          copy(state, from.states + segment.row[p] * s.state, s.state);
        } else {
          const float *moved = from.gates + last * recurrent;
          moveState(channels, padded, states + last * s.state, moved, moved + add, writes + last, from.pairs, state);
        }
        readState(channels, padded, state, reads + p, from.pairs, mixed + p * padded);
      }

      for (long step = SUM_STEPS - 1; step >= 0; step--) {
        const long p0 = segment.starts[step], n = segment.starts[step + 1] - p0;
        if (n == 0) continue;
        for (long q = 0; q < n; q++) {
          const long p = p0 + q;
          const float *gates = from.gates + p * recurrent;
          float *dgate = dgates + p * stride;
          moveBack(channels, padded, states + p * s.state, gates, gates + add, writes + p, from.pairs,
                   dstates + segment.row[p] * s.state, dgate, dgate + add, lanes + q * W, s.rows * W);
        }
        for (long k = 0; k < channels; k++) sumEach(lanes + k * s.rows * W, n, dwrites + k * each);
        for (long q = 0; q < n; q += W) {
          const long left = n - q;
          Vec g = loadFirst(from.debuff + p0 + q, left), dg = loadFirst(dwrites + slots * each + q, left);
          for (long k = 0; k < slots; k++) {
            float *dwrite = dwrites + k * each + q;
            Vec d = loadFirst(dwrite, left);
            dg = multiplyAdd(d, loadFirst(from.writing + k * from.pairs + p0 + q, left), dg);
            storeFirst(dwrite, d * g, left);
          }
          dalpha = multiplyAdd(dg * g, loadFirst(from.cosine + p0 + q, left), dalpha);
          storeFirst(dcosine + p0 + q, dg * g * logAlpha, left);
        }
        if (s.writes) {
          softmaxBack(from.writing + p0, from.pairs, dwrites, each, slots, n);
          for (long q = 0; q < n; q++) {
            const float *positive = from.gates + (p0 + q) * recurrent + padded;
            float *dwriting = dgates + (p0 + q) * stride + padded;
            for (long k = 0; k < slots; k++)
              addScaled(partial.writingHeads + k * padded, positive, dwrites[k * each + q], padded);
            for (long j = 0; j < padded; j += W) {
              Vec d = splat(0);
              for (long k = 0; k < slots; k++)
                d = multiplyAdd(splat(dwrites[k * each + q]), load(writingRows + k * padded + j), d);
              store(dwriting + j, choose(load(positive + j) > splat(0), d, splat(0)));
            }
          }
        }
        const float *dgate = dgates + p0 * stride;
        multiplyPacked(n, padded, add, rowMajor(dgate, stride), gatePanels, dmixed, padded, OVERWRITE, NULL);
        multiplyPacked(n, padded, padded, rowMajor(dgate + add, stride), addPanels, dreset, padded, OVERWRITE, NULL);
        for (long q = 0; q < n; q++) {
          const float *m = mixed + (p0 + q) * padded, *d = dreset + q * padded;
          Vec sum = splat(0);
          for (long j = 0; j < padded; j += W) sum = multiplyAdd(load(m + j), load(d + j), sum);
          store(lanes + q * W, sum);
        }
        sumEach(lanes, n, dreads);
        for (long q = 0; q < n; q++) {
          const long p = p0 + q;
          const float r = from.reset[p], dr = dreads[q] * r * (1 - r), *m = mixed + p * padded;
          float *d = dmixed + q * padded;
          dgates[p * stride + recurrent] = dr;
          for (long j = 0; j < padded; j += W) {
            Vec both = multiplyAdd(splat(r), load(dreset + q * padded + j), load(d + j));
            store(d + j, multiplyAdd(splat(dr), load(resetMemory + j), both));
            store(partial.reset + j, multiplyAdd(splat(dr), load(m + j), load(partial.reset + j)));
          }
          readBack(channels, padded, states + p * s.state, reads + p, from.pairs, d, dstates + segment.row[p] * s.state,
                   lanes + q * W, s.rows * W);
        }
        for (long k = 0; k < slots; k++) {
          float *dread = dreads + k * each, *dwrite = dwrites + k * each;
          sumEach(lanes + k * s.rows * W, n, dread);
          for (long q = 0; q < n; q += W) {
            Vec written = s.writes ? splat(0) : loadFirst(dwrite + q, n - q);
            storeFirst(dread + q, multiplyAdd(splat(0.5f), loadFirst(dread + q, n - q), written), n - q);
          }
        }
        softmaxBack(from.attention + p0, from.pairs, dreads, each, slots, n);
        for (long q = 0; q < n; q++)
          for (long k = 0; k < slots; k++) dgates[(p0 + q) * stride + recurrent + 1 + k] = dreads[k * each + q];
      }

      multiply(wide, s.columns, segment.count, (Matrix){inputs, 1, wide}, rowMajor(dgates, stride), partial.input, s.columns,
               ACCUMULATE, NULL, call->scratch);
      multiplyPacked(segment.count, width, s.columns, rowMajor(dgates, stride), inputPanels, inputs, width, OVERWRITE, NULL);
      for (long j = segment.count - 1; j >= 0; j--) {
        const long p = segment.byRow[j], i = segment.row[p], at = segment.at[p];
        const long last = segment.previous[p] >= 0 ? segment.at[segment.previous[p]] : activeBefore(mask, s.steps, at);
        const long next = nextAt[i];
        const float *own = x + at * width, inverse = from.inverse[p];
        float byLast = 0, byNext = 0, byOwn = 0;
        if (last >= 0) {
          byLast = dcosine[p] * inverse * from.inverseBefore[p];
          byOwn = dcosine[p] * from.cosine[p];
        }
        if (next >= 0) {
          byNext = nextDcosine[i] * inverse * nextInverse[i];
          byOwn += nextDcosine[i] * nextCosine[i];
        }
        /* The norm of a vector that is as good as zero is a constant. */
        byOwn *= inverse < largestInverse ? -inverse * inverse : 0;
        float *d = dx + at * width;
        copy(d, inputs + p * width, width);
        addScaled(d, own, byOwn, width);
        if (last >= 0) addScaled(d, x + last * width, byLast, width);
        if (next >= 0) addScaled(d, x + next * width, byNext, width);
        nextAt[i] = (int32_t)at;
        nextDcosine[i] = dcosine[p];
        nextCosine[i] = from.cosine[p];
        nextInverse[i] = inverse;
        /* From here on for the memory's kernels: what is added sees r·m. */
        float *dadd = dgates + p * stride + add;
        for (long j = 0; j < padded; j += W) store(dadd + j, load(dadd + j) * from.reset[p]);
      }
      multiply(hidden, recurrent, segment.count, (Matrix){mixed, 1, padded}, rowMajor(dgates, stride), partial.memory,
               recurrent, ACCUMULATE, NULL, call->scratch);
    }
  }
  partial.alpha[0] = sumLanes(dalpha);
}

/** The sum of what the parts have, `each` apart. */
NOINLINE static void sumOfParts(float *to, const float *values, long count, int parts, long each) {
  copy(to, values, count);
  for (int p = 1; p < parts; p++) addTo(to, values + p * each, count);
}

static void sumRecurrenceFinish(const Call *call, int part, int parts) {
  const SumRecurrenceBackwardArguments args = sumRecurrenceBackwardArguments(call);
  const float *heads = args.heads, alpha = args.alpha[0], beta = args.beta[0];
  const SumSizes s = sumSizes(args.batch, args.steps, args.width, args.hidden, args.slots, args.writingKernel != NULL, 1);
  const long width = s.width, hidden = s.hidden, padded = s.padded, slots = s.slots, room = args.room;
  const SumPartial partial = sumPartial(&s, args.workspace);
  float *dheads = args.dheads, *dresetKernel = args.dresetKernel, *dresetBias = args.dresetBias;
  float *dkernels[3] = {args.deraseKernel, args.daddKernel, args.dwritingKernel};
  float *dbiases[3] = {args.deraseBias, args.daddBias, args.dwritingBias};
  const long columns[3] = {0, s.recurrent - padded, padded};
  long from, to;
  /* Rows of the kernels: the inputs', then the biases, then the memory's. */
  share(width + 1 + hidden, 1, part, parts, &from, &to);
  for (long k = from; k < to; k++) {
    const bool ofInput = k < width, isBias = k == width;
    const long at = ofInput ? k : k - 1, below = k - width - 1;
    const float *row = below < 0 ? partial.input + k * s.columns : partial.memory + below * s.recurrent;
    for (int gate = 0; gate < (s.writes ? 3 : 2); gate++)
      sumOfParts(isBias ? dbiases[gate] : dkernels[gate] + at * hidden, row + columns[gate], hidden, parts, room);
    sumOfParts(isBias ? dresetBias : dresetKernel + at, below < 0 ? row + s.recurrent : partial.reset + below, 1, parts, room);
    for (long slot = 0; slot < slots && ofInput; slot++) {
      sumOfParts(dheads + slot * width + k, row + s.recurrent + 1 + slot, 1, parts, room);
      dheads[slot * width + k] *= beta;
    }
  }
  if (part > 0) return;
  float dalpha, dbeta = 0;
  sumOfParts(&dalpha, partial.alpha, 1, parts, room);
  args.dalpha[0] = dalpha == 0 ? 0 : dalpha / alpha;
  /* The heads' columns hold the gradient by β·head. */
  for (int p = 0; p < parts; p++)
    for (long k = 0; k < width; k++)
      for (long slot = 0; slot < slots; slot++)
        dbeta += heads[slot * width + k] * partial.input[p * room + k * s.columns + s.recurrent + 1 + slot];
  args.dbeta[0] = dbeta;
  if (s.writes) {
    for (long j = 0; j < hidden; j++)
      for (long slot = 0; slot < slots; slot++)
        sumOfParts(args.dwritingHeads + j * slots + slot, partial.writingHeads + slot * padded + j, 1, parts, room);
  } else if (dkernels[2] != NULL) { /* there is no slot to write to */
    fill(dkernels[2], 0, (width + hidden) * hidden);
    fill(dbiases[2], 0, hidden);
  }
}
