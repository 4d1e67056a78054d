/* Candidates as the right side of products, for losses and rankings. */
#pragma once
#include "packing.h"

enum { CANDIDATE_BLOCK = 256 };

/** As the right side of scores: transposed. */
static void packCandidates(const float *candidates, float *packed, long count, long width, int part, int parts) {
  long from, to;
  share(count, NR, part, parts, &from, &to);
  if (from < to) packRight((Matrix){candidates + from * width, 1, width}, width, to - from, packed + from * width);
}
/** As the right side of the states' gradient, in blocks of CANDIDATE_BLOCK rows: a panel stays in the first cache. */
static void packCandidateBlocks(const float *candidates, float *packed, long count, long width, int part, int parts) {
  long from, to;
  share(count, CANDIDATE_BLOCK, part, parts, &from, &to);
  for (long k = from; k < to; k += CANDIDATE_BLOCK)
    packRight(rowMajor(candidates + k * width, width), shorter(to - k, CANDIDATE_BLOCK), width, packed + k * wholePanels(width));
}
