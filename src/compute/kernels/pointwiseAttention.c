/*
 * Pointwise attention (Zhai et al., 2024), and the gate behind it: all that is between the two linear layers of an HSTU block.
 * A part takes whole sequences. Their gate, values, queries and keys are read where the first linear layer has put them, side by
 * side, and the biases of a row are made while it is at hand; only the logits are kept for the backward pass.
 */
#include "dropout.h"
#include "gemm.h"
#include "layerNorm.h"

/* Rows that share one product: more waste more of the causal triangle, fewer feed the registers badly. */
enum { POINTWISE_ROWS = 2 * MR };

/** One sequence, whose keys [from, to) may be seen, each by its own row and those behind it. */
typedef struct {
  long length, from, to;
  const float *keyMask;                    /* or NULL */
  const float *positionBias;               /* that of a distance of 0, the others before it; or NULL */
  const float *timeBias;                   /* of each bucket; or NULL */
  const int32_t *bounds;                   /* first gap of each bucket */
  const int32_t *queryTimes, *keyTimes;    /* of each row and of each key */
  long buckets;
  float share;                             /* 1/divisor */
} Sequence;

INLINE void seenKeysOf(Sequence *s) {
  s->from = 0;
  s->to = s->length;
  if (s->keyMask == NULL) return;
  while (s->from < s->to && s->keyMask[s->from] == 0) s->from++;
  while (s->to > s->from && s->keyMask[s->to - 1] == 0) s->to--;
}

/** Keys that row i sees, from `from` on. */
INLINE long seenBy(const Sequence *s, long i) {
  const long seen = shorter(s->to, i + 1) - s->from;
  return seen > 0 ? seen : 0;
}

/** The bucket of the gap between row i and key j. The search starts at another bucket: neighbors are alike. */
INLINE long bucketOf(const Sequence *s, long i, long j, long bucket) {
  const int64_t difference = (int64_t)s->queryTimes[i] - s->keyTimes[j], gap = difference < 0 ? -difference : difference;
  while (bucket + 1 < s->buckets && gap >= s->bounds[bucket + 1]) bucket++;
  while (bucket > 0 && gap < s->bounds[bucket]) bucket--;
  return bucket;
}

/** What is added to the products of row i and the keys that it sees. */
INLINE void biasRow(const Sequence *s, long i, float *to) {
  const long seen = seenBy(s, i);
  if (s->positionBias != NULL) copy(to, s->positionBias + s->from - i, seen);
  else fill(to, 0, seen);
  if (s->timeBias == NULL) return;
  long bucket = 0;
  for (long j = seen - 1; j >= 0; j--) {
    bucket = bucketOf(s, i, s->from + j, bucket);
    to[j] += s->timeBias[bucket];
  }
}

/** 1/divisor where keys j to j + W of the first `seen` may be seen, else 0. */
INLINE Vec sharesOf(const Sequence *s, long j, long seen) {
  Vec shares = splat(s->share);
  if (s->keyMask != NULL) shares *= loadUpTo(s->keyMask + s->from + j, s->length - s->from - j, 0);
  return choose((VecInt)laneNumbers() < (int32_t)(seen - j), shares, splat(0));
}

/** Turns the products of row i and its keys into weights, with zeros behind them up to `width`, and keeps the logits. */
INLINE void weighRow(const Sequence *s, long i, const float *bias, float *row, float *logits, long width) {
  const long seen = seenBy(s, i);
  long j = 0;
  for (; j < seen; j += W) {
    const Vec logit = load(row + j) + load(bias + j);
    storeUpTo(logits + s->from + j, logit, s->length - s->from - j);
    const Vec shares = sharesOf(s, j, seen);
    store(row + j, choose(shares == splat(0), splat(0), silu(logit) * shares));
  }
  for (; j < width; j += W) store(row + j, splat(0));
}

/**
 * Turns the gradients of the weights of row i into those of its logits, and makes the weights again; zeros behind both up to
 * `width`.
 */
INLINE void weighRowBackward(const Sequence *s, long i, const float *logits, float *d, float *weights, long width) {
  const long seen = seenBy(s, i);
  long j = 0;
  for (; j < seen; j += W) {
    const Vec logit = loadUpTo(logits + s->from + j, s->length - s->from - j, 0);
    const Vec weight = silu(logit), shares = sharesOf(s, j, seen);
    const VecInt unseen = shares == splat(0);
    store(weights + j, choose(unseen, splat(0), weight * shares));
    store(d + j, choose(unseen, splat(0), load(d + j) * siluSlope(sigmoid(logit), weight) * shares));
  }
  for (; j < width; j += W) {
    store(weights + j, splat(0));
    store(d + j, splat(0));
  }
}

/** Adds the gradients of the logits of row i to those of the biases, which are at hand where the biases themselves are. */
INLINE void biasGradients(const Sequence *s, long i, const float *d, float *dpositionBias, float *dtimeBias) {
  const long seen = seenBy(s, i);
  if (s->positionBias != NULL) addTo(dpositionBias + s->from - i, d, seen);
  if (s->timeBias == NULL || seen == 0) return;
  long bucket = bucketOf(s, i, s->from + seen - 1, 0);
  float sum = 0;
  for (long j = seen - 1; j >= 0; j--) {
    const long next = bucketOf(s, i, s->from + j, bucket);
    if (next != bucket) {
      dtimeBias[bucket] += sum;
      sum = 0;
      bucket = next;
    }
    sum += d[j];
  }
  dtimeBias[bucket] += sum;
}

/*
 * pointwiseAttentionForward: y[batch, length, heads·valueSize] = gate∘LayerNorm(o), where o joins A·V of the heads, with A =
 * silu(Q·Kᵀ + bias)/divisor over the keys of the same position and before it. Each row of projected has the gate and the values,
 * heads·valueSize each, and then the queries and the keys, heads·keySize each. The bias is positionBias[positions − 1 − (i − j)]
 * plus timeBias[b] with the last bucket b whose bounds[b] is at most |times[0][i] − times[1][j]|; times[batch, 2, length].
 * keyMask[batch, length] is 0 where there is no key. Kept are logits[batch, heads, length, length] of what is seen, mixed (o) and
 * saved[batch, length, 2], mean and 1/deviation of its rows; weights[batch, heads, length, length] is A.
 * Plain definition: pointwiseAttention of src/compute/layers/pointwiseAttention.ts.
 */
static void pointwiseAttentionForward(const Call *call, int part, int parts) {
  const PointwiseAttentionForwardArguments args = pointwiseAttentionForwardArguments(call);
  const long length = args.length, heads = args.heads, keySize = args.keySize, valueSize = args.valueSize;
  const long values = heads * valueSize, keys = heads * keySize, stride = 2 * (values + keys);
  Sequence s = {.length = length, .timeBias = args.timeBias, .bounds = args.bounds, .buckets = args.buckets,
                .positionBias = args.positionBias == NULL ? NULL : args.positionBias + args.positions - 1,
                .share = 1 / args.divisor};
  /* Rows in whole panels, so that no product has a ragged edge. */
  const long panels = wholePanels(length), packed = packedSize(keySize, length);
  float *packedKeys = OWN_SCRATCH, *row = packedKeys + heads * packed, *bias = row + POINTWISE_ROWS * panels;
  long first, last;
  share(args.batch, 1, part, parts, &first, &last);
  for (long b = first; b < last; b++) {
    const float *gate = args.projected + b * length * stride, *value = gate + values, *query = value + values;
    float *mixed = args.mixed + b * length * values, *y = args.y + b * length * values;
    s.keyMask = args.keyMask == NULL ? NULL : args.keyMask + b * length;
    s.queryTimes = args.times + 2 * b * length;
    s.keyTimes = s.queryTimes + length;
    seenKeysOf(&s);
    const float *key = query + keys + s.from * stride;
    for (long h = 0; h < heads; h++)
      packRight((Matrix){key + h * keySize, 1, stride}, keySize, s.to - s.from, packedKeys + h * packed);
    for (long i = 0; i < length; i += POINTWISE_ROWS) {
      const long rows = shorter(length - i, POINTWISE_ROWS), seen = seenBy(&s, i + rows - 1);
      float *o = mixed + i * values;
      for (long r = 0; r < rows; r++) biasRow(&s, i + r, bias + r * panels);
      for (long h = 0; h < heads; h++) {
        const long matrix = (b * heads + h) * length + i;
        if (seen > 0)
          multiplyPacked(rows, wholePanels(seen), keySize, rowMajor(query + i * stride + h * keySize, stride),
                         packedKeys + h * packed, row, panels, OVERWRITE, NULL);
        for (long r = 0; r < rows; r++)
          weighRow(&s, i + r, bias + r * panels, row + r * panels, args.logits + (matrix + r) * length, panels);
        for (long r = 0; r < rows && args.weights != NULL; r++) {
          float *to = args.weights + (matrix + r) * length;
          fill(to, 0, length);
          copy(to + s.from, row + r * panels, seenBy(&s, i + r));
        }
        if (seen > 0)
          multiply(rows, valueSize, seen, rowMajor(row, panels), rowMajor(value + s.from * stride + h * valueSize, stride),
                   o + h * valueSize, values, OVERWRITE, NULL, call->scratch);
      }
      if (seen == 0) fill(o, 0, rows * values);
      normalizeRows(o, args.gamma, args.beta, y + i * values, args.saved + 2 * (b * length + i), rows, values, args.epsilon);
      for (long r = i; r < i + rows; r++)
        for (long c = 0; c < values; c += W)
          storeUpTo(y + r * values + c, loadUpTo(y + r * values + c, values - c, 0) * load(gate + r * stride + c), values - c);
    }
  }
}

/** Where a part's gradients are: of the biases, then of gamma and beta. */
INLINE long pointwisePartials(long positions, long buckets, long values) { return positions + buckets + 2 * values; }

/*
 * pointwiseAttentionBackward: with n = LayerNorm(o), dgate = dy∘n, dn = dy∘gate, and do (dmixed), dgamma and dbeta are the
 * gradients of LayerNorm by dn; with S the logits, dA = do·Vᵀ, dS = dA∘silu′(S)/divisor, dV = Aᵀ·do, dQ = dS·K, dK = dSᵀ·Q, and the
 * gradient of a bias is the sum of dS where it was added. dprojected has them as projected has what they are of.
 * partials[parts, pointwisePartials].
 * Plain definition: the gradients of pointwiseAttention of src/compute/layers/pointwiseAttention.ts.
 */
static void pointwiseAttentionBackward(const Call *call, int part, int parts) {
  const PointwiseAttentionBackwardArguments args = pointwiseAttentionBackwardArguments(call);
  const long length = args.length, heads = args.heads, keySize = args.keySize, valueSize = args.valueSize;
  const long values = heads * valueSize, keys = heads * keySize, stride = 2 * (values + keys);
  const long own = pointwisePartials(args.positions, args.buckets, values);
  float *dpositionBias = args.partials + part * own, *dtimeBias = dpositionBias + args.positions;
  float *dgamma = dtimeBias + args.buckets, *dbeta = dgamma + values;
  fill(args.partials + part * own, 0, own);
  dpositionBias += args.positions - 1;
  Sequence s = {.length = length, .timeBias = args.timeBias, .bounds = args.bounds, .buckets = args.buckets,
                .positionBias = args.positionBias == NULL ? NULL : args.positionBias + args.positions - 1,
                .share = 1 / args.divisor};
  const long panels = wholePanels(length);
  float *normal = OWN_SCRATCH, *dnormal = normal + POINTWISE_ROWS * values, *packedValues = dnormal + POINTWISE_ROWS * values;
  float *gradients = packedValues + packedSize(valueSize, length);
  /* As many rows at once as fit twice: gradients of logits, and weights. A row has the seen keys. */
  const long rowsAtOnce = shorter(length, (OWN_FLOATS - (gradients - OWN_SCRATCH)) / 2 / panels);
  float *weights = gradients + rowsAtOnce * panels;
  long firstUnit, lastUnit;
  share(args.batch, 1, part, parts, &firstUnit, &lastUnit);
  for (long b = firstUnit; b < lastUnit; b++) {
    const long at = b * length * stride;
    const float *gate = args.projected + at, *mixed = args.mixed + b * length * values, *dy = args.dy + b * length * values;
    float *dgate = args.dprojected + at, *dmixed = args.dmixed + b * length * values;
    for (long i = 0; i < length; i += POINTWISE_ROWS) {
      const long rows = shorter(length - i, POINTWISE_ROWS);
      const float *o = mixed + i * values, *saved = args.saved + 2 * (b * length + i);
      normalizeAgain(o, args.gamma, args.beta, normal, saved, rows, values);
      for (long r = 0; r < rows; r++)
        for (long c = 0; c < values; c += W) {
          const Vec d = loadUpTo(dy + (i + r) * values + c, values - c, 0);
          storeUpTo(dnormal + r * values + c, d * load(gate + (i + r) * stride + c), values - c);
          storeUpTo(dgate + (i + r) * stride + c, d * loadUpTo(normal + r * values + c, values - c, 0), values - c);
        }
      normalizedGradients(o, args.gamma, saved, dnormal, NULL, dmixed + i * values, rows, values, dgamma, dbeta);
    }

    s.keyMask = args.keyMask == NULL ? NULL : args.keyMask + b * length;
    s.queryTimes = args.times + 2 * b * length;
    s.keyTimes = s.queryTimes + length;
    seenKeysOf(&s);
    const long from = s.from, numKeys = s.to - from;
    for (long r = 0; r < length; r++) {
      float *drow = dgate + r * stride + values;
      if (r < from || numKeys == 0) fill(drow, 0, stride - values);
      else if (r >= s.to) {
        fill(drow, 0, values);
        fill(drow + values + keys, 0, keys);
      }
    }
    if (numKeys == 0) continue;
    for (long h = 0; h < heads; h++) {
      const float *value = gate + values + h * valueSize, *query = gate + 2 * values + h * keySize, *key = query + keys;
      float *dvalue = dgate + values + h * valueSize, *dquery = dgate + 2 * values + h * keySize, *dkey = dquery + keys;
      const float *doutput = dmixed + h * valueSize, *logits = args.logits + (b * heads + h) * length * length;
      packRight((Matrix){value + from * stride, 1, stride}, valueSize, numKeys, packedValues);
      for (long base = from; base < length; base += rowsAtOnce) {
        const long limit = shorter(length, base + rowsAtOnce);
        for (long i = base; i < limit; i += POINTWISE_ROWS) {
          const long rows = shorter(limit - i, POINTWISE_ROWS), seen = seenBy(&s, i + rows - 1);
          float *block = gradients + (i - base) * panels;
          multiplyPacked(rows, wholePanels(seen), valueSize, rowMajor(doutput + i * values, values), packedValues, block,
                         panels, OVERWRITE, NULL);
          for (long r = 0; r < rows; r++) {
            float *d = block + r * panels;
            weighRowBackward(&s, i + r, logits + (i + r) * length, d, weights + (i - base + r) * panels, panels);
            biasGradients(&s, i + r, d, dpositionBias, dtimeBias);
          }
          multiply(rows, keySize, seen, rowMajor(block, panels), rowMajor(key + from * stride, stride), dquery + i * stride,
                   stride, OVERWRITE, NULL, call->scratch);
        }
        const Start start = base == from ? OVERWRITE : ACCUMULATE;
        for (long j = 0; j < numKeys; j += POINTWISE_ROWS) {
          const long columns = shorter(numKeys - j, POINTWISE_ROWS);
          /* Row i sees keys up to i: these columns begin with row from + j. */
          const long row = from + j > base ? from + j : base;
          float *dk = dkey + (from + j) * stride, *dv = dvalue + (from + j) * stride;
          if (row >= limit) {
            for (long c = 0; c < columns && start == OVERWRITE; c++) {
              fill(dk + c * stride, 0, keySize);
              fill(dv + c * stride, 0, valueSize);
            }
            continue;
          }
          const long place = (row - base) * panels + j;
          multiply(columns, keySize, limit - row, (Matrix){gradients + place, 1, panels},
                   rowMajor(query + row * stride, stride), dk, stride, start, NULL, call->scratch);
          multiply(columns, valueSize, limit - row, (Matrix){weights + place, 1, panels},
                   rowMajor(doutput + row * values, values), dv, stride, start, NULL, call->scratch);
        }
      }
    }
  }
}

static void pointwiseAttentionFinish(const Call *call, int part, int parts) {
  const PointwiseAttentionBackwardArguments args = pointwiseAttentionBackwardArguments(call);
  const long values = args.heads * args.valueSize, own = pointwisePartials(args.positions, args.buckets, values);
  if (part != 0) return;
  const float *ofTimes = args.partials + args.positions, *ofScales = ofTimes + args.buckets;
  for (int p = 0; p < parts; p++) {
    if (p == 0 && args.positionBias != NULL) copy(args.dpositionBias, args.partials, args.positions);
    if (p == 0 && args.timeBias != NULL) copy(args.dtimeBias, ofTimes, args.buckets);
    if (p > 0 && args.positionBias != NULL) addTo(args.dpositionBias, args.partials + p * own, args.positions);
    if (p > 0 && args.timeBias != NULL) addTo(args.dtimeBias, ofTimes + p * own, args.buckets);
  }
  sumScales(ofScales, own, values, args.dgamma, args.dbeta, parts);
}
