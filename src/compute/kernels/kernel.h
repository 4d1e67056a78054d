/*
 * What a kernel is: a name and some phases. The phases of a call run one after the other; a phase runs as `parts` parts, each
 * on whichever thread claims it, and each part writes only what is its own.
 */
#pragma once
#include "signatures.h"

typedef void Phase(const Call *call, int part, int parts);

typedef struct {
  const char *name;
  Phase *phases[MAX_PHASES];
} Kernel;

/* A part's scratch: the first floats are for `multiply`, the rest for the kernel itself. */
#define OWN_SCRATCH (call->scratch + MULTIPLY_FLOATS)

INLINE long shorter(long a, long b) { return a < b ? a : b; }

/** The share of `count` units that a part has to do: [from, to). Shares are multiples of `unit`, but for the last. */
INLINE void share(long count, long unit, int part, int parts, long *from, long *to) {
  long units = (count + unit - 1) / unit;
  *from = shorter(units * part / parts * unit, count);
  *to = shorter(units * (part + 1) / parts * unit, count);
}

INLINE void fill(float *p, float value, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(p + i, splat(value));
  for (; i < count; i++) p[i] = value;
}
INLINE void copy(float *to, const float *from, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(to + i, load(from + i));
  for (; i < count; i++) to[i] = from[i];
}
INLINE void addTo(float *to, const float *from, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(to + i, load(to + i) + load(from + i));
  for (; i < count; i++) to[i] += from[i];
}
/** to += factor·from */
INLINE void addScaled(float *to, const float *from, float factor, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(to + i, multiplyAdd(splat(factor), load(from + i), load(to + i)));
  for (; i < count; i++) to[i] += factor * from[i];
}
INLINE float dot(const float *a, const float *b, long count) {
  Vec s = splat(0), t = splat(0);
  long i = 0;
  for (; i + 2 * W <= count; i += 2 * W) {
    s = multiplyAdd(load(a + i), load(b + i), s);
    t = multiplyAdd(load(a + i + W), load(b + i + W), t);
  }
  float sum = sumLanes(s + t);
  for (; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Adds up what the parts of an earlier phase left behind: out[i] = Σ_p partials[p·count + i]. Split by i.
 */
INLINE void sumPartials(float *out, const float *partials, long count, int numPartials, int part, int parts) {
  long from, to;
  share(count, W, part, parts, &from, &to);
  if (from >= to) return;
  copy(out + from, partials + from, to - from);
  for (int p = 1; p < numPartials; p++) addTo(out + from, partials + p * count + from, to - from);
}
