/*
 * GRU, AGRU and AUGRU over whole sequences (src/compute/layers/gru.ts has the equations).
 *
 * A part takes its sequences in chunks, longest first, and keeps the chunk's states in a dense block of scratch: the rows
 * that are active at a step are then the first n of it, and padding costs nothing at either end of a sequence.
 *
 * saved[batch, steps, 4·hidden] holds r, z, n and q per step, where q = h·Un + cn (reset after) or r∘h (reset before).
 * The backward pass replaces them by the gradients of what went into the gates.
 */
#include "kernel.h"

enum { CHUNK = 64 };

typedef enum { UPDATE_GATE, UPDATE_KEEP, UPDATE_ATTENTION, UPDATE_ATTENTION_GATE, UPDATE_ATTENTION_KEEP } Update;

/** The weight of the candidate, w = base + slope·z, and its derivative by the attention, dbase + dslope·z. */
typedef struct {
  float base, slope, dbase, dslope;
} Weight;

INLINE Weight weightOf(Update update, float attention) {
  switch (update) {
    case UPDATE_GATE: return (Weight){0, 1, 0, 0};
    case UPDATE_KEEP: return (Weight){1, -1, 0, 0};
    case UPDATE_ATTENTION: return (Weight){attention, 0, 1, 0};
    case UPDATE_ATTENTION_GATE: return (Weight){0, attention, 0, 1};
    case UPDATE_ATTENTION_KEEP: return (Weight){1, attention - 1, 0, 1};
  }
}

/** The rows [from, to), those with most active steps first. Returns an array in `memory` of to − from floats' room. */
static int32_t *longestFirst(const float *mask, long steps, long from, long to, float *memory) {
  int32_t *order = (int32_t *)memory;
  int32_t *counts = order + (to - from), *starts = counts + (to - from);
  for (long s = 0; s <= steps; s++) starts[s] = 0;
  for (long row = from; row < to; row++) {
    int32_t active = 0;
    for (long t = 0; t < steps; t++) active += mask[row * steps + t] != 0;
    counts[row - from] = active;
    starts[active]++;
  }
  int32_t place = 0;
  for (long s = steps; s >= 0; s--) {
    int32_t number = starts[s];
    starts[s] = place;
    place += number;
  }
  for (long row = from; row < to; row++) order[starts[counts[row - from]]++] = (int32_t)row;
  return order;
}
INLINE long longestFirstRoom(long rows, long steps) { return 2 * rows + steps + 1; }

/** How many of the chunk's first rows contain all that are active at a step. */
INLINE long activeRows(const float *mask, const int32_t *order, long count, long steps, long t) {
  while (count > 0 && mask[order[count - 1] * steps + t] == 0) count--;
  return count;
}

/** The steps [from, to) of a row outside of which it is padding. */
INLINE void activeSteps(const float *mask, long steps, long *from, long *to) {
  *from = 0;
  *to = steps;
  while (*from < *to && mask[*from] == 0) (*from)++;
  while (*to > *from && mask[*to - 1] == 0) (*to)--;
}

/*
 * gruForward: args: x mask inputKernel inputBias recurrentKernel recurrentBias attention|0 states saved
 * batch steps width hidden resetAfter update
 */
static void gruForward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *mask = FLOATS(1), *inputKernel = FLOATS(2), *inputBias = FLOATS(3);
  const float *recurrentKernel = FLOATS(4), *recurrentBias = FLOATS(5), *attention = FLOATS(6);
  float *states = FLOATS(7), *saved = FLOATS(8);
  const long steps = SIZE(10), width = SIZE(11), hidden = SIZE(12), gates = 3 * hidden, each = 4 * hidden;
  const bool resetAfter = SIZE(13) != 0;
  const Update update = (Update)SIZE(14);
  long from, to;
  share(SIZE(9), 1, part, parts, &from, &to);
  if (from >= to) return;
  const long together = resetAfter ? gates : 2 * hidden; /* gates that need nothing but the last state */
  float *packed = OWN_SCRATCH, *packedCandidate = packed + packedSize(hidden, together);
  float *h = packedCandidate + packedSize(hidden, hidden), *recurrent = h + CHUNK * hidden;
  float *reset = recurrent + CHUNK * gates, *rest = reset + CHUNK * hidden;
  packRight(rowMajor(recurrentKernel, gates), hidden, together, packed);
  if (!resetAfter) packRight(rowMajor(recurrentKernel + 2 * hidden, gates), hidden, hidden, packedCandidate);
  const int32_t *order = longestFirst(mask, steps, from, to, rest);

  for (long first = 0; first < to - from; first += CHUNK) {
    const long count = shorter(to - from - first, CHUNK);
    const int32_t *rows = order + first;
    for (long i = 0; i < count; i++) {
      long start, end, row = rows[i];
      activeSteps(mask + row * steps, steps, &start, &end);
      multiply(end - start, gates, width, rowMajor(x + (row * steps + start) * width, width), rowMajor(inputKernel, gates),
               saved + (row * steps + start) * each, each, START_WITH_BIAS, inputBias, call->scratch);
    }
    fill(h, 0, count * hidden);
    for (long t = 0; t < steps; t++) {
      const long active = activeRows(mask, rows, count, steps, t);
      for (long i = active; i < count; i++) copy(states + (rows[i] * steps + t) * hidden, h + i * hidden, hidden);
      if (active == 0) continue;
      multiplyPacked(active, together, hidden, rowMajor(h, hidden), packed, recurrent, gates, START_WITH_BIAS, recurrentBias);
      if (!resetAfter) {
        for (long i = 0; i < active; i++) {
          float *g = saved + (rows[i] * steps + t) * each, *u = recurrent + i * gates;
          for (long j = 0; j < hidden; j += W) {
            long left = hidden - j;
            Vec r = sigmoid(loadUpTo(g + j, left, 0) + loadUpTo(u + j, left, 0));
            storeUpTo(reset + i * hidden + j, r * loadUpTo(h + i * hidden + j, left, 0), left);
            storeUpTo(u + j, r, left); /* kept here until the row is known to be active */
          }
        }
        multiplyPacked(active, hidden, hidden, rowMajor(reset, hidden), packedCandidate, recurrent + 2 * hidden, gates,
                       START_WITH_BIAS, recurrentBias + 2 * hidden);
      }
      for (long i = 0; i < active; i++) {
        const long at = rows[i] * steps + t;
        float *g = saved + at * each, *state = h + i * hidden, *to_ = states + at * hidden;
        const float *u = recurrent + i * gates;
        if (mask[at] == 0) {
          copy(to_, state, hidden);
          continue;
        }
        const Weight weight = weightOf(update, attention == NULL ? 0 : attention[at]);
        for (long j = 0; j < hidden; j += W) {
          long left = hidden - j;
          Vec q = loadUpTo(u + 2 * hidden + j, left, 0), last = loadUpTo(state + j, left, 0), r, n;
          if (resetAfter) {
            r = sigmoid(loadUpTo(g + j, left, 0) + loadUpTo(u + j, left, 0));
            n = hyperbolicTangent(loadUpTo(g + 2 * hidden + j, left, 0) + r * q);
          } else {
            r = loadUpTo(u + j, left, 0);
            n = hyperbolicTangent(loadUpTo(g + 2 * hidden + j, left, 0) + q);
            q = loadUpTo(reset + i * hidden + j, left, 0);
          }
          Vec z = sigmoid(loadUpTo(g + hidden + j, left, 0) + loadUpTo(u + hidden + j, left, 0));
          Vec next = multiplyAdd(weight.base + weight.slope * z, n - last, last);
          storeUpTo(g + j, r, left);
          storeUpTo(g + hidden + j, z, left);
          storeUpTo(g + 2 * hidden + j, n, left);
          storeUpTo(g + 3 * hidden + j, q, left);
          storeUpTo(state + j, next, left);
          storeUpTo(to_ + j, next, left);
        }
      }
    }
  }
}

/*
 * gruBackward: args: x mask inputKernel recurrentKernel attention|0 states saved dstates dx dattention|0 partials
 * batch steps width hidden resetAfter update dinputKernel dinputBias drecurrentKernel drecurrentBias
 * partials[parts, (width + hidden + 2)·3·hidden]: gradients of the two kernels and the two biases, in this order.
 */
static void gruBackward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *mask = FLOATS(1), *inputKernel = FLOATS(2), *recurrentKernel = FLOATS(3);
  const float *attention = FLOATS(4), *states = FLOATS(5), *dstates = FLOATS(7);
  float *saved = FLOATS(6), *dx = FLOATS(8), *dattention = FLOATS(9);
  const long steps = SIZE(12), width = SIZE(13), hidden = SIZE(14), gates = 3 * hidden, each = 4 * hidden;
  const bool resetAfter = SIZE(15) != 0;
  const Update update = (Update)SIZE(16);
  float *dinputKernel = FLOATS(10) + part * (width + hidden + 2) * gates, *drecurrentKernel = dinputKernel + width * gates;
  float *dinputBias = drecurrentKernel + hidden * gates, *drecurrentBias = dinputBias + gates;
  fill(dinputKernel, 0, (width + hidden + 2) * gates);
  long from, to;
  share(SIZE(11), 1, part, parts, &from, &to);
  if (from >= to) return;
  const long together = resetAfter ? gates : 2 * hidden;
  float *packed = OWN_SCRATCH, *packedCandidate = packed + packedSize(together, hidden);
  float *packedInput = packedCandidate + packedSize(hidden, hidden), *dh = packedInput + packedSize(gates, width);
  float *dgates = dh + CHUNK * hidden, *dreset = dgates + CHUNK * gates, *rest = dreset + CHUNK * hidden;
  packRight((Matrix){recurrentKernel, 1, gates}, together, hidden, packed);
  if (!resetAfter) packRight((Matrix){recurrentKernel + 2 * hidden, 1, gates}, hidden, hidden, packedCandidate);
  packRight((Matrix){inputKernel, 1, gates}, gates, width, packedInput);
  const int32_t *order = longestFirst(mask, steps, from, to, rest);

  for (long first = 0; first < to - from; first += CHUNK) {
    const long count = shorter(to - from - first, CHUNK);
    const int32_t *rows = order + first;
    fill(dh, 0, count * hidden);
    for (long t = steps - 1; t >= 0; t--) {
      const long active = activeRows(mask, rows, count, steps, t);
      for (long i = 0; i < count; i++) {
        const long at = rows[i] * steps + t;
        float *g = saved + at * each, *d = dh + i * hidden, *dg = dgates + i * gates;
        addTo(d, dstates + at * hidden, hidden);
        if (i >= active || mask[at] == 0) {
          fill(g, 0, each);
          if (i < active) fill(dg, 0, gates);
          if (i < active && !resetAfter) fill(dreset + i * hidden, 0, hidden);
          if (dattention != NULL) dattention[at] = 0;
          continue;
        }
        const float *last = t > 0 ? states + (at - 1) * hidden : NULL;
        const Weight weight = weightOf(update, attention == NULL ? 0 : attention[at]);
        Vec dweights = splat(0);
        for (long j = 0; j < hidden; j += W) {
          long left = hidden - j;
          Vec r = loadUpTo(g + j, left, 0), z = loadUpTo(g + hidden + j, left, 0), n = loadUpTo(g + 2 * hidden + j, left, 0);
          Vec q = loadUpTo(g + 3 * hidden + j, left, 0), h = last == NULL ? splat(0) : loadUpTo(last + j, left, 0);
          Vec dnext = loadUpTo(d + j, left, 0), w = weight.base + weight.slope * z, dw = dnext * (n - h);
          dweights += dw * (weight.dbase + weight.dslope * z);
          Vec dz = dw * weight.slope * z * (1.0f - z), dn = dnext * w * (1.0f - n * n);
          storeUpTo(d + j, dnext * (1.0f - w), left);
          storeUpTo(g + hidden + j, dz, left);
          storeUpTo(g + 2 * hidden + j, dn, left);
          storeUpTo(dg + hidden + j, dz, left);
          if (resetAfter) {
            Vec dr = dn * q * r * (1.0f - r);
            storeUpTo(g + j, dr, left);
            storeUpTo(g + 3 * hidden + j, dn * r, left);
            storeUpTo(dg + j, dr, left);
            storeUpTo(dg + 2 * hidden + j, dn * r, left);
          } else {
            storeUpTo(dg + 2 * hidden + j, dn, left);
          }
        }
        if (dattention != NULL) dattention[at] = sumLanes(dweights);
      }
      if (active == 0) continue;
      if (!resetAfter) {
        multiplyPacked(active, hidden, hidden, rowMajor(dgates + 2 * hidden, gates), packedCandidate, dreset, hidden,
                       OVERWRITE, NULL);
        for (long i = 0; i < active; i++) {
          const long at = rows[i] * steps + t;
          if (mask[at] == 0) continue;
          float *g = saved + at * each;
          for (long j = 0; j < hidden; j += W) {
            long left = hidden - j;
            Vec r = loadUpTo(g + j, left, 0), d = loadUpTo(dreset + i * hidden + j, left, 0);
            Vec h = t > 0 ? loadUpTo(states + (at - 1) * hidden + j, left, 0) : splat(0);
            Vec dr = d * h * r * (1.0f - r);
            storeUpTo(g + j, dr, left);
            storeUpTo(dgates + i * gates + j, dr, left);
            storeUpTo(dh + i * hidden + j, multiplyAdd(d, r, loadUpTo(dh + i * hidden + j, left, 0)), left);
          }
        }
      }
      multiplyPacked(active, hidden, together, rowMajor(dgates, gates), packed, dh, hidden, ACCUMULATE, NULL);
    }
    for (long i = 0; i < count; i++) {
      const long row = rows[i];
      long start, end;
      activeSteps(mask + row * steps, steps, &start, &end);
      float *g = saved + (row * steps + start) * each, *d = dx + row * steps * width;
      const long length = end - start;
      fill(d, 0, start * width);
      fill(d + end * width, 0, (steps - end) * width);
      if (length <= 0) continue;
      multiplyPacked(length, width, gates, rowMajor(g, each), packedInput, d + start * width, width, OVERWRITE, NULL);
      multiply(width, gates, length, (Matrix){x + (row * steps + start) * width, 1, width}, rowMajor(g, each), dinputKernel,
               gates, ACCUMULATE, NULL, call->scratch);
      for (long t = 0; t < length; t++) {
        const float *step = g + t * each;
        addTo(dinputBias, step, gates);
        addTo(drecurrentBias, step, 2 * hidden);
        addTo(drecurrentBias + 2 * hidden, step + (resetAfter ? 3 : 2) * hidden, hidden);
      }
      if (start == 0) g += each; /* before the first step the state is zero */
      const long after = start == 0 ? length - 1 : length, t0 = start == 0 ? 1 : start;
      const float *last = states + (row * steps + t0 - 1) * hidden;
      multiply(hidden, 2 * hidden, after, (Matrix){last, 1, hidden}, rowMajor(g, each), drecurrentKernel, gates, ACCUMULATE,
               NULL, call->scratch);
      Matrix left = resetAfter ? (Matrix){last, 1, hidden} : (Matrix){g + 3 * hidden, 1, each};
      multiply(hidden, hidden, after, left, rowMajor(g + (resetAfter ? 3 : 2) * hidden, each), drecurrentKernel + 2 * hidden,
               gates, ACCUMULATE, NULL, call->scratch);
    }
  }
}
static void gruFinish(const Call *call, int part, int parts) {
  const long width = SIZE(13), hidden = SIZE(14), gates = 3 * hidden, each = (width + hidden + 2) * gates;
  const float *partials = FLOATS(10);
  float *outputs[4] = {FLOATS(17), FLOATS(19), FLOATS(18), FLOATS(20)};
  const long sizes[4] = {width * gates, hidden * gates, gates, gates};
  long offset = 0;
  for (int k = 0; k < 4; offset += sizes[k++]) {
    long from, to;
    share(sizes[k], W, part, parts, &from, &to);
    copy(outputs[k] + from, partials + offset + from, to - from);
    for (int p = 1; p < parts; p++) addTo(outputs[k] + from, partials + p * each + offset + from, to - from);
  }
}
