/* Tables that parts add rows to. */
#pragma once
#include "kernel.h"

/** Whether a part adds to a table's row: rows are dealt out, so that popular items do not all fall to one part. */
INLINE bool owns(long row, int part, int parts) { return row % parts == part; }

/** A part's share of setting a table to zero. */
INLINE void zeroShare(float *table, long count, int part, int parts) {
  long from, to;
  share(count, W, part, parts, &from, &to);
  fill(table + from, 0, to - from);
}

INLINE bool isRow(long index, long rows) { return index >= 0 && index < rows; }
