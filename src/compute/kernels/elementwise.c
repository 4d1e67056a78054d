/* Operations of TensorFlow.js that models use between fused layers: with broadcasting, reductions, rows by index. */
#include "kernel.h"

typedef enum { ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE } BinaryOperation;

INLINE Vec applyBinary(const BinaryOperation operation, Vec x, Vec y) {
  switch (operation) {
    case ADD: return x + y;
    case SUBTRACT: return x - y;
    case MULTIPLY: return x * y;
    case DIVIDE: return x / y;
    case MAXIMUM: return choose(x > y, x, y);
    case MINIMUM: return choose(x < y, x, y);
    case SQUARED_DIFFERENCE: return (x - y) * (x - y);
  }
}

/** One run of contiguous results; a step of 0 repeats the operand's one value. */
INLINE void binaryRun(const BinaryOperation operation, const float *a, const int aStep, const float *b, const int bStep,
                      float *out, long count) {
  long i = 0;
  for (; i + W <= count; i += W)
    store(out + i, applyBinary(operation, aStep ? load(a + i) : splat(*a), bStep ? load(b + i) : splat(*b)));
  if (i < count) {
    int left = (int)(count - i);
    Vec x = aStep ? loadPart(a + i, left, 1) : splat(*a), y = bStep ? loadPart(b + i, left, 1) : splat(*b);
    storePart(out + i, applyBinary(operation, x, y), left);
  }
}

INLINE void binaryRuns(const BinaryOperation operation, const Call *call, int part, int parts) {
  const float *a = FLOATS(1), *b = FLOATS(2);
  float *out = FLOATS(3);
  long outer = SIZE(4), middle = SIZE(5), inner = SIZE(6);
  long aOuter = SIZE(7), aMiddle = SIZE(8), aInner = SIZE(9), bOuter = SIZE(10), bMiddle = SIZE(11), bInner = SIZE(12);
  const bool single = outer == 1 && middle == 1;
  long from, to;
  share(single ? inner : outer * middle, single ? W : 1, part, parts, &from, &to);
  if (from >= to) return;
  if (single) {
    a += aInner * from;
    b += bInner * from;
    if (aInner && bInner) binaryRun(operation, a, 1, b, 1, out + from, to - from);
    else if (aInner) binaryRun(operation, a, 1, b, 0, out + from, to - from);
    else binaryRun(operation, a, 0, b, bInner != 0, out + from, to - from);
    return;
  }
  for (long row = from; row < to; row++) {
    long o = row / middle, m = row % middle;
    const float *x = a + o * aOuter + m * aMiddle, *y = b + o * bOuter + m * bMiddle;
    if (aInner && bInner) binaryRun(operation, x, 1, y, 1, out + row * inner, inner);
    else if (aInner) binaryRun(operation, x, 1, y, 0, out + row * inner, inner);
    else binaryRun(operation, x, 0, y, bInner != 0, out + row * inner, inner);
  }
}

/*
 * binary: out[outer, middle, inner] = a ∘ b with an operand's steps per axis (0 where it is broadcast).
 * args: operation a b out outer middle inner, steps of a (outer middle inner), steps of b
 */
static void binary(const Call *call, int part, int parts) {
  switch ((BinaryOperation)SIZE(0)) {
    case ADD: binaryRuns(ADD, call, part, parts); break;
    case SUBTRACT: binaryRuns(SUBTRACT, call, part, parts); break;
    case MULTIPLY: binaryRuns(MULTIPLY, call, part, parts); break;
    case DIVIDE: binaryRuns(DIVIDE, call, part, parts); break;
    case MAXIMUM: binaryRuns(MAXIMUM, call, part, parts); break;
    case MINIMUM: binaryRuns(MINIMUM, call, part, parts); break;
    case SQUARED_DIFFERENCE: binaryRuns(SQUARED_DIFFERENCE, call, part, parts); break;
  }
}

typedef enum {
  RELU, SIGMOID, TANH, EXP, NEGATE, SQUARE, SQRT, RSQRT, SOFTPLUS, STEP, RECIPROCAL, LOG, ABS, ERF
} UnaryOperation;

INLINE Vec applyUnary(const UnaryOperation operation, Vec x) {
  switch (operation) {
    case RELU: return choose(x <= splat(0), splat(0), x);
    case SIGMOID: return sigmoid(x);
    case TANH: return hyperbolicTangent(x);
    case EXP: return exponential(x);
    case NEGATE: return -x;
    case SQUARE: return x * x;
    case SQRT: return squareRoot(x);
    case RSQRT: return 1.0f / squareRoot(x);
    case SOFTPLUS: return softplus(x);
    case STEP: return choose(x == x, choose(x > splat(0), splat(1), splat(0)), x);
    case RECIPROCAL: return 1.0f / x;
    case LOG: return logarithm(x);
    case ABS: return absolute(x);
    case ERF: return errorFunction(x);
  }
}

INLINE void unaryRun(const UnaryOperation operation, const float *a, float *out, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(out + i, applyUnary(operation, load(a + i)));
  if (i < count) storePart(out + i, applyUnary(operation, loadPart(a + i, (int)(count - i), 1)), (int)(count - i));
}

/* unary: out = f(a). args: operation a out count */
static void unary(const Call *call, int part, int parts) {
  long from, to;
  share(SIZE(3), W, part, parts, &from, &to);
  const float *a = FLOATS(1) + from;
  float *out = FLOATS(2) + from;
#define CASE(operation)                                                                                                \
  case operation: unaryRun(operation, a, out, to - from); break;
  switch ((UnaryOperation)SIZE(0)) {
    CASE(RELU) CASE(SIGMOID) CASE(TANH) CASE(EXP) CASE(NEGATE) CASE(SQUARE) CASE(SQRT) CASE(RSQRT) CASE(SOFTPLUS)
    CASE(STEP) CASE(RECIPROCAL) CASE(LOG) CASE(ABS) CASE(ERF)
  }
#undef CASE
}

/* sum: out[outer, inner] = scale·Σ_middle a[outer, middle, inner]. args: a out outer middle inner scale workspace[parts·inner] */
static void sumColumns(const Call *call, int part, int parts) {
  const float *a = FLOATS(0);
  float *out = FLOATS(1), *workspace = FLOATS(6);
  long outer = SIZE(2), middle = SIZE(3), inner = SIZE(4), from, to;
  float scale = NUMBER(5);
  if (outer == 1 && inner > 1) { /* a column sum over many rows: each part takes rows, and sumFinish adds up */
    share(middle, 1, part, parts, &from, &to);
    float *own = workspace + part * inner;
    fill(own, 0, inner);
    for (long m = from; m < to; m++) addTo(own, a + m * inner, inner);
    return;
  }
  share(outer, 1, part, parts, &from, &to);
  for (long o = from; o < to; o++) {
    const float *p = a + o * middle * inner;
    if (inner == 1) {
      Vec s = splat(0), t = splat(0);
      long m = 0;
      for (; m + 2 * W <= middle; m += 2 * W) {
        s += load(p + m);
        t += load(p + m + W);
      }
      float sum = sumLanes(s + t);
      for (; m < middle; m++) sum += p[m];
      out[o] = sum * scale;
      continue;
    }
    fill(out + o * inner, 0, inner);
    for (long m = 0; m < middle; m++) addTo(out + o * inner, p + m * inner, inner);
    if (scale != 1) for (long i = 0; i < inner; i++) out[o * inner + i] *= scale;
  }
}
static void sumFinish(const Call *call, int part, int parts) {
  if (SIZE(2) != 1 || SIZE(4) == 1) return;
  float *out = FLOATS(1);
  long inner = SIZE(4), from, to;
  sumPartials(out, FLOATS(6), inner, parts, part, parts);
  share(inner, W, part, parts, &from, &to);
  for (long i = from; i < to; i++) out[i] *= NUMBER(5);
}

INLINE float maxOf(const float *p, long count) {
  float best = p[0];
  long i = 0;
  if (count >= W) {
    Vec v = load(p);
    for (i = W; i + W <= count; i += W) v = choose(load(p + i) > v, load(p + i), v);
    best = maxLanes(v);
  }
  for (; i < count; i++) best = p[i] > best ? p[i] : best;
  return best;
}

/* maxRows: out[row] = max of a[row, count]. args: a out rows count */
static void maxRows(const Call *call, int part, int parts) {
  long count = SIZE(3), from, to;
  share(SIZE(2), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) FLOATS(1)[row] = maxOf(FLOATS(0) + row * count, count);
}

/** Replaces `count` logits by e^(x − max) and returns their sum. A NaN among them makes the sum NaN. */
INLINE float exponentialsOf(float *p, long count, float max) {
  Vec sum = splat(0);
  long i = 0;
  for (; i + W <= count; i += W) {
    Vec e = exponential(load(p + i) - max);
    store(p + i, e);
    sum += e;
  }
  float total = sumLanes(sum);
  if (i < count) {
    int left = (int)(count - i);
    Vec e = exponential(loadPart(p + i, left, 0) - max);
    storePart(p + i, e, left);
    for (int l = 0; l < left; l++) total += e[l];
  }
  return total;
}
INLINE void scaleBy(float *p, float factor, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(p + i, load(p + i) * factor);
  for (; i < count; i++) p[i] *= factor;
}

/* softmaxRows: args: a out rows count */
static void softmaxRows(const Call *call, int part, int parts) {
  long count = SIZE(3), from, to;
  share(SIZE(2), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    float *out = FLOATS(1) + row * count;
    copy(out, FLOATS(0) + row * count, count);
    float sum = exponentialsOf(out, count, maxOf(out, count));
    scaleBy(out, 1 / sum, count);
  }
}

/* gatherRows: out[i] = table[indices[i]], zeros where the index is outside. args: table indices out count width rows */
static void gatherRows(const Call *call, int part, int parts) {
  const float *table = FLOATS(0);
  const int32_t *indices = INTS(1);
  float *out = FLOATS(2);
  long width = SIZE(4), rows = SIZE(5), from, to;
  share(SIZE(3), 1, part, parts, &from, &to);
  for (long i = from; i < to; i++) {
    if (indices[i] < 0 || indices[i] >= rows) fill(out + i * width, 0, width);
    else copy(out + i * width, table + indices[i] * width, width);
  }
}

/* zero: args: p count */
static void zero(const Call *call, int part, int parts) {
  long from, to;
  share(SIZE(1), W, part, parts, &from, &to);
  fill(FLOATS(0) + from, 0, to - from);
}

/** Whether a part adds to a table's row: rows are dealt out, so that popular items do not all fall to one part. */
INLINE bool owns(long row, int part, int parts) { return row % parts == part; }

/*
 * scatterRows: table = 0, then table[indices[i]] += from[i]. Each part adds to the rows that it owns, in the order of the
 * indices, so the sum does not depend on the number of threads.
 * args: table tableSize from indices count width rows
 */
static void scatterZero(const Call *call, int part, int parts) { zero(call, part, parts); }
static void scatterRows(const Call *call, int part, int parts) {
  float *table = FLOATS(0);
  const float *from = FLOATS(2);
  const int32_t *indices = INTS(3);
  long count = SIZE(4), width = SIZE(5), rows = SIZE(6);
  for (long i = 0; i < count; i++) {
    long row = indices[i];
    if (row < 0 || row >= rows || !owns(row, part, parts)) continue;
    addTo(table + row * width, from + i * width, width);
  }
}

/* copyRows: args: from to rows width fromStep toStep */
static void copyRows(const Call *call, int part, int parts) {
  long width = SIZE(3), from, to;
  share(SIZE(2), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) copy(FLOATS(1) + row * SIZE(5), FLOATS(0) + row * SIZE(4), width);
}

/* bagRows: out[row] = Σ table[indices[row, k]] over indices > 0, divided by 1, their number or its root. args: table indices
 * out rows perRow width pooling(0 sum, 1 mean, 2 sqrtn) */
INLINE float bagFactor(const int32_t *indices, long count, long pooling) {
  long present = 0;
  for (long k = 0; k < count; k++) present += indices[k] > 0;
  if (present == 0) return 0;
  return pooling == 0 ? 1 : pooling == 1 ? 1 / (float)present : 1 / scalarSquareRoot((float)present);
}
static void bagRows(const Call *call, int part, int parts) {
  const float *table = FLOATS(0);
  long perRow = SIZE(4), width = SIZE(5), from, to;
  share(SIZE(3), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const int32_t *indices = INTS(1) + row * perRow;
    float *out = FLOATS(2) + row * width;
    fill(out, 0, width);
    float factor = bagFactor(indices, perRow, SIZE(6));
    for (long k = 0; k < perRow; k++)
      if (indices[k] > 0) addTo(out, table + indices[k] * width, width);
    if (factor != 1) scaleBy(out, factor, width);
  }
}

/* bagScatter: the gradient of bagRows. args: table tableSize dy indices rows perRow width pooling */
static void bagScatter(const Call *call, int part, int parts) {
  float *table = FLOATS(0);
  long rows = SIZE(4), perRow = SIZE(5), width = SIZE(6);
  for (long row = 0; row < rows; row++) {
    const int32_t *indices = INTS(3) + row * perRow;
    const float *dy = FLOATS(2) + row * width;
    float factor = bagFactor(indices, perRow, SIZE(7));
    for (long k = 0; k < perRow; k++)
      if (indices[k] > 0 && owns(indices[k], part, parts)) addScaled(table + indices[k] * width, dy, factor, width);
  }
}

INLINE bool isRow(long index, long rows) { return index >= 0 && index < rows; }

/* weightedBagRows: out[row] = Σ weights[row, k]·table[indices[row, k]]. A weight of 0 leaves its row out, whatever it holds; what
 * is no row of the table counts as zeros. args: table indices weights out rows perRow width tableRows */
static void weightedBagRows(const Call *call, int part, int parts) {
  const float *table = FLOATS(0);
  long perRow = SIZE(5), width = SIZE(6), from, to;
  share(SIZE(4), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const int32_t *indices = INTS(1) + row * perRow;
    const float *weights = FLOATS(2) + row * perRow;
    float *out = FLOATS(3) + row * width;
    fill(out, 0, width);
    for (long k = 0; k < perRow; k++)
      if (weights[k] != 0 && isRow(indices[k], SIZE(7))) addScaled(out, table + indices[k] * width, weights[k], width);
  }
}

/* weightedBagBackward: the gradients of weightedBagRows, those of the weights for all of them.
 * args: tableGradient tableSize weightsGradient table dy indices weights rows perRow width tableRows */
static void weightedBagBackward(const Call *call, int part, int parts) {
  float *gradient = FLOATS(0);
  const float *table = FLOATS(3);
  long rows = SIZE(7), perRow = SIZE(8), width = SIZE(9), from, to;
  for (long row = 0; row < rows; row++) {
    const int32_t *indices = INTS(5) + row * perRow;
    const float *dy = FLOATS(4) + row * width, *weights = FLOATS(6) + row * perRow;
    for (long k = 0; k < perRow; k++)
      if (weights[k] != 0 && isRow(indices[k], SIZE(10)) && owns(indices[k], part, parts))
        addScaled(gradient + indices[k] * width, dy, weights[k], width);
  }
  share(rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const int32_t *indices = INTS(5) + row * perRow;
    for (long k = 0; k < perRow; k++)
      FLOATS(2)[row * perRow + k] =
          isRow(indices[k], SIZE(10)) ? dot(FLOATS(4) + row * width, table + indices[k] * width, width) : 0;
  }
}
