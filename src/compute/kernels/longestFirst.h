/* Sequences in the order of their lengths, so that those that are active at a step lie together. */
#pragma once
#include "kernel.h"

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
