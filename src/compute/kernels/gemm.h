/*
 * Matrix product for the shapes of recommender models: tall and narrow, depth 16 to 512.
 *
 * Tiles of MR × 2·W results stay in registers while the depth is walked. The left side is read where it lies (a broadcast
 * does not care how it is stored), so nothing of it is packed; the right side is packed into panels of 2·W columns only
 * when its columns are not contiguous or when it is too wide to stay in the cache row by row.
 */
#pragma once
#include "packing.h"

enum { DEPTH_BLOCK = 512, ROW_BLOCK = 96, WIDEST_IN_PLACE = 256 };

typedef enum { OVERWRITE, ACCUMULATE, START_WITH_BIAS } Start;

/** Keeps the compiler from rewriting a pointer in terms of another. */
#if defined(__wasm__)
#define KEEP_POINTER(pointer) ((void)0)
#else
#define KEEP_POINTER(pointer) __asm__("" : "+r"(pointer))
#endif

/** One tile: c[rows, columns] from a and a panel of b; `vectors` is 1 or 2, `columns` at most vectors·W. */
INLINE void tile(const int rows, const int vectors, long depth, const float *a, long aRow, long aColumn, const float *b,
                 long bRow, float *c, long cRow, long columns, Start start, const float *bias) {
  Vec sum[MR][2];
  const bool whole = columns == vectors * W;
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) sum[i][v] = splat(0);
  }
  /* One pointer for three rows: with one for each the loop waits for its own address arithmetic. */
  const float *groups[(MR + 2) / 3];
#pragma GCC unroll 8
  for (int g = 0; g < (rows + 2) / 3; g++) groups[g] = a + 3 * g * aRow;
  for (long k = 0; k < depth; k++) {
    Vec right[2];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) right[v] = load(b + v * W);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
      Vec left = splat(groups[i / 3][(i % 3) * aRow]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; v++) sum[i][v] = multiplyAdd(left, right[v], sum[i][v]);
    }
#pragma GCC unroll 8
    for (int g = 0; g < (rows + 2) / 3; g++) {
      groups[g] += aColumn;
      KEEP_POINTER(groups[g]);
    }
    b += bRow;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      float *to = c + i * cRow + v * W;
      long left = columns - v * W;
      Vec result = sum[i][v];
      if (start == ACCUMULATE) result += whole ? load(to) : loadUpTo(to, left, 0);
      if (start == START_WITH_BIAS) result += whole ? load(bias + v * W) : loadUpTo(bias + v * W, left, 0);
      if (whole) store(to, result);
      else storeUpTo(to, result, left);
    }
  }
}

/** A column of tiles: c[m, columns] where columns ≤ NR. */
INLINE void tiles(const int vectors, long m, long depth, const float *a, long aRow, long aColumn, const float *b, long bRow,
                  float *c, long cRow, long columns, Start start, const float *bias) {
  long i = 0;
  for (; i + MR <= m; i += MR)
    tile(MR, vectors, depth, a + i * aRow, aRow, aColumn, b, bRow, c + i * cRow, cRow, columns, start, bias);
#define REST(rows)                                                                                                      \
  case rows:                                                                                                            \
    tile(rows, vectors, depth, a + i * aRow, aRow, aColumn, b, bRow, c + i * cRow, cRow, columns, start, bias);         \
    break;
  switch (m - i) {
    REST(1) REST(2) REST(3)
#if MR > 4
    REST(4) REST(5)
#endif
#if MR > 6
    REST(6) REST(7)
#endif
#if MR > 8
    REST(8) REST(9) REST(10) REST(11)
#endif
  }
#undef REST
}

/*
 * What is not inlined gets a matrix as three arguments: as one it is copied through the stack in pieces of another size than
 * it was written in, for which the processor waits longer than a small tile takes.
 */

/** c[m, columns] from a panel of b whose rows are `bRow` apart; columns ≤ NR. */
NOINLINE static void panelProduct(long m, long depth, const float *a, long aRow, long aColumn, const float *b, long bRow,
                                  float *c, long cRow, long columns, Start start, const float *bias) {
  if (columns > W) tiles(2, m, depth, a, aRow, aColumn, b, bRow, c, cRow, columns, start, bias);
  else tiles(1, m, depth, a, aRow, aColumn, b, bRow, c, cRow, columns, start, bias);
}

NOINLINE static void packedProduct(long m, long n, long depth, const float *a, long aRow, long aColumn, const float *packed,
                                   float *c, long cRow, Start start, const float *bias) {
  for (long i = 0; i < m; i += ROW_BLOCK) {
    long rows = shorter(m - i, ROW_BLOCK);
    for (long j = 0; j < n; j += NR) {
      long columns = shorter(n - j, NR);
      const float *panel = packed + j * depth;
      float *to = c + i * cRow + j;
      const float *from = bias == NULL ? NULL : bias + j;
      panelProduct(rows, depth, a + i * aRow, aRow, aColumn, panel, NR, to, cRow, columns, start, from);
    }
  }
}
/** c[m,n] from a[m,depth] and panels made by packRight of all n columns and this depth. */
INLINE void multiplyPacked(long m, long n, long depth, Matrix a, const float *packed, float *c, long cRow, Start start,
                           const float *bias) {
  packedProduct(m, n, depth, a.at, a.row, a.column, packed, c, cRow, start, bias);
}

NOINLINE static void product(long m, long n, long depth, const float *a, long aRow, long aColumn, const float *b, long bRow,
                             long bColumn, float *c, long cRow, Start start, const float *bias, float *scratch) {
  if (m <= 0 || n <= 0) return;
  if (depth <= 0) {
    for (long i = 0; i < m && start != ACCUMULATE; i++) {
      if (bias != NULL) copy(c + i * cRow, bias, n);
      else fill(c + i * cRow, 0, n);
    }
    return;
  }
  const bool inPlace = bColumn == 1 && (n <= WIDEST_IN_PLACE || m <= 2 * MR);
  const long widest = MULTIPLY_FLOATS / DEPTH_BLOCK / NR * NR;
  for (long k = 0; k < depth; k += DEPTH_BLOCK) {
    long d = shorter(depth - k, DEPTH_BLOCK);
    const float *left = a + k * aColumn;
    Start first = k == 0 ? start : ACCUMULATE;
    for (long j = 0; j < n; j += widest) {
      long columns = shorter(n - j, widest);
      const float *right = b + k * bRow + j * bColumn;
      const float *from = first == START_WITH_BIAS ? bias + j : NULL;
      if (!inPlace) {
        packRight((Matrix){right, bRow, bColumn}, d, columns, scratch);
        packedProduct(m, columns, d, left, aRow, aColumn, scratch, c + j, cRow, first, from);
        continue;
      }
      for (long i = 0; i < m; i += ROW_BLOCK) {
        long rows = shorter(m - i, ROW_BLOCK);
        for (long q = 0; q < columns; q += NR) {
          long width = shorter(columns - q, NR);
          float *to = c + i * cRow + j + q;
          const float *own = from == NULL ? NULL : from + q;
          panelProduct(rows, d, left + i * aRow, aRow, aColumn, right + q, bRow, to, cRow, width, first, own);
        }
      }
    }
  }
}
/**
 * c[m,n] = a[m,depth]·b[depth,n], added to c with ACCUMULATE, added to a row of n values with START_WITH_BIAS.
 * Reads up to NR floats past the end of b, which the memory's end leaves room for.
 * @param scratch MULTIPLY_FLOATS floats
 */
INLINE void multiply(long m, long n, long depth, Matrix a, Matrix b, float *c, long cRow, Start start, const float *bias,
                     float *scratch) {
  product(m, n, depth, a.at, a.row, a.column, b.at, b.row, b.column, c, cRow, start, bias, scratch);
}
