/* Sums of rows of an embedding table, and their gradients. */
#include "rows.h"
#include "softmax.h"

/** 1 over what a bag's sum is divided by: 1, the number n of its indices, or √n. */
INLINE float bagFactor(const int32_t *indices, long count, Pooling pooling) {
  long present = 0;
  for (long k = 0; k < count; k++) present += indices[k] > 0;
  if (present == 0) return 0;
  switch (pooling) {
    case POOLING_SUM: return 1;
    case POOLING_MEAN: return 1 / (float)present;
    case POOLING_SQRTN: return 1 / scalarSquareRoot((float)present);
  }
}

/*
 * bagRows: out[row, width] = Σ_k table[indices[row, k], width] / (1, n or √n by the pooling), over the n indices of
 * indices[rows, perRow] that are above 0; an empty bag is zero.
 * Plain definition: embeddingBag of src/compute/layers/embedding.ts.
 */
static void bagRows(const Call *call, int part, int parts) {
  const BagRowsArguments args = bagRowsArguments(call);
  const float *table = args.table;
  long perRow = args.perRow, width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const int32_t *indices = args.indices + row * perRow;
    float *out = args.out + row * width;
    fill(out, 0, width);
    float factor = bagFactor(indices, perRow, args.pooling);
    for (long k = 0; k < perRow; k++)
      if (indices[k] > 0) addTo(out, table + indices[k] * width, width);
    if (factor != 1) scaleBy(out, factor, width);
  }
}

/*
 * bagScatter: the gradient of bagRows by its table, of tableSize floats: table = 0, then table[indices[row, k]] += dy[row,
 * width] / (1, n or √n) for indices above 0.
 * Plain definition: the gradient of embeddingBag of src/compute/layers/embedding.ts.
 */
static void bagZero(const Call *call, int part, int parts) {
  const BagScatterArguments args = bagScatterArguments(call);
  zeroShare(args.table, args.tableSize, part, parts);
}
static void bagScatter(const Call *call, int part, int parts) {
  const BagScatterArguments args = bagScatterArguments(call);
  float *table = args.table;
  long rows = args.rows, perRow = args.perRow, width = args.width;
  for (long row = 0; row < rows; row++) {
    const int32_t *indices = args.indices + row * perRow;
    const float *dy = args.dy + row * width;
    float factor = bagFactor(indices, perRow, args.pooling);
    for (long k = 0; k < perRow; k++)
      if (indices[k] > 0 && owns(indices[k], part, parts)) addScaled(table + indices[k] * width, dy, factor, width);
  }
}

/*
 * weightedBagRows: out[row, width] = Σ_k weights[row, k]·table[indices[row, k], width]. A weight of 0 leaves its row out,
 * whatever it holds; what is none of the tableRows counts as zeros.
 * Plain definition: weightedEmbeddingBag of src/compute/layers/embedding.ts.
 */
static void weightedBagRows(const Call *call, int part, int parts) {
  const WeightedBagRowsArguments args = weightedBagRowsArguments(call);
  const float *table = args.table;
  long perRow = args.perRow, width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const int32_t *indices = args.indices + row * perRow;
    const float *weights = args.weights + row * perRow;
    float *out = args.out + row * width;
    fill(out, 0, width);
    for (long k = 0; k < perRow; k++)
      if (weights[k] != 0 && isRow(indices[k], args.tableRows)) addScaled(out, table + indices[k] * width, weights[k], width);
  }
}

/*
 * weightedBagBackward: the gradients of weightedBagRows: dtable[indices[row, k]] += weights[row, k]·dy[row, width], and for all
 * weights, those of 0 too, dweights[row, k] = ⟨dy[row], table[indices[row, k]]⟩.
 * Plain definition: the gradients of weightedEmbeddingBag of src/compute/layers/embedding.ts.
 */
static void weightedBagZero(const Call *call, int part, int parts) {
  const WeightedBagBackwardArguments args = weightedBagBackwardArguments(call);
  zeroShare(args.dtable, args.tableSize, part, parts);
}
static void weightedBagBackward(const Call *call, int part, int parts) {
  const WeightedBagBackwardArguments args = weightedBagBackwardArguments(call);
  float *gradient = args.dtable;
  const float *table = args.table;
  long rows = args.rows, perRow = args.perRow, width = args.width, from, to;
  for (long row = 0; row < rows; row++) {
    const int32_t *indices = args.indices + row * perRow;
    const float *dy = args.dy + row * width, *weights = args.weights + row * perRow;
    for (long k = 0; k < perRow; k++)
      if (weights[k] != 0 && isRow(indices[k], args.tableRows) && owns(indices[k], part, parts))
        addScaled(gradient + indices[k] * width, dy, weights[k], width);
  }
  share(rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const int32_t *indices = args.indices + row * perRow;
    for (long k = 0; k < perRow; k++)
      args.dweights[row * perRow + k] =
          isRow(indices[k], args.tableRows) ? dot(args.dy + row * width, table + indices[k] * width, width) : 0;
  }
}
