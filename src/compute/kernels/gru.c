/*
 * GRU, AGRU and AUGRU over whole sequences (src/compute/layers/gru.ts has the equations).
 *
 * A part takes its sequences in chunks, longest first, and goes through a chunk step by step with all its inputs and states
 * in dense blocks of scratch: the rows that are active at a step are then the first n of them, and padding costs nothing at
 * either end of a sequence.
 *
 * saved[batch, steps, 4·hidden] holds r, z, n and q per step, where q = h·Un + cn (reset after) or r∘h (reset before). It lies
 * there chunk by chunk, within them step by step: the backward pass has to be cut into the same parts.
 */
#include "gemm.h"
#include "longestFirst.h"

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

/** How many of the chunk's first rows contain all that are active at a step. */
INLINE long activeRows(const float *mask, const int32_t *order, long count, long steps, long t) {
  while (count > 0 && mask[order[count - 1] * steps + t] == 0) count--;
  return count;
}

/** Asks for a row before it is needed: the rows of a step lie so far apart that the processor does not foresee them. */
INLINE void prefetch(const float *from, long count) {
  for (long i = 0; i < count; i += 16) __builtin_prefetch(from + i);
}

/** Zeros where there is nothing to copy. */
INLINE void copyOrZero(float *to, const float *from, long count) {
  if (from == NULL) fill(to, 0, count);
  else copy(to, from, count);
}

/*
 * gruForward: r = σ(x·Wr + h·Ur + b), z = σ(x·Wz + h·Uz + b), n = tanh(x·Wn + b + r∘(h·Un + c)), or tanh(x·Wn + b + c +
 * (r∘h)·Un) where the reset acts before, h′ = h + w∘(n − h), where w is z, 1 − z, a, a·z or 1 − (1 − a)·z of the attention a
 * as `update` says; a masked step leaves h as it is. x[batch, steps, width], mask and attention [batch, steps],
 * inputKernel[width, 3·hidden] = Wr | Wz | Wn, recurrentKernel[hidden, 3·hidden] = Ur | Uz | Un, states[batch, steps, hidden];
 * movement[batch, steps] is the mean over the units of w, 0 where masked.
 * Plain definition: gru of src/compute/layers/gru.ts.
 */
static void gruForward(const Call *call, int part, int parts) {
  const GruForwardArguments args = gruForwardArguments(call);
  const float *x = args.x, *mask = args.mask, *inputKernel = args.inputKernel, *inputBias = args.inputBias;
  const float *recurrentKernel = args.recurrentKernel, *recurrentBias = args.recurrentBias, *attention = args.attention;
  float *states = args.states, *movement = args.movement, *saved = args.saved;
  const long steps = args.steps, width = args.width, hidden = args.hidden, gates = 3 * hidden, each = 4 * hidden;
  const bool resetAfter = args.resetAfter;
  const Update update = args.update;
  long from, to;
  share(args.batch, 1, part, parts, &from, &to);
  if (from >= to) return;
  fill(movement + from * steps, 0, (to - from) * steps);
  const long depth = width + hidden, stride = depth + GRU_PADDING;
  float *packed = OWN_SCRATCH, *packedInput = packed + packedSize(depth, 2 * hidden);
  float *packedRecurrent = packedInput + packedSize(width, hidden);
  float *bias = packedRecurrent + packedSize(hidden, hidden), *inputs = bias + each, *h = inputs + width;
  packRows(rowMajor(inputKernel, gates), width, 2 * hidden, packed, depth * NR);
  packRows(rowMajor(recurrentKernel, gates), hidden, 2 * hidden, packed + width * NR, depth * NR);
  packRight(rowMajor(inputKernel + 2 * hidden, gates), width, hidden, packedInput);
  packRight(rowMajor(recurrentKernel + 2 * hidden, gates), hidden, hidden, packedRecurrent);
  copy(bias, inputBias, gates);
  addTo(bias, recurrentBias, resetAfter ? 2 * hidden : gates);
  copy(bias + gates, recurrentBias + 2 * hidden, hidden);
  const int32_t *order = longestFirst(mask, steps, from, to, inputs + GRU_CHUNK * stride);

  for (long first = 0; first < to - from; first += GRU_CHUNK) {
    const long count = shorter(to - from - first, GRU_CHUNK);
    const int32_t *rows = order + first;
    for (long i = 0; i < count; i++) fill(h + i * stride, 0, hidden);
    for (long t = 0; t < steps; t++) {
      const long active = activeRows(mask, rows, count, steps, t);
      float *step = saved + ((from + first) * steps + t * count) * each;
      for (long i = 0; i < count; i++) {
        const long at = rows[i] * steps + t;
        prefetch(x + (at + 1) * width, width);
        if (i < active) copyOrZero(inputs + i * stride, mask[at] == 0 ? NULL : x + at * width, width);
        else copy(states + at * hidden, h + i * stride, hidden);
      }
      if (active == 0) continue;
      multiplyPacked(active, 2 * hidden, depth, rowMajor(inputs, stride), packed, step, each, START_WITH_BIAS, bias);
      for (long i = 0; i < active; i++) { /* apart from the candidate, so that many of these are under way at once */
        float *g = step + i * each;
        for (long j = 0; j < 2 * hidden; j += W)
          storeUpTo(g + j, sigmoid(loadUpTo(g + j, 2 * hidden - j, 0)), 2 * hidden - j);
      }
      multiplyPacked(active, hidden, width, rowMajor(inputs, stride), packedInput, step + 2 * hidden, each, START_WITH_BIAS,
                     bias + 2 * hidden);
      if (resetAfter) {
        multiplyPacked(active, hidden, hidden, rowMajor(h, stride), packedRecurrent, step + gates, each, START_WITH_BIAS,
                       bias + gates);
      } else {
        for (long i = 0; i < active; i++) {
          float *g = step + i * each;
          for (long j = 0; j < hidden; j += W) {
            long left = hidden - j;
            storeUpTo(g + gates + j, loadUpTo(g + j, left, 0) * loadUpTo(h + i * stride + j, left, 0), left);
          }
        }
        multiplyPacked(active, hidden, hidden, rowMajor(step + gates, each), packedRecurrent, step + 2 * hidden, each,
                       ACCUMULATE, NULL);
      }
      for (long i = 0; i < active; i++) {
        const long at = rows[i] * steps + t;
        float *g = step + i * each, *state = h + i * stride, *to_ = states + at * hidden;
        if (mask[at] == 0) {
          copy(to_, state, hidden);
          continue;
        }
        const Weight weight = weightOf(update, attention == NULL ? 0 : attention[at]);
        Vec gate = splat(0);
        for (long j = 0; j < hidden; j += W) {
          long left = hidden - j;
          Vec last = loadUpTo(state + j, left, 0), n = loadUpTo(g + 2 * hidden + j, left, 0);
          if (resetAfter) n = multiplyAdd(loadUpTo(g + j, left, 0), loadUpTo(g + gates + j, left, 0), n);
          n = hyperbolicTangent(n);
          Vec z = loadUpTo(g + hidden + j, left, 0);
          gate += z;
          Vec next = multiplyAdd(weight.base + weight.slope * z, n - last, last);
          storeUpTo(g + 2 * hidden + j, n, left);
          storeUpTo(state + j, next, left);
          storeUpTo(to_ + j, next, left);
        }
        movement[at] = weight.base + weight.slope * sumLanes(gate) / (float)hidden;
      }
    }
  }
}

/*
 * gruBackward: dx[batch, steps, width], dattention[batch, steps] and the gradients of the kernels and biases from
 * dstates[batch, steps, hidden], step by step backwards: dn = dh′∘w∘(1 − n²), dz = dh′∘(n − h)∘∂w/∂z∘z∘(1 − z), dr = dn∘q∘r∘(1
 * − r) after the reset, dh = dh′∘(1 − w) + what comes through the gates. partials[parts, (width + hidden + 2)·3·hidden]:
 * gradients of the two kernels and the two biases, in this order.
 *
 * The gradients of a step's gates are kept in the order n, r, z and, where the reset acts after, n∘r: what the inputs' kernel
 * needs are the first three, what the states' kernel needs the last three.
 * Plain definition: the gradients of gru of src/compute/layers/gru.ts.
 */
static void gruBackward(const Call *call, int part, int parts) {
  const GruBackwardArguments args = gruBackwardArguments(call);
  const float *x = args.x, *mask = args.mask, *inputKernel = args.inputKernel, *recurrentKernel = args.recurrentKernel;
  const float *attention = args.attention, *states = args.states, *saved = args.saved, *dstates = args.dstates;
  float *dx = args.dx, *dattention = args.dattention;
  const long steps = args.steps, width = args.width, hidden = args.hidden, gates = 3 * hidden, each = 4 * hidden;
  const bool resetAfter = args.resetAfter;
  const Update update = args.update;
  float *dinputKernel = args.partials + part * (width + hidden + 2) * gates, *drecurrentKernel = dinputKernel + width * gates;
  float *dinputBias = drecurrentKernel + hidden * gates, *drecurrentBias = dinputBias + gates;
  fill(dinputKernel, 0, (width + hidden + 2) * gates);
  long from, to;
  share(args.batch, 1, part, parts, &from, &to);
  if (from >= to) return;
  const long together = resetAfter ? gates : 2 * hidden; /* gates that only need the last state */
  const long stride = width + hidden + GRU_PADDING, dstride = each + GRU_PADDING;
  float *packed = OWN_SCRATCH, *packedCandidate = packed + packedSize(together, hidden);
  float *packedInput = packedCandidate + packedSize(hidden, hidden), *dbias = packedInput + packedSize(gates, width);
  float *inputs = dbias + each, *h = inputs + width, *dgates = inputs + GRU_CHUNK * stride, *dh = dgates + GRU_CHUNK * dstride;
  float *dinputs = dh + GRU_CHUNK * hidden, *dreset = dinputs + GRU_CHUNK * width;
  packRight((Matrix){recurrentKernel, 1, gates}, together, hidden, packed);
  if (!resetAfter) packRight((Matrix){recurrentKernel + 2 * hidden, 1, gates}, hidden, hidden, packedCandidate);
  packRows((Matrix){inputKernel + 2 * hidden, 1, gates}, hidden, width, packedInput, gates * NR);
  packRows((Matrix){inputKernel, 1, gates}, 2 * hidden, width, packedInput + hidden * NR, gates * NR);
  fill(dbias, 0, each);
  const int32_t *order = longestFirst(mask, steps, from, to, dreset + GRU_CHUNK * hidden);

  for (long first = 0; first < to - from; first += GRU_CHUNK) {
    const long count = shorter(to - from - first, GRU_CHUNK);
    const int32_t *rows = order + first;
    fill(dh, 0, count * hidden);
    for (long t = steps - 1; t >= 0; t--) {
      const long active = activeRows(mask, rows, count, steps, t);
      const float *step = saved + ((from + first) * steps + t * count) * each;
      for (long i = 0; i < count; i++) {
        const long at = rows[i] * steps + t;
        const float *g = step + i * each, *last = h + i * stride;
        float *d = dh + i * hidden, *dg = dgates + i * dstride;
        if (t > 1) {
          prefetch(x + (at - 1) * width, width);
          prefetch(states + (at - 2) * hidden, hidden);
          prefetch(dstates + (at - 1) * hidden, hidden);
          prefetch(dx + (at - 1) * width, width);
        }
        addTo(d, dstates + at * hidden, hidden);
        if (i >= active || mask[at] == 0) {
          if (i >= active) {
            fill(dx + at * width, 0, width);
          } else {
            fill(inputs + i * stride, 0, width + hidden);
            fill(dg, 0, each);
          }
          if (dattention != NULL) dattention[at] = 0;
          continue;
        }
        copy(inputs + i * stride, x + at * width, width);
        copyOrZero(h + i * stride, t > 0 ? states + (at - 1) * hidden : NULL, hidden);
        const Weight weight = weightOf(update, attention == NULL ? 0 : attention[at]);
        Vec dweights = splat(0);
        for (long j = 0; j < hidden; j += W) {
          long left = hidden - j;
          Vec r = loadUpTo(g + j, left, 0), z = loadUpTo(g + hidden + j, left, 0), n = loadUpTo(g + 2 * hidden + j, left, 0);
          Vec dnext = loadUpTo(d + j, left, 0), w = weight.base + weight.slope * z;
          Vec dw = dnext * (n - loadUpTo(last + j, left, 0));
          dweights += dw * (weight.dbase + weight.dslope * z);
          Vec dz = dw * weight.slope * z * (1.0f - z), dn = dnext * w * (1.0f - n * n);
          storeUpTo(d + j, dnext * (1.0f - w), left);
          storeUpTo(dg + j, dn, left);
          storeUpTo(dg + 2 * hidden + j, dz, left);
          if (resetAfter) {
            storeUpTo(dg + hidden + j, dn * loadUpTo(g + gates + j, left, 0) * r * (1.0f - r), left);
            storeUpTo(dg + gates + j, dn * r, left);
          }
        }
        if (dattention != NULL) dattention[at] = sumLanes(dweights);
      }
      if (active == 0) continue;
      if (!resetAfter) {
        multiplyPacked(active, hidden, hidden, rowMajor(dgates, dstride), packedCandidate, dreset, hidden, OVERWRITE, NULL);
        for (long i = 0; i < active; i++) {
          if (mask[rows[i] * steps + t] == 0) continue;
          const float *g = step + i * each, *last = h + i * stride;
          for (long j = 0; j < hidden; j += W) {
            long left = hidden - j;
            Vec r = loadUpTo(g + j, left, 0), d = loadUpTo(dreset + i * hidden + j, left, 0);
            storeUpTo(dgates + i * dstride + hidden + j, d * loadUpTo(last + j, left, 0) * r * (1.0f - r), left);
            storeUpTo(dh + i * hidden + j, multiplyAdd(d, r, loadUpTo(dh + i * hidden + j, left, 0)), left);
          }
        }
      }
      multiplyPacked(active, hidden, together, rowMajor(dgates + hidden, dstride), packed, dh, hidden, ACCUMULATE, NULL);
      multiplyPacked(active, width, gates, rowMajor(dgates, dstride), packedInput, dinputs, width, OVERWRITE, NULL);
      for (long i = 0; i < active; i++) {
        copy(dx + (rows[i] * steps + t) * width, dinputs + i * width, width);
        addTo(dbias, dgates + i * dstride, each);
      }
      multiply(width + hidden, 2 * hidden, active, (Matrix){inputs, 1, stride}, rowMajor(dgates + hidden, dstride), dinputKernel,
               gates, ACCUMULATE, NULL, call->scratch);
      multiply(width, hidden, active, (Matrix){inputs, 1, stride}, rowMajor(dgates, dstride), dinputKernel + 2 * hidden, gates,
               ACCUMULATE, NULL, call->scratch);
      multiply(hidden, hidden, active, resetAfter ? (Matrix){h, 1, stride} : (Matrix){step + gates, 1, each},
               rowMajor(dgates + (resetAfter ? gates : 0), dstride), drecurrentKernel + 2 * hidden, gates, ACCUMULATE, NULL,
               call->scratch);
    }
  }
  copy(dinputBias, dbias + hidden, 2 * hidden);
  copy(dinputBias + 2 * hidden, dbias, hidden);
  copy(drecurrentBias, dbias + hidden, 2 * hidden);
  copy(drecurrentBias + 2 * hidden, dbias + (resetAfter ? gates : 0), hidden);
}
static void gruFinish(const Call *call, int part, int parts) {
  const GruBackwardArguments args = gruBackwardArguments(call);
  const long width = args.width, hidden = args.hidden, gates = 3 * hidden, each = (width + hidden + 2) * gates;
  const float *partials = args.partials;
  float *outputs[4] = {args.dinputKernel, args.drecurrentKernel, args.dinputBias, args.drecurrentBias};
  const long sizes[4] = {width * gates, hidden * gates, gates, gates};
  long offset = 0;
  for (int k = 0; k < 4; offset += sizes[k++]) {
    long from, to;
    share(sizes[k], W, part, parts, &from, &to);
    copy(outputs[k] + from, partials + offset + from, to - from);
    for (int p = 1; p < parts; p++) addTo(outputs[k] + from, partials + p * each + offset + from, to - from);
  }
}
