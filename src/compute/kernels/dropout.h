/* The mask of dropout, number by number as src/compute/random.ts draws it. */
#pragma once
#include "kernel.h"

/* The generator of src/compute/random.ts: number i of a stream is mix(mix(start + (i + 1)·golden) ^ key). */
INLINE VecUint mix(VecUint x) {
  x = (x ^ (x >> 16)) * RANDOM_FIRST_FACTOR;
  x = (x ^ (x >> 15)) * RANDOM_SECOND_FACTOR;
  return x ^ (x >> 15);
}
INLINE VecUint laneNumbers(void) {
  VecUint lanes;
  for (int i = 0; i < W; i++) lanes[i] = (uint32_t)i;
  return lanes;
}

typedef struct {
  uint32_t key, start, threshold;
  float kept;
} DropoutMask;

/** A double that holds any 32-bit integer, signed or not. */
INLINE uint32_t bits32(double value) { return (uint32_t)(int64_t)value; }

INLINE DropoutMask dropoutMask(double rate, double key, double start) {
  double threshold = rate * 4294967296.0;
  uint32_t whole = (uint32_t)threshold;
  return (DropoutMask){bits32(key), bits32(start), whole + ((double)whole < threshold ? 1u : 0u), (float)(1 / (1 - rate))};
}

/** What numbers `index` to `index + W` of the stream make of values: 0, or 1/(1 − rate). */
INLINE Vec dropoutFactors(DropoutMask mask, uint32_t index) {
  VecUint counter = mask.start + (laneNumbers() + (index + 1)) * RANDOM_INCREMENT;
  VecUint number = mix(mix(counter) ^ mask.key);
  VecInt kept = number >= mask.threshold;
  return (Vec)((VecInt)splat(mask.kept) & kept);
}

/** to = from·mask; the mask's numbers are those from place `at` of the stream on. */
INLINE void dropRun(DropoutMask mask, const float *from, float *to, uint32_t at, long count) {
  for (long i = 0; i < count; i += W)
    storeUpTo(to + i, loadUpTo(from + i, count - i, 0) * dropoutFactors(mask, at + (uint32_t)i), count - i);
}

/** y = residual + z, or residual + z·mask as dropRun has it. */
INLINE void addDropped(bool drops, DropoutMask mask, const float *z, const float *residual, float *y, uint32_t at, long count) {
  for (long i = 0; i < count; i += W) {
    Vec value = loadUpTo(z + i, count - i, 0);
    if (drops) value *= dropoutFactors(mask, at + (uint32_t)i);
    storeUpTo(y + i, value + loadUpTo(residual + i, count - i, 0), count - i);
  }
}
