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
#pragma once
#include "longestFirst.h"
#include "packing.h"

enum { SUM_PAIRS = SUM_ROWS * SUM_STEPS };

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

/** @param rows the chunks' size: becomes less where scratch has no room */
NOINLINE static SumSizes sumSizes(long batch, long steps, long width, long hidden, long slots, bool hasWritingKernel,
                                  long rows) {
  SumSizes s;
  s.batch = batch;
  s.steps = steps;
  s.width = width;
  s.hidden = hidden;
  s.slots = slots;
  s.channels = s.slots + 1;
  s.writes = hasWritingKernel && s.slots > 0;
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
