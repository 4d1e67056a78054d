/*
 * Scaled dot-product attention with several heads, per sequence and head: the weights of a sequence stay in the cache
 * between the two products, keys that may not be seen are not multiplied at all (causal upper triangle, padding at either
 * end), and the weights are kept for the backward pass and for whoever wants to look at them.
 */
#include "dropout.h"
#include "gemm.h"

/* Rows that share one product: more waste more of the causal triangle, fewer feed the registers badly. */
enum { ATTENTION_ROWS = 2 * MR };

typedef struct {
  long length, width, headSize, from, to; /* keys [from, to) may be seen */
  const float *keyMask;                   /* of this sequence, or NULL */
  bool causal;
  float scale;
  bool drops;
  DropoutMask dropout;
} Head;

/** The first and last key that the mask lets be seen. */
INLINE void seenKeys(Head *head) {
  head->from = 0;
  head->to = head->length;
  if (head->keyMask == NULL) return;
  while (head->from < head->to && head->keyMask[head->from] == 0) head->from++;
  while (head->to > head->from && head->keyMask[head->to - 1] == 0) head->to--;
}

/** One past the last key that position i sees. */
INLINE long lastSeen(const Head *head, long i) { return head->causal ? shorter(head->to, i + 1) : head->to; }

/**
 * Weights of one row from the logits of its seen keys [from, end); all others are zero. Destroys the logits, which must have
 * room for whole vectors: what fills the last one counts as a key that may not be seen.
 */
INLINE void weigh(const Head *head, float *logits, float *row, long end) {
  const long from = head->from, seen = end - from;
  if (seen <= 0) {
    fill(row, 0, head->length);
    return;
  }
  fill(row, 0, from);
  const Vec unseen = splat(-__builtin_inff());
  Vec max = unseen, sum = splat(0);
  for (long j = 0; j < seen; j += W) {
    Vec logit = choose((VecInt)laneNumbers() < (int32_t)(seen - j), load(logits + j) * head->scale, unseen);
    if (head->keyMask != NULL) logit = choose(load(head->keyMask + from + j) == splat(0), unseen, logit);
    store(logits + j, logit);
    max = maximum(max, logit);
  }
  const float highest = maxLanes(max);
  for (long j = 0; j < seen; j += W) {
    Vec e = exponential(load(logits + j) - highest);
    store(logits + j, e);
    sum += e;
  }
  const float factor = 1 / sumLanes(sum);
  row += from;
  const long length = head->length - from;
  long j = 0;
  for (; j < seen; j += W) storeUpTo(row + j, load(logits + j) * factor, length - j);
  if (j < length) fill(row + j, 0, length - j);
}

/** row·mask of weight dropout; `index` is the place of row[0] in the stream. */
INLINE void dropWeights(const Head *head, const float *row, float *to, uint32_t index, long count) {
  dropRun(head->dropout, row, to, index, count);
}

/*
 * attentionForward: per sequence and head P = softmax(scale·Q·Kᵀ) over the keys that may be seen, output = dropout(P)·V;
 * query, key, value and output are [batch, length, width], keyMask[batch, length] is 0 where there is no key, and
 * weights[batch, heads, length, length] is P before dropout.
 * Plain definition: multiHeadAttention of src/compute/layers/attention.ts.
 */
static void attentionForward(const Call *call, int part, int parts) {
  const AttentionForwardArguments args = attentionForwardArguments(call);
  long batch = args.batch, length = args.length, width = args.width, heads = args.heads, first, last;
  Head head = {.length = length, .width = width, .headSize = width / heads, .causal = args.causal, .scale = args.scale,
               .drops = args.dropoutRate > 0, .dropout = dropoutMask(args.dropoutRate, args.dropoutKey, args.dropoutStart)};
  /* Logits in whole panels, so that no product has a ragged edge. */
  const long stride = wholePanels(length);
  float *packedKeys = OWN_SCRATCH, *logits = packedKeys + packedSize(head.headSize, length);
  float *dropped = logits + ATTENTION_ROWS * stride;
  share(batch * heads, 1, part, parts, &first, &last);
  for (long unit = first; unit < last; unit++) {
    long offset = unit / heads * length * width + unit % heads * head.headSize;
    const float *query = args.query + offset, *key = args.key + offset, *value = args.value + offset;
    float *output = args.output + offset, *weights = args.weights + unit * length * length;
    head.keyMask = args.keyMask == NULL ? NULL : args.keyMask + unit / heads * length;
    seenKeys(&head);
    long from = head.from;
    packRight((Matrix){key + from * width, 1, width}, head.headSize, head.to - from, packedKeys);
    for (long i = 0; i < length; i += ATTENTION_ROWS) {
      long rows = shorter(length - i, ATTENTION_ROWS), end = lastSeen(&head, i + rows - 1), seen = end - from;
      float *block = weights + i * length;
      if (seen > 0)
        multiplyPacked(rows, wholePanels(seen), head.headSize, rowMajor(query + i * width, width), packedKeys, logits, stride,
                       OVERWRITE, NULL);
      for (long r = 0; r < rows; r++) weigh(&head, logits + r * stride, block + r * length, lastSeen(&head, i + r));
      if (seen <= 0) {
        for (long r = 0; r < rows; r++) fill(output + (i + r) * width, 0, head.headSize);
        continue;
      }
      Matrix left = rowMajor(block + from, length);
      if (head.drops) {
        for (long r = 0; r < rows; r++)
          dropWeights(&head, block + r * length, dropped + r * length, (uint32_t)((unit * length + i + r) * length), end);
        left.at = dropped + from;
      }
      multiply(rows, head.headSize, seen, left, rowMajor(value + from * width, width), output + i * width, width, OVERWRITE,
               NULL, call->scratch);
    }
  }
}

/*
 * attentionBackward: with P the weights and S the logits, dP = dO·Vᵀ, dS = scale·P∘(dP − Σ_j P∘dP),
 * dQ = dS·K, dK = dSᵀ·Q, dV = Pᵀ·dO (P after dropout, dP times its mask).
 * Plain definition: the gradients of multiHeadAttention of src/compute/layers/attention.ts.
 */
static void attentionBackward(const Call *call, int part, int parts) {
  const AttentionBackwardArguments args = attentionBackwardArguments(call);
  long batch = args.batch, length = args.length, width = args.width, heads = args.heads, first, last;
  Head head = {.length = length, .width = width, .headSize = width / heads, .causal = args.causal, .scale = args.scale,
               .drops = args.dropoutRate > 0, .dropout = dropoutMask(args.dropoutRate, args.dropoutKey, args.dropoutStart)};
  const long size = head.headSize;
  float *packedValues = OWN_SCRATCH, *gradients = packedValues + packedSize(size, length);
  /* As many rows at once as fit twice: gradients of logits, and weights after dropout. A row holds the seen keys. */
  const long stride = wholePanels(length);
  const long rowsAtOnce = shorter(length, (OWN_FLOATS - packedSize(size, length)) / 2 / stride);
  float *dropped = gradients + rowsAtOnce * stride;
  share(batch * heads, 1, part, parts, &first, &last);
  for (long unit = first; unit < last; unit++) {
    long offset = unit / heads * length * width + unit % heads * size;
    const float *query = args.query + offset, *key = args.key + offset, *value = args.value + offset;
    const float *weights = args.weights + unit * length * length, *doutput = args.doutput + offset;
    float *dquery = args.dquery + offset, *dkey = args.dkey + offset, *dvalue = args.dvalue + offset;
    head.keyMask = args.keyMask == NULL ? NULL : args.keyMask + unit / heads * length;
    seenKeys(&head);
    long from = head.from, keys = head.to - from;
    for (long j = 0; j < length; j++) {
      if (j >= from && j < head.to) continue;
      fill(dkey + j * width, 0, size);
      fill(dvalue + j * width, 0, size);
    }
    long firstRow = keys <= 0 ? length : head.causal ? from : 0;
    for (long i = 0; i < firstRow; i++) fill(dquery + i * width, 0, size);
    if (keys <= 0) continue;
    packRight((Matrix){value + from * width, 1, width}, size, keys, packedValues);
    for (long base = firstRow; base < length; base += rowsAtOnce) {
      long limit = shorter(length, base + rowsAtOnce);
      for (long i = base; i < limit; i += ATTENTION_ROWS) {
        long rows = shorter(limit - i, ATTENTION_ROWS), end = lastSeen(&head, i + rows - 1), seen = end - from;
        float *block = gradients + (i - base) * stride;
        multiplyPacked(rows, wholePanels(seen), size, rowMajor(doutput + i * width, width), packedValues, block, stride,
                       OVERWRITE, NULL);
        for (long r = 0; r < rows; r++) {
          float *d = block + r * stride;
          const float *p = weights + (i + r) * length + from;
          if (head.drops) {
            uint32_t index = (uint32_t)((unit * length + i + r) * length + from);
            dropWeights(&head, d, d, index, seen);
            dropWeights(&head, p, dropped + (i - base + r) * stride, index, seen);
          }
          /* Whole vectors: beyond the seen keys the weights are zero, or those of rows that no product reads with these. */
          float along = dot(d, p, seen);
          for (long j = 0; j < seen; j += W) store(d + j, load(p + j) * (load(d + j) - along) * head.scale);
        }
        multiply(rows, size, seen, rowMajor(block, stride), rowMajor(key + from * width, width), dquery + i * width, width,
                 OVERWRITE, NULL, call->scratch);
      }
      /* Columns of the triangle: key j is seen by rows from j on. */
      Matrix applied = head.drops ? rowMajor(dropped, stride) : rowMajor(weights + base * length + from, length);
      Start start = base == firstRow ? OVERWRITE : ACCUMULATE;
      for (long j = 0; j < keys; j += ATTENTION_ROWS) {
        const long columns = shorter(keys - j, ATTENTION_ROWS);
        /* Row i sees keys up to i: these columns begin with row from + j. */
        const long row = head.causal && from + j > base ? from + j : base;
        float *to[2] = {dkey + (from + j) * width, dvalue + (from + j) * width};
        if (row >= limit) {
          for (long c = 0; c < columns && start == OVERWRITE; c++) {
            fill(to[0] + c * width, 0, size);
            fill(to[1] + c * width, 0, size);
          }
          continue;
        }
        /* A block of rows wrote its own triangle and what fills its last panel; what lies above the diagonal is no part. */
        for (long r = row; head.causal && r < shorter(limit, from + j + columns); r++)
          for (long c = r + 1 - from; c < j + columns; c++) {
            gradients[(r - base) * stride + c] = 0;
            if (head.drops) dropped[(r - base) * stride + c] = 0;
          }
        multiply(columns, size, limit - row, (Matrix){gradients + (row - base) * stride + j, 1, stride},
                 rowMajor(query + row * width, width), to[0], width, start, NULL, call->scratch);
        multiply(columns, size, limit - row, (Matrix){applied.at + (row - base) * applied.row + j, 1, applied.row},
                 rowMajor(doutput + row * width, width), to[1], width, start, NULL, call->scratch);
      }
    }
  }
}
