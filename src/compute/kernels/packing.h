/* Matrices, and how the right side of a product is packed into panels for it. */
#pragma once
#include "kernel.h"

#if W == 16
#define MR 12
#elif defined(__aarch64__)
#define MR 8
#elif defined(__wasm__)
#define MR 4
#else
#define MR 6
#endif
#define NR (2 * W)
_Static_assert(NR <= MAX_PANEL, "callers make room for panels of MAX_PANEL columns");

/** A matrix of any strides, in floats. */
typedef struct {
  const float *at;
  long row, column;
} Matrix;

INLINE Matrix rowMajor(const float *at, long width) { return (Matrix){at, width, 1}; }
INLINE Matrix transposed(Matrix m) { return (Matrix){m.at, m.column, m.row}; }

INLINE void transpose4(Vec4 r0, Vec4 r1, Vec4 r2, Vec4 r3, float *to, long step) {
  Vec4 a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), b = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  Vec4 c = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  *(Vec4 *)to = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  *(Vec4 *)(to + step) = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  *(Vec4 *)(to + 2 * step) = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  *(Vec4 *)(to + 3 * step) = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

/** Columns as packed panels have them: the last panel is filled up with zeros. */
INLINE long wholePanels(long n) { return (n + NR - 1) / NR * NR; }

/** Room that `packRight` needs, in floats. */
INLINE long packedSize(long depth, long n) { return wholePanels(n) * depth; }

/**
 * Panels of NR columns, `step` floats apart, each `depth` rows of NR floats; missing columns are zero. Panels that are
 * further apart than that have room for the rows of other matrices, which thereby are stacked.
 */
NOINLINE static void packRows(Matrix b, long depth, long n, float *to, long step) {
  for (long j = 0; j < n; j += NR, to += step) {
    long columns = shorter(n - j, NR);
    const float *from = b.at + j * b.column;
    if (b.column == 1) {
      for (long k = 0; k < depth; k++) {
        const float *row = from + k * b.row;
        if (columns == NR) {
          store(to + k * NR, load(row));
          store(to + k * NR + W, load(row + W));
        } else {
          for (long c = 0; c < NR; c++) to[k * NR + c] = c < columns ? row[c] : 0;
        }
      }
      continue;
    }
    long c = 0;
    if (b.row == 1) {
      for (; c + 4 <= columns; c += 4) {
        const float *p = from + c * b.column;
        long k = 0;
        for (; k + 4 <= depth; k += 4)
          transpose4(*(const Vec4 *)(p + k), *(const Vec4 *)(p + b.column + k), *(const Vec4 *)(p + 2 * b.column + k),
                     *(const Vec4 *)(p + 3 * b.column + k), to + k * NR + c, NR);
        for (; k < depth; k++)
          for (int q = 0; q < 4; q++) to[k * NR + c + q] = p[q * b.column + k];
      }
    }
    for (; c < columns; c++)
      for (long k = 0; k < depth; k++) to[k * NR + c] = from[k * b.row + c * b.column];
    for (; c < NR; c++)
      for (long k = 0; k < depth; k++) to[k * NR + c] = 0;
  }
}
/** Panels of NR columns, one right after the other. */
INLINE void packRight(Matrix b, long depth, long n, float *to) { packRows(b, depth, n, to, depth * NR); }
