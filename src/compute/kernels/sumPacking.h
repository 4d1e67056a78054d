/* Panels of kernels that lie below and beside each other, for SUM. */
#pragma once
#include "sumRecurrence.h"

/** Writes factor·b[depth, n] into panels as of `packRight`, of `rows` rows, at one of these and at a column. */
NOINLINE static void packInto(float *panels, long rows, long row, long column, Matrix b, long depth, long n, float factor) {
  for (long j = 0; j < n; j++) {
    float *to = panels + (column + j) / NR * NR * rows + (column + j) % NR + row * NR;
    for (long k = 0; k < depth; k++) to[k * NR] = factor * b.at[k * b.row + j * b.column];
  }
}
/** Room for panels in which all is zero that is not written. */
NOINLINE static float *takePanels(float **memory, long rows, long columns) {
  float *panels = take(memory, packedSize(rows, columns));
  fill(panels, 0, packedSize(rows, columns));
  return panels;
}
NOINLINE static float *takePadded(float **memory, const float *values, long count, long padded) {
  float *room = take(memory, padded);
  copy(room, values, count);
  fill(room + count, 0, padded - count);
  return room;
}
