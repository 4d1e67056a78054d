/* What makes a softmax of a row. */
#pragma once
#include "kernel.h"

INLINE float maxOf(const float *p, long count) {
  float best = p[0];
  long i = 0;
  if (count >= W) {
    Vec v = load(p);
    for (i = W; i + W <= count; i += W) v = choose(load(p + i) > v, load(p + i), v);
    best = maxLanes(v);
  }
  for (; i < count; i++) best = p[i] > best ? p[i] : best;
  return best;
}

/** Replaces `count` logits by e^(x − max) and returns their sum. A NaN among them makes the sum NaN. */
INLINE float exponentialsOf(float *p, long count, float max) {
  Vec sum = splat(0);
  long i = 0;
  for (; i + W <= count; i += W) {
    Vec e = exponential(load(p + i) - max);
    store(p + i, e);
    sum += e;
  }
  float total = sumLanes(sum);
  if (i < count) {
    int left = (int)(count - i);
    Vec e = exponential(loadPart(p + i, left, 0) - max);
    storePart(p + i, e, left);
    for (int l = 0; l < left; l++) total += e[l];
  }
  return total;
}
INLINE void scaleBy(float *p, float factor, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(p + i, load(p + i) * factor);
  for (; i < count; i++) p[i] *= factor;
}
