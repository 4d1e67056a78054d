/* Mean and variance of columns, as the normalizations of columns read them. */
#pragma once
#include "kernel.h"

/** Values of W columns that both normalizations need. */
typedef struct {
  Vec mean, inverse;
} Statistics;
INLINE Statistics statisticsAt(const float *mean, const float *variance, long i, long left, float epsilon) {
  return (Statistics){loadUpTo(mean + i, left, 0), 1.0f / squareRoot(loadUpTo(variance + i, left, 1) + epsilon)};
}
