/* Rows of tables: by index, side by side, of zeros. */
#include "rows.h"

/*
 * gatherRows: out[i, width] = table[indices[i], width] for i < count, zeros where the index is none of the table's rows.
 * Plain definition: embeddingLookup of src/compute/layers/embedding.ts, and tf.gather.
 */
static void gatherRows(const Call *call, int part, int parts) {
  const GatherRowsArguments args = gatherRowsArguments(call);
  const float *table = args.table;
  const int32_t *indices = args.indices;
  float *out = args.out;
  long width = args.width, rows = args.rows, from, to;
  share(args.count, 1, part, parts, &from, &to);
  for (long i = from; i < to; i++) {
    if (indices[i] < 0 || indices[i] >= rows) fill(out + i * width, 0, width);
    else copy(out + i * width, table + indices[i] * width, width);
  }
}

/*
 * scatterRows: table[rows, width] = 0, then table[indices[i]] += from[i, width] for i < count. Each part adds to the rows that
 * it owns, in the order of the indices, so the sum does not depend on the number of threads.
 * Plain definition: the gradient of embeddingLookup of src/compute/layers/embedding.ts, and tf.unsortedSegmentSum.
 */
static void scatterZero(const Call *call, int part, int parts) {
  const ScatterRowsArguments args = scatterRowsArguments(call);
  zeroShare(args.table, args.tableSize, part, parts);
}
static void scatterRows(const Call *call, int part, int parts) {
  const ScatterRowsArguments args = scatterRowsArguments(call);
  float *table = args.table;
  const float *from = args.from;
  const int32_t *indices = args.indices;
  long count = args.count, width = args.width, rows = args.rows;
  for (long i = 0; i < count; i++) {
    long row = indices[i];
    if (row < 0 || row >= rows || !owns(row, part, parts)) continue;
    addTo(table + row * width, from + i * width, width);
  }
}

/*
 * copyRows: to[row·toStep + i] = from[row·fromStep + i] for i < width, for each row.
 * Plain definition: what tf.concat, tf.slice, tf.pad, tf.split, tf.stack and tf.unstack come to.
 */
static void copyRows(const Call *call, int part, int parts) {
  const CopyRowsArguments args = copyRowsArguments(call);
  long width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) copy(args.to + row * args.toStep, args.from + row * args.fromStep, width);
}

/*
 * zero: to[count] = 0.
 * Plain definition: tf.zeros.
 */
static void zero(const Call *call, int part, int parts) {
  const ZeroArguments args = zeroArguments(call);
  zeroShare(args.to, args.count, part, parts);
}
