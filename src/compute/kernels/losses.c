/* Losses. Each makes its gradient in the forward pass, where the scores are at hand, for a gradient of one of the mean. */
#include "kernel.h"

/*
 * candidateCrossEntropy: mean over rows of −log softmax(scale·S·Cᵀ + bias)[target]. The scores exist for a block of rows
 * at a time only. With items given, candidates of the row's own item that are not its target are left out.
 * args: states candidates targets bias|0 rowItems|0 candidateItems|0 scale(pointer)
 *       dstates dcandidates dbias|0 outputs[2] (loss, dscale)
 *       packed (both ways) partials[parts·(candidates·width + candidates + 2)] blocks[parts·blockRows·(candidates + width)]
 *       rows candidates width blockRows
 */
enum { MOST_BLOCK_ROWS = 24, CANDIDATE_BLOCK = 256 };
static void packCandidates(const float *candidates, float *packed, long count, long width, int part, int parts) {
  long from, to;
  share(count, NR, part, parts, &from, &to);
  if (from < to) packRight((Matrix){candidates + from * width, 1, width}, width, to - from, packed + from * width);
}
/** Candidates as the right side of the states' gradient, in blocks of CANDIDATE_BLOCK rows: a panel stays in the first cache. */
static void packCandidateBlocks(const float *candidates, float *packed, long count, long width, int part, int parts) {
  long from, to;
  share(count, CANDIDATE_BLOCK, part, parts, &from, &to);
  for (long k = from; k < to; k += CANDIDATE_BLOCK)
    packRight(rowMajor(candidates + k * width, width), shorter(to - k, CANDIDATE_BLOCK), width, packed + k * wholePanels(width));
}
static void candidatePack(const Call *call, int part, int parts) {
  long count = SIZE(15), width = SIZE(16);
  packCandidates(FLOATS(1), FLOATS(11), count, width, part, parts);
  packCandidateBlocks(FLOATS(1), FLOATS(11) + wholePanels(count) * width, count, width, part, parts);
}
static void candidateCrossEntropy(const Call *call, int part, int parts) {
  const float *states = FLOATS(0), *bias = FLOATS(3);
  const int32_t *targets = INTS(2), *rowItems = INTS(4), *candidateItems = INTS(5);
  float scale = *FLOATS(6), *dstates = FLOATS(7);
  long rows = SIZE(14), count = SIZE(15), width = SIZE(16), blockRows = SIZE(17), from, to;
  float *dcandidates = FLOATS(12) + part * (count * width + count + 2);
  float *dbias = dcandidates + count * width, *sums = dbias + count;
  /* Scores, then their exponentials; and the rows' states, each by what its exponentials are to be divided by. */
  float *block = FLOATS(13) + part * blockRows * (count + width), *weighted = block + blockRows * count;
  const float *packedBlocks = FLOATS(11) + wholePanels(count) * width;
  float weights[MOST_BLOCK_ROWS];
  double loss = 0, dscale = 0;
  fill(dcandidates, 0, count * width + count);
  share(rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += blockRows) {
    long size = shorter(to - row, blockRows);
    multiplyPacked(size, count, width, rowMajor(states + row * width, width), FLOATS(11), block, count, OVERWRITE, NULL);
    for (long r = 0; r < size; r++) {
      float *scores = block + r * count;
      long target = targets[row + r];
      if (scale != 1) scaleBy(scores, scale, count);
      if (bias != NULL) addTo(scores, bias, count);
      if (rowItems != NULL)
        for (long c = 0; c < count; c++)
          if (candidateItems[c] == rowItems[row + r] && c != target) scores[c] = -__builtin_inff();
      float max = maxOf(scores, count), own = scores[target];
      float sum = exponentialsOf(scores, count, max);
      float lane[W];
      store(lane, logarithm(splat(sum)));
      loss += (double)(max - own) + (double)lane[0];
      /* The gradient is (e − sum·[target])/(sum·rows); dividing the products takes less than dividing all scores. */
      float weight = 1 / (sum * (float)rows);
      scores[target] -= sum;
      copy(weighted + r * width, states + (row + r) * width, width);
      scaleBy(weighted + r * width, weight, width);
      weights[r] = weight;
      if (bias != NULL) addScaled(dbias, scores, weight, count);
    }
    for (long k = 0; k < count; k += CANDIDATE_BLOCK)
      multiplyPacked(size, width, shorter(count - k, CANDIDATE_BLOCK), rowMajor(block + k, count),
                     packedBlocks + k * wholePanels(width), dstates + row * width, width, k == 0 ? OVERWRITE : ACCUMULATE, NULL);
    multiply(count, width, size, (Matrix){block, 1, count}, rowMajor(weighted, width), dcandidates, width, ACCUMULATE, NULL,
             call->scratch);
    for (long r = 0; r < size; r++) {
      float *d = dstates + (row + r) * width;
      scaleBy(d, weights[r], width);
      dscale += (double)dot(states + (row + r) * width, d, width);
      if (scale != 1) scaleBy(d, scale, width);
    }
  }
  sums[0] = (float)(loss / (double)rows);
  sums[1] = (float)dscale;
}
static void candidateFinish(const Call *call, int part, int parts) {
  const float *partials = FLOATS(12);
  float scale = *FLOATS(6), *dcandidates = FLOATS(8), *dbias = FLOATS(9), *outputs = FLOATS(10);
  long count = SIZE(15), width = SIZE(16), each = count * width + count + 2, from, to;
  share(count * width, W, part, parts, &from, &to);
  copy(dcandidates + from, partials + from, to - from);
  for (int p = 1; p < parts; p++) addTo(dcandidates + from, partials + p * each + from, to - from);
  if (scale != 1) scaleBy(dcandidates + from, scale, to - from);
  if (part != 0) return;
  outputs[0] = outputs[1] = 0;
  for (int p = 0; p < parts; p++) {
    const float *own = partials + p * each + count * width;
    outputs[0] += own[count];
    outputs[1] += own[count + 1];
    if (dbias == NULL) continue;
    if (p == 0) copy(dbias, own, count);
    else addTo(dbias, own, count);
  }
}

/* rowwiseScores: logits[r, k] = states[r]·table[ids[r, k]]. args: states table ids logits rows perRow width */
static void rowwiseScores(const Call *call, int part, int parts) {
  const float *table = FLOATS(1);
  const int32_t *ids = INTS(2);
  long perRow = SIZE(5), width = SIZE(6), from, to;
  share(SIZE(4), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++)
    for (long k = row * perRow; k < (row + 1) * perRow; k++)
      FLOATS(3)[k] = dot(FLOATS(0) + row * width, table + ids[k] * width, width);
}
/* rowwiseStates, rowwiseTable: the gradients. args: states table ids dlogits dstates dtable tableSize rows perRow width */
static void rowwiseStates(const Call *call, int part, int parts) {
  const int32_t *ids = INTS(2);
  long perRow = SIZE(8), width = SIZE(9), from, to;
  share(SIZE(7), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    float *d = FLOATS(4) + row * width;
    fill(d, 0, width);
    for (long k = row * perRow; k < (row + 1) * perRow; k++)
      addScaled(d, FLOATS(1) + ids[k] * width, FLOATS(3)[k], width);
  }
  share(SIZE(6), W, part, parts, &from, &to);
  fill(FLOATS(5) + from, 0, to - from);
}
static void rowwiseTable(const Call *call, int part, int parts) {
  const int32_t *ids = INTS(2);
  long rows = SIZE(7), perRow = SIZE(8), width = SIZE(9);
  for (long row = 0; row < rows; row++)
    for (long k = row * perRow; k < (row + 1) * perRow; k++)
      if (owns(ids[k], part, parts)) addScaled(FLOATS(5) + ids[k] * width, FLOATS(0) + row * width, FLOATS(3)[k], width);
}

/* sampledCrossEntropy: mean of −log softmax(logits)[0] per row. args: logits loss dlogits partials[parts] rows perRow */
static void sampledCrossEntropy(const Call *call, int part, int parts) {
  long rows = SIZE(4), perRow = SIZE(5), from, to;
  double loss = 0;
  share(rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    float *d = FLOATS(2) + row * perRow, lane[W];
    copy(d, FLOATS(0) + row * perRow, perRow);
    float own = d[0], max = maxOf(d, perRow), sum = exponentialsOf(d, perRow, max);
    store(lane, logarithm(splat(sum)));
    loss += (double)(max - own) + (double)lane[0];
    scaleBy(d, 1 / (sum * (float)rows), perRow);
    d[0] -= 1 / (float)rows;
  }
  FLOATS(3)[part] = (float)(loss / (double)rows);
}
static void addLosses(const float *partials, float *loss, int part, int parts) {
  if (part != 0) return;
  *loss = 0;
  for (int p = 0; p < parts; p++) *loss += partials[p];
}
static void sampledFinish(const Call *call, int part, int parts) { addLosses(FLOATS(3), FLOATS(1), part, parts); }

/*
 * binaryCrossEntropy: Σ w·(softplus(l) − l·y) / Σ w. args: logits labels weights|0 loss dlogits partials[parts] count totalWeight
 */
static void binaryCrossEntropy(const Call *call, int part, int parts) {
  const float *logits = FLOATS(0), *labels = FLOATS(1), *weights = FLOATS(2);
  float *d = FLOATS(4), share_ = 1 / NUMBER(7);
  long from, to;
  double loss = 0;
  share(SIZE(6), W, part, parts, &from, &to);
  for (long i = from; i < to; i += W) {
    long left = to - i;
    Vec l = loadUpTo(logits + i, left, 0), y = loadUpTo(labels + i, left, 0);
    Vec w = (weights == NULL ? splat(1) : loadUpTo(weights + i, left, 0)) * share_;
    Vec term = w * (softplus(l) - l * y);
    storeUpTo(d + i, w * (sigmoid(l) - y), left);
    for (long lane = 0; lane < shorter(left, W); lane++) loss += (double)term[lane];
  }
  FLOATS(5)[part] = (float)loss;
}
static void binaryFinish(const Call *call, int part, int parts) { addLosses(FLOATS(5), FLOATS(3), part, parts); }
