/* What the gradients of all layers with a kernel are made of. */
#pragma once
#include "gemm.h"

/** The transpose of a kernel in panels, or NULL where they do not fit: then every block of rows packs its own. */
INLINE const float *packTransposed(const float *kernel, long in, long out, float *to, long room) {
  if (out > DEPTH_BLOCK || packedSize(out, in) > room) return NULL;
  packRight(transposed(rowMajor(kernel, out)), out, in, to);
  return to;
}

/** sums[c] += Σ_r x[r, c] */
INLINE void addColumnSums(const float *x, long rows, long width, float *sums) {
  long c = 0;
  for (; c + 4 * W <= width; c += 4 * W) {
    Vec sum[4];
    for (int v = 0; v < 4; v++) sum[v] = load(sums + c + v * W);
    for (long r = 0; r < rows; r++)
      for (int v = 0; v < 4; v++) sum[v] += load(x + r * width + c + v * W);
    for (int v = 0; v < 4; v++) store(sums + c + v * W, sum[v]);
  }
  for (long r = 0; r < rows && c < width; r++) addTo(sums + c, x + r * width + c, width - c);
}

/**
 * The gradients of z = x·kernel + bias for a block of rows: dx as `start` says, or none, and on top of dkernel and dbias.
 * @param packed of packTransposed
 */
NOINLINE static void linearGradients(long rows, long in, long out, const float *x, const float *kernel, const float *packed,
                                     const float *dz, float *dx, Start start, float *dkernel, float *dbias, float *scratch) {
  if (dx != NULL && packed != NULL)
    multiplyPacked(rows, in, out, rowMajor(dz, out), packed, dx, in, start, NULL);
  else if (dx != NULL)
    multiply(rows, in, out, rowMajor(dz, out), transposed(rowMajor(kernel, out)), dx, in, start, NULL, scratch);
  multiply(in, out, rows, transposed(rowMajor(x, in)), rowMajor(dz, out), dkernel, out, ACCUMULATE, NULL, scratch);
  addColumnSums(dz, rows, out, dbias);
}

/** Adds up the parts' gradients of a kernel and of the bias behind it; `each` floats lie between one part's and the next's. */
INLINE void sumKernelPartials(const float *partials, long each, long in, long out, float *dkernel, float *dbias, int part,
                              int parts) {
  long from, to;
  share(in * out, W, part, parts, &from, &to);
  copy(dkernel + from, partials + from, to - from);
  for (int p = 1; p < parts; p++) addTo(dkernel + from, partials + p * each + from, to - from);
  if (dbias == NULL || part != 0) return;
  copy(dbias, partials + in * out, out);
  for (int p = 1; p < parts; p++) addTo(dbias, partials + p * each + in * out, out);
}
