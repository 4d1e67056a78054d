/* Losses. Each makes its gradient in the forward pass, where the scores are at hand, for a gradient of one of the mean. */
#include "candidates.h"
#include "gemm.h"
#include "rows.h"
#include "softmax.h"

/*
 * candidateCrossEntropy: outputs[0] = mean over rows of −log softmax(scale·S·Cᵀ + bias)[target] for states S[rows, width],
 * candidates C[count, width], bias[count] and targets[rows]; with rowItems[rows] and candidateItems[count], candidates of the
 * row's own item that are not its target are left out. With G = (softmax − [target])/rows: dstates = scale·G·C, dcandidates =
 * scale·Gᵀ·S, dbias = Σ_rows G, outputs[1] = dscale = Σ G∘(S·Cᵀ). The scores exist for a block of rows at a time only. packed:
 * the candidates in panels, both ways; partials[parts, count·width + count + 2], blocks[parts, blockRows·(count + width)].
 * Plain definition: candidateCrossEntropy of src/compute/layers/losses.ts.
 */
static void candidatePack(const Call *call, int part, int parts) {
  const CandidateCrossEntropyArguments args = candidateCrossEntropyArguments(call);
  long count = args.count, width = args.width;
  packCandidates(args.candidates, args.packed, count, width, part, parts);
  packCandidateBlocks(args.candidates, args.packed + wholePanels(count) * width, count, width, part, parts);
}
static void candidateCrossEntropy(const Call *call, int part, int parts) {
  const CandidateCrossEntropyArguments args = candidateCrossEntropyArguments(call);
  const float *states = args.states, *bias = args.bias;
  const int32_t *targets = args.targets, *rowItems = args.rowItems, *candidateItems = args.candidateItems;
  float scale = *args.scale, *dstates = args.dstates;
  long rows = args.rows, count = args.count, width = args.width, blockRows = args.blockRows, from, to;
  float *dcandidates = args.partials + part * (count * width + count + 2);
  float *dbias = dcandidates + count * width, *sums = dbias + count;
  /* Scores, then their exponentials; and the rows' states, each by what its exponentials are to be divided by. */
  float *block = args.blocks + part * blockRows * (count + width), *weighted = block + blockRows * count;
  const float *packedBlocks = args.packed + wholePanels(count) * width;
  float weights[CROSS_ENTROPY_ROWS];
  double loss = 0, dscale = 0;
  fill(dcandidates, 0, count * width + count);
  share(rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += blockRows) {
    long size = shorter(to - row, blockRows);
    multiplyPacked(size, count, width, rowMajor(states + row * width, width), args.packed, block, count, OVERWRITE, NULL);
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
  const CandidateCrossEntropyArguments args = candidateCrossEntropyArguments(call);
  const float *partials = args.partials;
  float scale = *args.scale, *dcandidates = args.dcandidates, *dbias = args.dbias, *outputs = args.outputs;
  long count = args.count, width = args.width, each = count * width + count + 2, from, to;
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

/*
 * rowwiseScores: logits[r, k] = ⟨states[r], table[ids[r, k]]⟩ for states[rows, width] and ids[rows, perRow].
 * Plain definition: rowwiseScores of src/compute/layers/losses.ts.
 */
static void rowwiseScores(const Call *call, int part, int parts) {
  const RowwiseScoresArguments args = rowwiseScoresArguments(call);
  const float *table = args.table;
  const int32_t *ids = args.ids;
  long perRow = args.perRow, width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++)
    for (long k = row * perRow; k < (row + 1) * perRow; k++)
      args.logits[k] = dot(args.states + row * width, table + ids[k] * width, width);
}
/*
 * rowwiseBackward: dstates[r, width] = Σ_k dlogits[r, k]·table[ids[r, k]], and dtable, of tableSize floats, gets
 * dtable[ids[r, k]] += dlogits[r, k]·states[r].
 * Plain definition: the gradients of rowwiseScores of src/compute/layers/losses.ts.
 */
static void rowwiseStates(const Call *call, int part, int parts) {
  const RowwiseBackwardArguments args = rowwiseBackwardArguments(call);
  const int32_t *ids = args.ids;
  long perRow = args.perRow, width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    float *d = args.dstates + row * width;
    fill(d, 0, width);
    for (long k = row * perRow; k < (row + 1) * perRow; k++)
      addScaled(d, args.table + ids[k] * width, args.dlogits[k], width);
  }
  share(args.tableSize, W, part, parts, &from, &to);
  fill(args.dtable + from, 0, to - from);
}
static void rowwiseTable(const Call *call, int part, int parts) {
  const RowwiseBackwardArguments args = rowwiseBackwardArguments(call);
  const int32_t *ids = args.ids;
  long rows = args.rows, perRow = args.perRow, width = args.width;
  for (long row = 0; row < rows; row++)
    for (long k = row * perRow; k < (row + 1) * perRow; k++)
      if (owns(ids[k], part, parts)) addScaled(args.dtable + ids[k] * width, args.states + row * width, args.dlogits[k], width);
}

/*
 * sampledCrossEntropy: loss[1] = mean over rows of −log softmax(logits[rows, perRow])[0], dlogits = (softmax − [column
 * 0])/rows.
 * Plain definition: sampledCrossEntropy of src/compute/layers/losses.ts.
 */
static void sampledCrossEntropy(const Call *call, int part, int parts) {
  const SampledCrossEntropyArguments args = sampledCrossEntropyArguments(call);
  long rows = args.rows, perRow = args.perRow, from, to;
  double loss = 0;
  share(rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    float *d = args.dlogits + row * perRow, lane[W];
    copy(d, args.logits + row * perRow, perRow);
    float own = d[0], max = maxOf(d, perRow), sum = exponentialsOf(d, perRow, max);
    store(lane, logarithm(splat(sum)));
    loss += (double)(max - own) + (double)lane[0];
    scaleBy(d, 1 / (sum * (float)rows), perRow);
    d[0] -= 1 / (float)rows;
  }
  args.partials[part] = (float)(loss / (double)rows);
}
static void addLosses(const float *partials, float *loss, int part, int parts) {
  if (part != 0) return;
  *loss = 0;
  for (int p = 0; p < parts; p++) *loss += partials[p];
}
static void sampledFinish(const Call *call, int part, int parts) {
  const SampledCrossEntropyArguments args = sampledCrossEntropyArguments(call);
  addLosses(args.partials, args.loss, part, parts);
}

/*
 * binaryCrossEntropy: loss[1] = Σ w·(softplus(l) − l·y) / totalWeight for logits l[count], labels y[count] and weights
 * w[count], which are 1 where not given; dlogits = w·(σ(l) − y) / totalWeight.
 * Plain definition: binaryCrossEntropy of src/compute/layers/losses.ts.
 */
static void binaryCrossEntropy(const Call *call, int part, int parts) {
  const BinaryCrossEntropyArguments args = binaryCrossEntropyArguments(call);
  const float *logits = args.logits, *labels = args.labels, *weights = args.weights;
  float *d = args.dlogits, share_ = 1 / args.totalWeight;
  long from, to;
  double loss = 0;
  share(args.count, W, part, parts, &from, &to);
  for (long i = from; i < to; i += W) {
    long left = to - i;
    Vec l = loadUpTo(logits + i, left, 0), y = loadUpTo(labels + i, left, 0);
    Vec w = (weights == NULL ? splat(1) : loadUpTo(weights + i, left, 0)) * share_;
    Vec term = w * (softplus(l) - l * y);
    storeUpTo(d + i, w * (sigmoid(l) - y), left);
    for (long lane = 0; lane < shorter(left, W); lane++) loss += (double)term[lane];
  }
  args.partials[part] = (float)loss;
}
static void binaryFinish(const Call *call, int part, int parts) {
  const BinaryCrossEntropyArguments args = binaryCrossEntropyArguments(call);
  addLosses(args.partials, args.loss, part, parts);
}
