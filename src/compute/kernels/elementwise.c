/* Operations of TensorFlow.js on each value, that models use between fused layers. */
#include "kernel.h"

INLINE Vec applyBinary(const Binary operation, Vec x, Vec y) {
  switch (operation) {
    case BINARY_ADD: return x + y;
    case BINARY_SUB: return x - y;
    case BINARY_MULTIPLY: return x * y;
    case BINARY_REAL_DIV: return x / y;
    case BINARY_MAXIMUM: return choose(x > y, x, y);
    case BINARY_MINIMUM: return choose(x < y, x, y);
    case BINARY_SQUARED_DIFFERENCE: return (x - y) * (x - y);
  }
}

/** One run of contiguous results; a step of 0 repeats the operand's one value. */
INLINE void binaryRun(const Binary operation, const float *a, const int aStep, const float *b, const int bStep,
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

INLINE void binaryRuns(const Binary operation, const BinaryArguments args, int part, int parts) {
  const float *a = args.a, *b = args.b;
  float *out = args.out;
  const long outer = args.outer, middle = args.middle, inner = args.inner, aInner = args.aInner, bInner = args.bInner;
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
    const float *x = a + o * args.aOuter + m * args.aMiddle, *y = b + o * args.bOuter + m * args.bMiddle;
    if (aInner && bInner) binaryRun(operation, x, 1, y, 1, out + row * inner, inner);
    else if (aInner) binaryRun(operation, x, 1, y, 0, out + row * inner, inner);
    else binaryRun(operation, x, 0, y, bInner != 0, out + row * inner, inner);
  }
}

/*
 * binary: out[outer, middle, inner] = a ∘ b, where aOuter, aMiddle, … are the operands' steps per axis, 0 where one is
 * repeated.
 * Plain definition: tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum, tf.squaredDifference.
 */
static void binary(const Call *call, int part, int parts) {
  const BinaryArguments args = binaryArguments(call);
  switch (args.operation) {
    case BINARY_ADD: binaryRuns(BINARY_ADD, args, part, parts); break;
    case BINARY_SUB: binaryRuns(BINARY_SUB, args, part, parts); break;
    case BINARY_MULTIPLY: binaryRuns(BINARY_MULTIPLY, args, part, parts); break;
    case BINARY_REAL_DIV: binaryRuns(BINARY_REAL_DIV, args, part, parts); break;
    case BINARY_MAXIMUM: binaryRuns(BINARY_MAXIMUM, args, part, parts); break;
    case BINARY_MINIMUM: binaryRuns(BINARY_MINIMUM, args, part, parts); break;
    case BINARY_SQUARED_DIFFERENCE: binaryRuns(BINARY_SQUARED_DIFFERENCE, args, part, parts); break;
  }
}

INLINE Vec applyUnary(const Unary operation, Vec x) {
  switch (operation) {
    case UNARY_RELU: return choose(x <= splat(0), splat(0), x);
    case UNARY_SIGMOID: return sigmoid(x);
    case UNARY_TANH: return hyperbolicTangent(x);
    case UNARY_EXP: return exponential(x);
    case UNARY_NEG: return -x;
    case UNARY_SQUARE: return x * x;
    case UNARY_SQRT: return squareRoot(x);
    case UNARY_RSQRT: return 1.0f / squareRoot(x);
    case UNARY_SOFTPLUS: return softplus(x);
    case UNARY_STEP: return choose(x == x, choose(x > splat(0), splat(1), splat(0)), x);
    case UNARY_RECIPROCAL: return 1.0f / x;
    case UNARY_LOG: return logarithm(x);
    case UNARY_ABS: return absolute(x);
    case UNARY_ERF: return errorFunction(x);
  }
}

INLINE void unaryRun(const Unary operation, const float *a, float *out, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(out + i, applyUnary(operation, load(a + i)));
  if (i < count) storePart(out + i, applyUnary(operation, loadPart(a + i, (int)(count - i), 1)), (int)(count - i));
}

/*
 * unary: out[count] = f(a[count]).
 * Plain definition: tf.relu, tf.sigmoid, tf.tanh, … as `Unary` of signatures.h names them.
 */
static void unary(const Call *call, int part, int parts) {
  const UnaryArguments args = unaryArguments(call);
  long from, to;
  share(args.count, W, part, parts, &from, &to);
  const float *a = args.a + from;
  float *out = args.out + from;
#define CASE(operation)                                                                                                \
  case operation: unaryRun(operation, a, out, to - from); break;
  switch (args.operation) {
    CASE(UNARY_RELU) CASE(UNARY_SIGMOID) CASE(UNARY_TANH) CASE(UNARY_EXP) CASE(UNARY_NEG) CASE(UNARY_SQUARE) CASE(UNARY_SQRT)
    CASE(UNARY_RSQRT) CASE(UNARY_SOFTPLUS) CASE(UNARY_STEP) CASE(UNARY_RECIPROCAL) CASE(UNARY_LOG) CASE(UNARY_ABS)
    CASE(UNARY_ERF)
  }
#undef CASE
}
