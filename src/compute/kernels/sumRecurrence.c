/*
 * SUM and SUMV2 over whole sequences (src/compute/layers/sumRecurrence.ts has the equations; m is what a step has read).
 *
 * The sequences are taken in chunks, longest first, and the steps of a chunk in segments. Every active step of a sequence in
 * a segment is a pair; what belongs to the pairs is in dense blocks, step after step. So padding costs nothing, one product
 * does what depends on the input for all pairs of a segment, and another what depends on the memory for all pairs of a step,
 * and both find their operands in the cache.
 *
 * A channel is a slot or, the last of them, the highway. Its weight to read with is aₛ/2 or 1/2, that to write with wₛ or g.
 *
 * What is saved for the backward pass, behind the size of the chunks, chunk after chunk and segment after segment: the
 * state of each sequence before the segment, the gates e | p (SUMV2) | c of each pair, where p = relu([x, m]·W + b), and arrays
 * of a number per pair. The states within a segment are not saved: to compute them again in the cache costs less than to
 * write and read them.
 */
#include "kernel.h"

enum { SUM_ROWS = 16, SUM_STEPS = 8, SUM_PAIRS = SUM_ROWS * SUM_STEPS, SUM_HEADER = 16 };

static const float SMALLEST_SQUARE = 1e-12f;

typedef struct {
  long batch, steps, width, hidden, slots, channels;
  bool writes;     /* SUMV2 */
  long padded;     /* hidden in whole vectors; what is added is zero everywhere */
  long recurrent;  /* columns of the gates: erase | writing (SUMV2) | add, each padded */
  long columns;    /* recurrent | reset | a column of each head */
  long stride;     /* columns in whole vectors */
  long state;      /* channels · padded */
  long each;       /* floats saved of a pair */
  long segments;
  long rows;       /* sequences of a chunk */
} SumSizes;

INLINE long roundUp(long n, long unit) { return (n + unit - 1) / unit * unit; }

/** Room of so many floats from a piece of memory. */
INLINE float *take(float **memory, long floats) {
  float *room = *memory;
  *memory += roundUp(floats, 16);
  return room;
}

/**
 * @param index of the argument `batch`, which steps, width, hidden and slots follow
 * @param rows the chunks' size: becomes less where scratch has no room
 */
NOINLINE static SumSizes sumSizes(const Call *call, int index, const float *writingKernel, long rows) {
  SumSizes s;
  s.batch = SIZE(index);
  s.steps = SIZE(index + 1);
  s.width = SIZE(index + 2);
  s.hidden = SIZE(index + 3);
  s.slots = SIZE(index + 4);
  s.channels = s.slots + 1;
  s.writes = writingKernel != NULL && s.slots > 0;
  s.padded = roundUp(s.hidden, W);
  s.recurrent = (s.writes ? 3 : 2) * s.padded;
  s.columns = s.recurrent + 1 + s.slots;
  s.stride = roundUp(s.columns, W);
  s.state = s.channels * s.padded;
  s.each = s.recurrent + 5 + (s.writes ? 2 : 1) * s.slots;
  s.segments = (s.steps + SUM_STEPS - 1) / SUM_STEPS;
  const long pair = s.state + s.width + s.stride + s.padded + 3 * s.channels + W + 64;
  const long row = SUM_STEPS * pair + s.state + s.recurrent + 3 * s.padded + s.channels * (W + 2) + 64;
  s.rows = shorter(shorter(rows, SUM_ROWS), (OWN_FLOATS - longestFirstRoom(s.batch, s.steps) - 1024) / row);
  if (s.rows < 1) s.rows = 1;
  return s;
}

/** What is saved of a segment. The arrays hold a number of each pair, of as many as there may be. */
typedef struct {
  long pairs;
  float *states, *gates, *debuff, *reset, *cosine, *inverse, *inverseBefore; /* of the norms of the input and the one before */
  float *attention, *writing; /* an array of each slot */
} SumSaved;

/** @param start of the chunk in the order, with `count` sequences */
NOINLINE static SumSaved savedSegment(const SumSizes *s, float *saved, long start, long count, long segment) {
  const long sequence = s->state + SUM_STEPS * s->each;
  SumSaved to;
  to.pairs = count * SUM_STEPS;
  to.states = saved + SUM_HEADER + (start * s->segments + count * segment) * sequence;
  to.gates = to.states + count * s->state;
  to.debuff = to.gates + to.pairs * s->recurrent;
  to.reset = to.debuff + to.pairs;
  to.cosine = to.reset + to.pairs;
  to.inverse = to.cosine + to.pairs;
  to.inverseBefore = to.inverse + to.pairs;
  to.attention = to.inverseBefore + to.pairs;
  to.writing = s->writes ? to.attention + s->slots * to.pairs : to.attention; /* w/g */
  return to;
}

/** A part's gradients: of the inputs' kernels and below them the biases, of the memory's, of the writing heads, of α. */
typedef struct {
  float *input, *memory, *reset, *writingHeads, *alpha, *end;
} SumPartial;

static SumPartial sumPartial(const SumSizes *s, float *memory) {
  SumPartial partial;
  partial.input = take(&memory, (s->width + 1) * s->columns);
  partial.memory = take(&memory, s->hidden * s->recurrent);
  partial.reset = take(&memory, s->padded);
  partial.writingHeads = take(&memory, s->slots * s->padded);
  partial.alpha = take(&memory, 1);
  partial.end = memory;
  return partial;
}

/** Writes factor·b[depth, n] into panels as of `packRight`, of `rows` rows, at one of these and at a column. */
NOINLINE static void packInto(float *panels, long rows, long row, long column, Matrix b, long depth, long n, float factor) {
  for (long j = 0; j < n; j++) {
    float *to = panels + (column + j) / NR * NR * rows + (column + j) % NR + row * NR;
    for (long k = 0; k < depth; k++) to[k * NR] = factor * b.at[k * b.row + j * b.column];
  }
}
/** Room for panels in which all is zero that is not written. */
NOINLINE static float *takePanels(float **memory, long rows, long columns) {
  float *panels = take(memory, packedSize(rows, columns));
  fill(panels, 0, packedSize(rows, columns));
  return panels;
}
NOINLINE static float *takePadded(float **memory, const float *values, long count, long padded) {
  float *room = take(memory, padded);
  copy(room, values, count);
  fill(room + count, 0, padded - count);
  return room;
}

/** The part that does a chunk: there and back again, because the chunks get shorter and shorter. */
INLINE bool isOwnChunk(long chunk, int part, int parts) {
  const long place = chunk % (2 * parts);
  return part == (place < parts ? place : 2 * parts - 1 - place);
}

/** The pairs of a chunk's sequences and the active steps of a segment, step after step. */
typedef struct {
  long count;
  long starts[SUM_STEPS + 1];  /* where the steps' pairs begin */
  int32_t row[SUM_PAIRS];      /* place of the sequence in the chunk */
  int32_t at[SUM_PAIRS];       /* sequence · steps + step */
  int32_t previous[SUM_PAIRS]; /* the pair before it of the same sequence, or −1 */
  int32_t byRow[SUM_PAIRS];    /* the pairs, sequence after sequence: the order in which the inputs are in memory */
} Segment;

/** @param first step of the segment */
NOINLINE static void collectPairs(Segment *segment, const float *mask, const int32_t *rows, long count, long steps,
                                  long first) {
  const long length = shorter(SUM_STEPS, steps - first);
  int32_t pairs[SUM_PAIRS], n = 0;
  for (long i = 0; i < count; i++)
    for (long k = 0; k < length; k++) pairs[i * SUM_STEPS + k] = mask[rows[i] * steps + first + k] != 0 ? 0 : -1;
  for (long k = 0; k < SUM_STEPS; k++) {
    segment->starts[k] = n;
    for (long i = 0; i < count && k < length; i++) {
      if (pairs[i * SUM_STEPS + k] < 0) continue;
      segment->row[n] = (int32_t)i;
      segment->at[n] = (int32_t)(rows[i] * steps + first + k);
      pairs[i * SUM_STEPS + k] = n++;
    }
  }
  segment->starts[SUM_STEPS] = segment->count = n;
  n = 0;
  for (long i = 0; i < count; i++) {
    int32_t last = -1;
    for (long k = 0; k < length; k++) {
      const int32_t p = pairs[i * SUM_STEPS + k];
      if (p < 0) continue;
      segment->previous[p] = last;
      segment->byRow[n++] = last = p;
    }
  }
}

/* The first `count` values of arrays, where it matters that the code is short. */
NOINLINE static Vec loadLast(const float *p, long count) { return loadPart(p, (int)count, 0); }
NOINLINE static void storeLast(float *p, Vec v, long count) { storePart(p, v, (int)count); }
INLINE Vec loadFirst(const float *p, long count) { return count >= W ? load(p) : loadLast(p, count); }
INLINE void storeFirst(float *p, Vec v, long count) {
  if (count >= W) store(p, v);
  else storeLast(p, v, count);
}

/** Calls a function that is made for one to four channels. */
#define UP_TO_FOUR(left, function, ...)          \
  ((left) >= 4   ? function(4, __VA_ARGS__)      \
   : (left) == 3 ? function(3, __VA_ARGS__)      \
   : (left) == 2 ? function(2, __VA_ARGS__)      \
                 : function(1, __VA_ARGS__))

INLINE void readFour(const int channels, bool first, long padded, const float *state, const float *weights, long step,
                     float *mixed) {
  Vec weight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) weight[k] = splat(weights[k * step]);
  for (long j = 0; j < padded; j += W) {
    Vec sum = first ? splat(0) : load(mixed + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) sum = multiplyAdd(weight[k], load(state + k * padded + j), sum);
    store(mixed + j, sum);
  }
}
/** What a step reads: the channels, weighted. The weights of channels are `step` apart, here and below. */
NOINLINE static void readState(long channels, long padded, const float *state, const float *weights, long step, float *mixed) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, readFour, k == 0, padded, state + k * padded, weights + k * step, step, mixed);
}

INLINE void moveFour(const int channels, long padded, const float *state, const float *e, const float *c,
                     const float *weights, long step, float *to) {
  Vec weight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) weight[k] = splat(weights[k * step]);
  for (long j = 0; j < padded; j += W) {
    Vec erase = load(e + j), candidate = load(c + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) {
      Vec value = load(state + k * padded + j);
      store(to + k * padded + j, multiplyAdd(weight[k] * erase, candidate - value, value));
    }
  }
}
/** The state after a step; `to` may be `state`. */
NOINLINE static void moveState(long channels, long padded, const float *state, const float *e, const float *c,
                               const float *weights, long step, float *to) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, moveFour, padded, state + k * padded, e, c, weights + k * step, step, to + k * padded);
}

INLINE void moveFourBack(const int channels, bool first, bool last, long padded, const float *state, const float *e,
                         const float *c, const float *weights, long step, float *dstate, float *de, float *dc, float *lanes,
                         long lanesStep) {
  Vec weight[4], dweight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) {
    weight[k] = splat(weights[k * step]);
    dweight[k] = splat(0);
  }
  for (long j = 0; j < padded; j += W) {
    Vec erase = load(e + j), candidate = load(c + j);
    Vec derase = first ? splat(0) : load(de + j), dcandidate = first ? splat(0) : load(dc + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) {
      Vec d = load(dstate + k * padded + j), moved = d * (candidate - load(state + k * padded + j)), weighted = weight[k] * d;
      dweight[k] = multiplyAdd(moved, erase, dweight[k]);
      derase = multiplyAdd(weight[k], moved, derase);
      dcandidate += weighted;
      store(dstate + k * padded + j, d - weighted * erase);
    }
    store(de + j, last ? derase * erase * (1.0f - erase) : derase);
    store(dc + j, last ? dcandidate * erase * (1.0f - candidate * candidate) : dcandidate);
  }
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) store(lanes + k * lanesStep, dweight[k]);
}
/**
 * From the gradient of the state after a step that of the state before, of what went into e and c, and of the weights, these
 * in lanes to add up.
 */
NOINLINE static void moveBack(long channels, long padded, const float *state, const float *e, const float *c,
                              const float *weights, long step, float *dstate, float *de, float *dc, float *lanes,
                              long lanesStep) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, moveFourBack, k == 0, channels - k <= 4, padded, state + k * padded, e, c, weights + k * step,
               step, dstate + k * padded, de, dc, lanes + k * lanesStep, lanesStep);
}

INLINE void readFourBack(const int channels, long padded, const float *state, const float *weights, long step,
                         const float *dmixed, float *dstate, float *lanes, long lanesStep) {
  Vec weight[4], dweight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) {
    weight[k] = splat(weights[k * step]);
    dweight[k] = splat(0);
  }
  for (long j = 0; j < padded; j += W) {
    Vec d = load(dmixed + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) {
      dweight[k] = multiplyAdd(d, load(state + k * padded + j), dweight[k]);
      store(dstate + k * padded + j, multiplyAdd(weight[k], d, load(dstate + k * padded + j)));
    }
  }
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) store(lanes + k * lanesStep, dweight[k]);
}
/** From the gradient of what a step has read: adds to that of the state, and gives that of the weights, in lanes to add up. */
NOINLINE static void readBack(long channels, long padded, const float *state, const float *weights, long step,
                              const float *dmixed, float *dstate, float *lanes, long lanesStep) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, readFourBack, padded, state + k * padded, weights + k * step, step, dmixed, dstate + k * padded,
               lanes + k * lanesStep, lanesStep);
}

/** Four lanes that add up to the sum of all. */
INLINE Vec4 foldLanes(Vec v) {
#if W == 16
  return (__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7)) +
         (__builtin_shufflevector(v, v, 8, 9, 10, 11) + __builtin_shufflevector(v, v, 12, 13, 14, 15));
#elif W == 8
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  return (Vec4)v;
#endif
}
/** The sums of vectors' lanes, four at once: both sides need room for a multiple of four. */
NOINLINE static void sumEach(const float *lanes, long count, float *sums) {
  for (long i = 0; i < count; i += 4, lanes += 4 * W) {
    Vec4 a = foldLanes(load(lanes)), b = foldLanes(load(lanes + W));
    Vec4 c = foldLanes(load(lanes + 2 * W)), d = foldLanes(load(lanes + 3 * W));
    Vec4 p = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    Vec4 q = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
    *(Vec4 *)(sums + i) = __builtin_shufflevector(p, q, 0, 2, 4, 6) + __builtin_shufflevector(p, q, 1, 3, 5, 7);
  }
}

/** Softmax over the slots, which are `step` apart, for so many pairs. */
NOINLINE static void softmaxSlots(float *values, long step, long slots, long pairs) {
  for (long p = 0; p < pairs; p += W) {
    const long left = pairs - p;
    Vec most = loadFirst(values + p, left), sum = splat(0);
    for (long k = 1; k < slots; k++) most = maximum(most, loadFirst(values + k * step + p, left));
    for (long k = 0; k < slots; k++) {
      Vec part = exponential(loadFirst(values + k * step + p, left) - most);
      storeFirst(values + k * step + p, part, left);
      sum += part;
    }
    Vec factor = 1.0f / sum;
    for (long k = 0; k < slots; k++)
      storeFirst(values + k * step + p, loadFirst(values + k * step + p, left) * factor, left);
  }
}
/** Turns the gradient of a softmax's results into that of what it was taken of. */
NOINLINE static void softmaxBack(const float *results, long step, float *gradient, long gradientStep, long slots, long pairs) {
  for (long p = 0; p < pairs; p += W) {
    const long left = pairs - p;
    Vec sum = splat(0);
    for (long k = 0; k < slots; k++)
      sum = multiplyAdd(loadFirst(results + k * step + p, left), loadFirst(gradient + k * gradientStep + p, left), sum);
    for (long k = 0; k < slots; k++) {
      float *to = gradient + k * gradientStep + p;
      storeFirst(to, loadFirst(results + k * step + p, left) * (loadFirst(to, left) - sum), left);
    }
  }
}

/**
 * The weights of the channels for so many pairs: factor·slots, and the factor itself for the highway.
 * @param factors one of each pair, or NULL where all have `factor`
 */
NOINLINE static void channelWeights(const float *slotWeights, const float *factors, float factor, long step, long slots,
                                    long pairs, float *weights) {
  for (long p = 0; p < pairs; p += W) {
    const long left = pairs - p;
    Vec by = factors == NULL ? splat(factor) : loadFirst(factors + p, left);
    for (long k = 0; k < slots; k++)
      storeFirst(weights + k * step + p, loadFirst(slotWeights + k * step + p, left) * by, left);
    storeFirst(weights + slots * step + p, by, left);
  }
}

/** base^exponent; where the base is not positive, as far as that is a number. */
INLINE Vec power(float base, float logBase, Vec exponent) {
  Vec result = splat(__builtin_nanf(""));
  if (base > 0) result = exponential(exponent * logBase);
  else if (base == 0)
    result = choose(exponent > splat(0), splat(0), choose(exponent < splat(0), splat(__builtin_inff()), exponent));
  return choose(exponent == splat(0), splat(1), result);
}
INLINE float logOfBase(float base) { return base > 0 ? logarithm(splat(base))[0] : 0; }

/** The lanes of ⟨a·scaleA, b·scaleB⟩, in this order because ⟨a, b⟩ may overflow where that does not. */
INLINE Vec scaledDot(const float *a, float scaleA, const float *b, float scaleB, long count) {
  Vec sum = splat(0);
  for (long i = 0; i < count; i += W)
    sum = multiplyAdd(loadFirst(a + i, count - i) * scaleA, loadFirst(b + i, count - i) * scaleB, sum);
  return sum;
}

/*
 * sumRecurrenceForward: args: x mask heads eraseKernel eraseBias resetKernel resetBias addKernel addBias alpha beta
 * writingKernel|0 writingBias|0 writingHeads|0 memory read write saved workspace[parts, room]
 * batch steps width hidden slots room rows
 */
static void sumRecurrenceForward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *mask = FLOATS(1), *heads = FLOATS(2), *eraseKernel = FLOATS(3), *eraseBias = FLOATS(4);
  const float *resetKernel = FLOATS(5), *resetBias = FLOATS(6), *addKernel = FLOATS(7), *addBias = FLOATS(8);
  const float alpha = FLOATS(9)[0], beta = FLOATS(10)[0], logAlpha = logOfBase(alpha);
  const float *writingKernel = FLOATS(11), *writingBias = FLOATS(12), *writingHeads = FLOATS(13);
  float *memory = FLOATS(14), *read = FLOATS(15), *write = FLOATS(16), *saved = FLOATS(17);
  const SumSizes s = sumSizes(call, 19, writingKernel, SIZE(25));
  const long width = s.width, hidden = s.hidden, padded = s.padded, slots = s.slots, channels = s.channels;
  const long recurrent = s.recurrent, add = recurrent - padded, stride = s.stride, belowInput = width * hidden;

  if (part == 0) saved[0] = (float)s.rows;

  float *room = FLOATS(18) + part * SIZE(24);
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

/** The step before at which a sequence was active, as sequence · steps + step, or −1. */
INLINE long activeBefore(const float *mask, long steps, long at) {
  const long start = at - at % steps;
  do at--;
  while (at >= start && mask[at] == 0);
  return at >= start ? at : -1;
}

/*
 * sumRecurrenceBackward: args: x mask heads eraseKernel resetKernel addKernel alpha beta writingKernel|0 writingHeads|0 saved
 * dmemory dx workspace[parts, room] batch steps width hidden slots room
 * dheads deraseKernel deraseBias dresetKernel dresetBias daddKernel daddBias dalpha dbeta
 * dwritingKernel|0 dwritingBias|0 dwritingHeads|0
 */
static void sumRecurrenceBackward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *mask = FLOATS(1), *heads = FLOATS(2), *eraseKernel = FLOATS(3), *resetKernel = FLOATS(4);
  const float *addKernel = FLOATS(5), alpha = FLOATS(6)[0], beta = FLOATS(7)[0], logAlpha = logOfBase(alpha);
  const float *writingKernel = FLOATS(8), *writingHeads = FLOATS(9), *dmemory = FLOATS(11);
  float *saved = FLOATS(10), *dx = FLOATS(12), *room = FLOATS(13) + part * SIZE(19);
  const SumSizes s = sumSizes(call, 14, writingKernel, (long)saved[0]);
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
  const float *heads = FLOATS(2), alpha = FLOATS(6)[0], beta = FLOATS(7)[0];
  const SumSizes s = sumSizes(call, 14, FLOATS(8), 1);
  const long width = s.width, hidden = s.hidden, padded = s.padded, slots = s.slots, room = SIZE(19);
  const SumPartial partial = sumPartial(&s, FLOATS(13));
  float *dheads = FLOATS(20), *dresetKernel = FLOATS(23), *dresetBias = FLOATS(24);
  float *dkernels[3] = {FLOATS(21), FLOATS(25), FLOATS(29)}, *dbiases[3] = {FLOATS(22), FLOATS(26), FLOATS(30)};
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
  FLOATS(27)[0] = dalpha == 0 ? 0 : dalpha / alpha;
  /* The heads' columns hold the gradient by β·head. */
  for (int p = 0; p < parts; p++)
    for (long k = 0; k < width; k++)
      for (long slot = 0; slot < slots; slot++)
        dbeta += heads[slot * width + k] * partial.input[p * room + k * s.columns + s.recurrent + 1 + slot];
  FLOATS(28)[0] = dbeta;
  if (s.writes) {
    for (long j = 0; j < hidden; j++)
      for (long slot = 0; slot < slots; slot++)
        sumOfParts(FLOATS(31) + j * slots + slot, partial.writingHeads + slot * padded + j, 1, parts, room);
  } else if (dkernels[2] != NULL) { /* there is no slot to write to */
    fill(dkernels[2], 0, (width + hidden) * hidden);
    fill(dbiases[2], 0, hidden);
  }
}
