/* Written by `npm run generate` from signatures.ts: change that instead. */
#pragma once
#include "call.h"

enum { MAX_PAGES = 65535, MULTIPLY_FLOATS = 786432, OWN_FLOATS = 1310720, MAX_PANEL = 32, LINEAR_BLOCK = 96,
    MAX_PROJECTIONS = 3, CROSS_ENTROPY_ROWS = 24, RANKING_ROWS = 96, RANKING_COLUMNS = 1024, RANKING_STRIDE = 1056,
    GRU_CHUNK = 64, GRU_PADDING = 16, SUM_ROWS = 16, SUM_STEPS = 8, SUM_HEADER = 16, MAX_ARGUMENTS = 32, MAX_PHASES = 4 };

typedef enum { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_GELU, ACTIVATION_SIGMOID, ACTIVATION_TANH,
    ACTIVATION_SILU } Activation;
typedef enum { POOLING_SUM, POOLING_MEAN, POOLING_SQRTN } Pooling;
typedef enum { UPDATE_GATE, UPDATE_KEEP, UPDATE_ATTENTION, UPDATE_ATTENTION_GATE, UPDATE_ATTENTION_KEEP } Update;
typedef enum { BINARY_ADD, BINARY_SUB, BINARY_MULTIPLY, BINARY_REAL_DIV, BINARY_MAXIMUM, BINARY_MINIMUM,
    BINARY_SQUARED_DIFFERENCE } Binary;
typedef enum { UNARY_RELU, UNARY_SIGMOID, UNARY_TANH, UNARY_EXP, UNARY_NEG, UNARY_SQUARE, UNARY_SQRT, UNARY_RSQRT,
    UNARY_SOFTPLUS, UNARY_STEP, UNARY_RECIPROCAL, UNARY_LOG, UNARY_ABS, UNARY_ERF } Unary;

/* What src/compute/random.ts draws by. */
#define RANDOM_INCREMENT 0x9e3779b9u
#define RANDOM_FIRST_FACTOR 0x21f0aaadu
#define RANDOM_SECOND_FACTOR 0xd35a2d97u

/* Lives at the start of the shared memory. */
typedef struct {
  _Atomic uint32_t ticket;
  _Atomic uint32_t finished;
  _Atomic uint32_t sleepers;
  _Atomic uint32_t closing;
  uint32_t kernel;
  uint32_t phase;
  uint32_t scratchFloats;
  uint32_t padding;
  double scratch;
  double args[MAX_ARGUMENTS];
} Team;

/* a[batchOfA, m, depth], b[batchOfB, depth, n], c[batch, m, n] */
typedef struct {
  const float *a, *b;
  float *c;
  long batch, m, n, depth;
  bool transposeA, transposeB;
  long batchOfA, batchOfB;
} MatMulArguments;
INLINE MatMulArguments matMulArguments(const Call *call) {
  return (MatMulArguments){address(call, 0), address(call, 1), address(call, 2), (long)call->args[3], (long)call->args[4],
      (long)call->args[5], (long)call->args[6], call->args[7] != 0, call->args[8] != 0, (long)call->args[9],
      (long)call->args[10]};
}

/* a, b, out[outer, middle, inner] */
typedef struct {
  Binary operation;
  const float *a, *b;
  float *out;
  long outer, middle, inner, aOuter, aMiddle, aInner, bOuter, bMiddle, bInner;
} BinaryArguments;
INLINE BinaryArguments binaryArguments(const Call *call) {
  return (BinaryArguments){(Binary)(int)call->args[0], address(call, 1), address(call, 2), address(call, 3),
      (long)call->args[4], (long)call->args[5], (long)call->args[6], (long)call->args[7], (long)call->args[8],
      (long)call->args[9], (long)call->args[10], (long)call->args[11], (long)call->args[12]};
}

/* a[count], out[count] */
typedef struct {
  Unary operation;
  const float *a;
  float *out;
  long count;
} UnaryArguments;
INLINE UnaryArguments unaryArguments(const Call *call) {
  return (UnaryArguments){(Unary)(int)call->args[0], address(call, 1), address(call, 2), (long)call->args[3]};
}

/* a[outer, middle, inner], out[outer, inner], partials[parts, inner] */
typedef struct {
  const float *a;
  float *out;
  long outer, middle, inner;
  float scale;
  float *partials;
} SumArguments;
INLINE SumArguments sumArguments(const Call *call) {
  return (SumArguments){address(call, 0), address(call, 1), (long)call->args[2], (long)call->args[3], (long)call->args[4],
      (float)call->args[5], address(call, 6)};
}

/* a[rows, count], out[rows] */
typedef struct {
  const float *a;
  float *out;
  long rows, count;
} MaxRowsArguments;
INLINE MaxRowsArguments maxRowsArguments(const Call *call) {
  return (MaxRowsArguments){address(call, 0), address(call, 1), (long)call->args[2], (long)call->args[3]};
}

/* a[rows, count], out[rows, count] */
typedef struct {
  const float *a;
  float *out;
  long rows, count;
} SoftmaxRowsArguments;
INLINE SoftmaxRowsArguments softmaxRowsArguments(const Call *call) {
  return (SoftmaxRowsArguments){address(call, 0), address(call, 1), (long)call->args[2], (long)call->args[3]};
}

/* table[rows, width], indices[count], out[count, width] */
typedef struct {
  const float *table;
  const int32_t *indices;
  float *out;
  long count, width, rows;
} GatherRowsArguments;
INLINE GatherRowsArguments gatherRowsArguments(const Call *call) {
  return (GatherRowsArguments){address(call, 0), address(call, 1), address(call, 2), (long)call->args[3], (long)call->args[4],
      (long)call->args[5]};
}

/* table[rows, width], from[count, width], indices[count] */
typedef struct {
  float *table;
  long tableSize;
  const float *from;
  const int32_t *indices;
  long count, width, rows;
} ScatterRowsArguments;
INLINE ScatterRowsArguments scatterRowsArguments(const Call *call) {
  return (ScatterRowsArguments){address(call, 0), (long)call->args[1], address(call, 2), address(call, 3), (long)call->args[4],
      (long)call->args[5], (long)call->args[6]};
}

/* from[rows, fromStep], to[rows, toStep] */
typedef struct {
  const float *from;
  float *to;
  long rows, width, fromStep, toStep;
} CopyRowsArguments;
INLINE CopyRowsArguments copyRowsArguments(const Call *call) {
  return (CopyRowsArguments){address(call, 0), address(call, 1), (long)call->args[2], (long)call->args[3], (long)call->args[4],
      (long)call->args[5]};
}

/* to[count] */
typedef struct {
  float *to;
  long count;
} ZeroArguments;
INLINE ZeroArguments zeroArguments(const Call *call) {
  return (ZeroArguments){address(call, 0), (long)call->args[1]};
}

/* table, indices[rows, perRow], out[rows, width] */
typedef struct {
  const float *table;
  const int32_t *indices;
  float *out;
  long rows, perRow, width;
  Pooling pooling;
} BagRowsArguments;
INLINE BagRowsArguments bagRowsArguments(const Call *call) {
  return (BagRowsArguments){address(call, 0), address(call, 1), address(call, 2), (long)call->args[3], (long)call->args[4],
      (long)call->args[5], (Pooling)(int)call->args[6]};
}

/* table[tableSize], dy[rows, width], indices[rows, perRow] */
typedef struct {
  float *table;
  long tableSize;
  const float *dy;
  const int32_t *indices;
  long rows, perRow, width;
  Pooling pooling;
} BagScatterArguments;
INLINE BagScatterArguments bagScatterArguments(const Call *call) {
  return (BagScatterArguments){address(call, 0), (long)call->args[1], address(call, 2), address(call, 3), (long)call->args[4],
      (long)call->args[5], (long)call->args[6], (Pooling)(int)call->args[7]};
}

/* table[tableRows, width], indices[rows, perRow], weights[rows, perRow], out[rows, width] */
typedef struct {
  const float *table;
  const int32_t *indices;
  const float *weights;
  float *out;
  long rows, perRow, width, tableRows;
} WeightedBagRowsArguments;
INLINE WeightedBagRowsArguments weightedBagRowsArguments(const Call *call) {
  return (WeightedBagRowsArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), (long)call->args[4],
      (long)call->args[5], (long)call->args[6], (long)call->args[7]};
}

/* dtable[tableRows, width], dweights[rows, perRow], table[tableRows, width], dy[rows, width], indices[rows, perRow],
    weights[rows, perRow] */
typedef struct {
  float *dtable;
  long tableSize;
  float *dweights;
  const float *table, *dy;
  const int32_t *indices;
  const float *weights;
  long rows, perRow, width, tableRows;
} WeightedBagBackwardArguments;
INLINE WeightedBagBackwardArguments weightedBagBackwardArguments(const Call *call) {
  return (WeightedBagBackwardArguments){address(call, 0), (long)call->args[1], address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), (long)call->args[7], (long)call->args[8], (long)call->args[9],
      (long)call->args[10]};
}

/* x[rows, in], kernel[in, out], bias[out] or NULL, y[rows, out], z[rows, out] or NULL */
typedef struct {
  const float *x, *kernel, *bias;
  float *y, *z;
  long rows, in, out;
  Activation activation;
} LinearForwardArguments;
INLINE LinearForwardArguments linearForwardArguments(const Call *call) {
  return (LinearForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      (long)call->args[5], (long)call->args[6], (long)call->args[7], (Activation)(int)call->args[8]};
}

/* x[rows, in], gamma[in] or NULL, beta[in] or NULL, saved[rows, 2] or NULL, kernel0[in, out], bias0[out], y0[rows, out],
    kernel1[in, out], bias1[out], y1[rows, out], kernel2[in, out], bias2[out], y2[rows, out] */
typedef struct {
  const float *x;
  long rows, in, out, number;
  const float *gamma, *beta;
  float *saved;
  float epsilon;
  const float *kernel0, *bias0;
  float *y0;
  const float *kernel1, *bias1;
  float *y1;
  const float *kernel2, *bias2;
  float *y2;
} ProjectionsForwardArguments;
INLINE ProjectionsForwardArguments projectionsForwardArguments(const Call *call) {
  return (ProjectionsForwardArguments){address(call, 0), (long)call->args[1], (long)call->args[2], (long)call->args[3],
      (long)call->args[4], address(call, 5), address(call, 6), address(call, 7), (float)call->args[8], address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), address(call, 13), address(call, 14), address(call, 15),
      address(call, 16), address(call, 17)};
}

/* x[rows, in], kernel[in, out], bias[out], residual[rows, out], y[rows, out] */
typedef struct {
  const float *x, *kernel, *bias, *residual;
  float *y;
  long rows, in, out;
  double rate, key, start;
} ResidualLinearForwardArguments;
INLINE ResidualLinearForwardArguments residualLinearForwardArguments(const Call *call) {
  return (ResidualLinearForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), (long)call->args[5], (long)call->args[6], (long)call->args[7], call->args[8], call->args[9],
      call->args[10]};
}

/* x[rows, in], kernel[in, out], saved[rows, out], dy[rows, out], dx[rows, in] or NULL, workspace, dkernel[in, out],
    dbias[out] or NULL */
typedef struct {
  const float *x, *kernel, *saved, *dy;
  float *dx, *workspace;
  long rows, in, out;
  Activation activation;
  float *dkernel, *dbias;
} LinearBackwardArguments;
INLINE LinearBackwardArguments linearBackwardArguments(const Call *call) {
  return (LinearBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), (long)call->args[6], (long)call->args[7], (long)call->args[8], (Activation)(int)call->args[9],
      address(call, 10), address(call, 11)};
}

/* x[rows, in], gamma[in] or NULL, beta[in] or NULL, saved[rows, 2] or NULL, dx[rows, in], partials, dgamma[in] or NULL,
    dbeta[in] or NULL, kernel0[in, out], dy0[rows, out], dkernel0[in, out], dbias0[out], kernel1[in, out], dy1[rows, out],
    dkernel1[in, out], dbias1[out], kernel2[in, out], dy2[rows, out], dkernel2[in, out], dbias2[out] */
typedef struct {
  const float *x;
  long rows, in, out, number;
  const float *gamma, *beta, *saved;
  float *dx, *partials, *dgamma, *dbeta;
  const float *kernel0, *dy0;
  float *dkernel0, *dbias0;
  const float *kernel1, *dy1;
  float *dkernel1, *dbias1;
  const float *kernel2, *dy2;
  float *dkernel2, *dbias2;
} ProjectionsBackwardArguments;
INLINE ProjectionsBackwardArguments projectionsBackwardArguments(const Call *call) {
  return (ProjectionsBackwardArguments){address(call, 0), (long)call->args[1], (long)call->args[2], (long)call->args[3],
      (long)call->args[4], address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), address(call, 13), address(call, 14), address(call, 15),
      address(call, 16), address(call, 17), address(call, 18), address(call, 19), address(call, 20), address(call, 21),
      address(call, 22), address(call, 23)};
}

/* x[rows, in], kernel[in, out], dy[rows, out], dx[rows, in], partials, dkernel[in, out], dbias[out] */
typedef struct {
  const float *x, *kernel, *dy;
  float *dx, *partials;
  long rows, in, out;
  double rate, key, start;
  float *dkernel, *dbias;
} ResidualLinearBackwardArguments;
INLINE ResidualLinearBackwardArguments residualLinearBackwardArguments(const Call *call) {
  return (ResidualLinearBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), (long)call->args[5], (long)call->args[6], (long)call->args[7], call->args[8], call->args[9],
      call->args[10], address(call, 11), address(call, 12)};
}

/* x[rows, width], gamma[width] or NULL, beta[width] or NULL, innerKernel[width, size], innerBias[size],
    outerKernel[size, width], outerBias[width], y[rows, width], saved[rows, 2], inner[rows, size] */
typedef struct {
  const float *x, *gamma, *beta, *innerKernel, *innerBias, *outerKernel, *outerBias;
  float *y, *saved, *inner;
  long rows, width, size;
  float epsilon;
  Activation activation;
  double innerRate, innerKey, innerStart, outerRate, outerKey, outerStart;
} FeedForwardForwardArguments;
INLINE FeedForwardForwardArguments feedForwardForwardArguments(const Call *call) {
  return (FeedForwardForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9), (long)call->args[10],
      (long)call->args[11], (long)call->args[12], (float)call->args[13], (Activation)(int)call->args[14], call->args[15],
      call->args[16], call->args[17], call->args[18], call->args[19], call->args[20]};
}

/* x[rows, width], gamma[width] or NULL, beta[width] or NULL, innerKernel[width, size], outerKernel[size, width],
    saved[rows, 2], inner[rows, size], dy[rows, width], dx[rows, width], partials, dinnerKernel[width, size], dinnerBias[size],
    douterKernel[size, width], douterBias[width], dgamma[width] or NULL, dbeta[width] or NULL */
typedef struct {
  const float *x, *gamma, *beta, *innerKernel, *outerKernel, *saved, *inner, *dy;
  float *dx, *partials;
  long rows, width, size;
  Activation activation;
  double innerRate, innerKey, innerStart, outerRate, outerKey, outerStart;
  float *dinnerKernel, *dinnerBias, *douterKernel, *douterBias, *dgamma, *dbeta;
} FeedForwardBackwardArguments;
INLINE FeedForwardBackwardArguments feedForwardBackwardArguments(const Call *call) {
  return (FeedForwardBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      (long)call->args[10], (long)call->args[11], (long)call->args[12], (Activation)(int)call->args[13], call->args[14],
      call->args[15], call->args[16], call->args[17], call->args[18], call->args[19], address(call, 20), address(call, 21),
      address(call, 22), address(call, 23), address(call, 24), address(call, 25)};
}

/* x[rows, width], gamma[width], beta[width], y[rows, width], saved[rows, 2] */
typedef struct {
  const float *x, *gamma, *beta;
  float *y, *saved;
  long rows, width;
  float epsilon;
} LayerNormForwardArguments;
INLINE LayerNormForwardArguments layerNormForwardArguments(const Call *call) {
  return (LayerNormForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      (long)call->args[5], (long)call->args[6], (float)call->args[7]};
}

/* x[rows, width], gamma[width], saved[rows, 2], dy[rows, width], dx[rows, width], partials[parts, 2, width], dgamma[width],
    dbeta[width] */
typedef struct {
  const float *x, *gamma, *saved, *dy;
  float *dx, *partials;
  long rows, width;
  float *dgamma, *dbeta;
} LayerNormBackwardArguments;
INLINE LayerNormBackwardArguments layerNormBackwardArguments(const Call *call) {
  return (LayerNormBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), (long)call->args[6], (long)call->args[7], address(call, 8), address(call, 9)};
}

/* x[count], y[count] */
typedef struct {
  const float *x;
  float *y;
  long count;
  double rate, key, start;
} DropoutArguments;
INLINE DropoutArguments dropoutArguments(const Call *call) {
  return (DropoutArguments){address(call, 0), address(call, 1), (long)call->args[2], call->args[3], call->args[4],
      call->args[5]};
}

/* x[rows, width], partials[parts, width], mean[width], variance[width] */
typedef struct {
  const float *x;
  float *partials;
  long rows, width;
  float *mean, *variance;
} ColumnStatisticsArguments;
INLINE ColumnStatisticsArguments columnStatisticsArguments(const Call *call) {
  return (ColumnStatisticsArguments){address(call, 0), address(call, 1), (long)call->args[2], (long)call->args[3],
      address(call, 4), address(call, 5)};
}

/* x[rows, width], gamma[width], beta[width], mean[width], variance[width], y[rows, width] */
typedef struct {
  const float *x, *gamma, *beta, *mean, *variance;
  float *y;
  long rows, width;
  float epsilon;
} BatchNormForwardArguments;
INLINE BatchNormForwardArguments batchNormForwardArguments(const Call *call) {
  return (BatchNormForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), (long)call->args[6], (long)call->args[7], (float)call->args[8]};
}

/* x[rows, width], gamma[width], mean[width], variance[width], dy[rows, width], dx[rows, width], partials[parts, 2, width],
    dgamma[width], dbeta[width] */
typedef struct {
  const float *x, *gamma, *mean, *variance, *dy;
  float *dx, *partials;
  long rows, width;
  float epsilon;
  bool ownStatistics;
  float *dgamma, *dbeta;
} BatchNormBackwardArguments;
INLINE BatchNormBackwardArguments batchNormBackwardArguments(const Call *call) {
  return (BatchNormBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), (long)call->args[7], (long)call->args[8], (float)call->args[9], call->args[10] != 0,
      address(call, 11), address(call, 12)};
}

/* x[rows, width], alpha[width], mean[width], variance[width], y[rows, width] */
typedef struct {
  const float *x, *alpha, *mean, *variance;
  float *y;
  long rows, width;
  float epsilon;
} DiceForwardArguments;
INLINE DiceForwardArguments diceForwardArguments(const Call *call) {
  return (DiceForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      (long)call->args[5], (long)call->args[6], (float)call->args[7]};
}

/* x[rows, width], alpha[width], mean[width], variance[width], dy[rows, width], dx[rows, width], partials[parts, 3, width],
    dalpha[width] */
typedef struct {
  const float *x, *alpha, *mean, *variance, *dy;
  float *dx, *partials;
  long rows, width;
  float epsilon;
  bool ownStatistics;
  float *dalpha;
} DiceBackwardArguments;
INLINE DiceBackwardArguments diceBackwardArguments(const Call *call) {
  return (DiceBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), (long)call->args[7], (long)call->args[8], (float)call->args[9], call->args[10] != 0,
      address(call, 11)};
}

/* query[batch, length, width], key[batch, length, width], value[batch, length, width], keyMask[batch, length] or NULL,
    output[batch, length, width], weights[batch, heads, length, length] */
typedef struct {
  const float *query, *key, *value, *keyMask;
  float *output, *weights;
  long batch, length, width, heads;
  bool causal;
  float scale;
  double dropoutRate, dropoutKey, dropoutStart;
} AttentionForwardArguments;
INLINE AttentionForwardArguments attentionForwardArguments(const Call *call) {
  return (AttentionForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), (long)call->args[6], (long)call->args[7], (long)call->args[8], (long)call->args[9], call->args[10] != 0,
      (float)call->args[11], call->args[12], call->args[13], call->args[14]};
}

/* query[batch, length, width], key[batch, length, width], value[batch, length, width], keyMask[batch, length] or NULL,
    weights[batch, heads, length, length], doutput[batch, length, width], dquery[batch, length, width],
    dkey[batch, length, width], dvalue[batch, length, width] */
typedef struct {
  const float *query, *key, *value, *keyMask, *weights, *doutput;
  float *dquery, *dkey, *dvalue;
  long batch, length, width, heads;
  bool causal;
  float scale;
  double dropoutRate, dropoutKey, dropoutStart;
} AttentionBackwardArguments;
INLINE AttentionBackwardArguments attentionBackwardArguments(const Call *call) {
  return (AttentionBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), address(call, 7), address(call, 8), (long)call->args[9], (long)call->args[10],
      (long)call->args[11], (long)call->args[12], call->args[13] != 0, (float)call->args[14], call->args[15], call->args[16],
      call->args[17]};
}

/* projected[batch, length, 2·heads·(keySize + valueSize)], keyMask[batch, length] or NULL, positionBias[positions] or NULL,
    timeBias[buckets] or NULL, bounds[buckets] or NULL, times[batch, 2, length] or NULL, gamma[heads·valueSize],
    beta[heads·valueSize], y[batch, length, heads·valueSize], logits[batch, heads, length, length],
    mixed[batch, length, heads·valueSize], saved[batch, length, 2], weights[batch, heads, length, length] or NULL */
typedef struct {
  const float *projected, *keyMask, *positionBias, *timeBias;
  const int32_t *bounds, *times;
  const float *gamma, *beta;
  float *y, *logits, *mixed, *saved, *weights;
  long batch, length, heads, keySize, valueSize, positions, buckets;
  float divisor, epsilon;
} PointwiseAttentionForwardArguments;
INLINE PointwiseAttentionForwardArguments pointwiseAttentionForwardArguments(const Call *call) {
  return (PointwiseAttentionForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), (long)call->args[13], (long)call->args[14], (long)call->args[15],
      (long)call->args[16], (long)call->args[17], (long)call->args[18], (long)call->args[19], (float)call->args[20],
      (float)call->args[21]};
}

/* projected[batch, length, 2·heads·(keySize + valueSize)], keyMask[batch, length] or NULL, positionBias[positions] or NULL,
    timeBias[buckets] or NULL, bounds[buckets] or NULL, times[batch, 2, length] or NULL, gamma[heads·valueSize],
    beta[heads·valueSize], logits[batch, heads, length, length], mixed[batch, length, heads·valueSize], saved[batch, length, 2],
    dy[batch, length, heads·valueSize], dprojected[batch, length, 2·heads·(keySize + valueSize)],
    dmixed[batch, length, heads·valueSize], partials, dpositionBias[positions] or NULL, dtimeBias[buckets] or NULL,
    dgamma[heads·valueSize], dbeta[heads·valueSize] */
typedef struct {
  const float *projected, *keyMask, *positionBias, *timeBias;
  const int32_t *bounds, *times;
  const float *gamma, *beta, *logits, *mixed, *saved, *dy;
  float *dprojected, *dmixed, *partials, *dpositionBias, *dtimeBias, *dgamma, *dbeta;
  long batch, length, heads, keySize, valueSize, positions, buckets;
  float divisor;
} PointwiseAttentionBackwardArguments;
INLINE PointwiseAttentionBackwardArguments pointwiseAttentionBackwardArguments(const Call *call) {
  return (PointwiseAttentionBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), address(call, 13), address(call, 14), address(call, 15),
      address(call, 16), address(call, 17), address(call, 18), (long)call->args[19], (long)call->args[20], (long)call->args[21],
      (long)call->args[22], (long)call->args[23], (long)call->args[24], (long)call->args[25], (float)call->args[26]};
}

/* x[batch, steps, width], mask[batch, steps], inputKernel[width, 3·hidden], inputBias[3·hidden],
    recurrentKernel[hidden, 3·hidden], recurrentBias[3·hidden], attention[batch, steps] or NULL, states[batch, steps, hidden],
    movement[batch, steps], saved[batch, steps, 4·hidden] */
typedef struct {
  const float *x, *mask, *inputKernel, *inputBias, *recurrentKernel, *recurrentBias, *attention;
  float *states, *movement, *saved;
  long batch, steps, width, hidden;
  bool resetAfter;
  Update update;
} GruForwardArguments;
INLINE GruForwardArguments gruForwardArguments(const Call *call) {
  return (GruForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9), (long)call->args[10],
      (long)call->args[11], (long)call->args[12], (long)call->args[13], call->args[14] != 0, (Update)(int)call->args[15]};
}

/* x[batch, steps, width], mask[batch, steps], inputKernel[width, 3·hidden], recurrentKernel[hidden, 3·hidden],
    attention[batch, steps] or NULL, states[batch, steps, hidden], saved[batch, steps, 4·hidden], dstates[batch, steps, hidden],
    dx[batch, steps, width], dattention[batch, steps] or NULL, partials[parts, (width + hidden + 2)·3·hidden],
    dinputKernel[width, 3·hidden], dinputBias[3·hidden], drecurrentKernel[hidden, 3·hidden], drecurrentBias[3·hidden] */
typedef struct {
  const float *x, *mask, *inputKernel, *recurrentKernel, *attention, *states, *saved, *dstates;
  float *dx, *dattention, *partials;
  long batch, steps, width, hidden;
  bool resetAfter;
  Update update;
  float *dinputKernel, *dinputBias, *drecurrentKernel, *drecurrentBias;
} GruBackwardArguments;
INLINE GruBackwardArguments gruBackwardArguments(const Call *call) {
  return (GruBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9), address(call, 10),
      (long)call->args[11], (long)call->args[12], (long)call->args[13], (long)call->args[14], call->args[15] != 0,
      (Update)(int)call->args[16], address(call, 17), address(call, 18), address(call, 19), address(call, 20)};
}

/* x[batch, steps, width], mask[batch, steps], heads[slots, width], eraseKernel[width + hidden, hidden], eraseBias[hidden],
    resetKernel[width + hidden], resetBias[1], addKernel[width + hidden, hidden], addBias[hidden], alpha[1], beta[1],
    writingKernel[width + hidden, hidden] or NULL, writingBias[hidden] or NULL, writingHeads[hidden, slots] or NULL,
    memory[batch, slots + 1, hidden], read[batch, steps, slots], write[batch, steps, slots], saved, workspace[parts, room] */
typedef struct {
  const float *x, *mask, *heads, *eraseKernel, *eraseBias, *resetKernel, *resetBias, *addKernel, *addBias, *alpha, *beta,
      *writingKernel, *writingBias, *writingHeads;
  float *memory, *read, *write, *saved, *workspace;
  long batch, steps, width, hidden, slots, room, rows;
} SumRecurrenceForwardArguments;
INLINE SumRecurrenceForwardArguments sumRecurrenceForwardArguments(const Call *call) {
  return (SumRecurrenceForwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), address(call, 13), address(call, 14), address(call, 15),
      address(call, 16), address(call, 17), address(call, 18), (long)call->args[19], (long)call->args[20], (long)call->args[21],
      (long)call->args[22], (long)call->args[23], (long)call->args[24], (long)call->args[25]};
}

/* x[batch, steps, width], mask[batch, steps], heads[slots, width], eraseKernel[width + hidden, hidden],
    resetKernel[width + hidden], addKernel[width + hidden, hidden], alpha[1], beta[1],
    writingKernel[width + hidden, hidden] or NULL, writingHeads[hidden, slots] or NULL, saved,
    dmemory[batch, slots + 1, hidden], dx[batch, steps, width], workspace[parts, room], dheads[slots, width],
    deraseKernel[width + hidden, hidden], deraseBias[hidden], dresetKernel[width + hidden], dresetBias[1],
    daddKernel[width + hidden, hidden], daddBias[hidden], dalpha[1], dbeta[1], dwritingKernel[width + hidden, hidden] or NULL,
    dwritingBias[hidden] or NULL, dwritingHeads[hidden, slots] or NULL */
typedef struct {
  const float *x, *mask, *heads, *eraseKernel, *resetKernel, *addKernel, *alpha, *beta, *writingKernel, *writingHeads, *saved,
      *dmemory;
  float *dx, *workspace;
  long batch, steps, width, hidden, slots, room;
  float *dheads, *deraseKernel, *deraseBias, *dresetKernel, *dresetBias, *daddKernel, *daddBias, *dalpha, *dbeta,
      *dwritingKernel, *dwritingBias, *dwritingHeads;
} SumRecurrenceBackwardArguments;
INLINE SumRecurrenceBackwardArguments sumRecurrenceBackwardArguments(const Call *call) {
  return (SumRecurrenceBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), address(call, 13), (long)call->args[14], (long)call->args[15],
      (long)call->args[16], (long)call->args[17], (long)call->args[18], (long)call->args[19], address(call, 20),
      address(call, 21), address(call, 22), address(call, 23), address(call, 24), address(call, 25), address(call, 26),
      address(call, 27), address(call, 28), address(call, 29), address(call, 30), address(call, 31)};
}

/* states[rows, width], candidates[count, width], targets[rows], bias[count] or NULL, rowItems[rows] or NULL,
    candidateItems[count] or NULL, scale[1], dstates[rows, width], dcandidates[count, width], dbias[count] or NULL, outputs[2],
    packed, partials[parts, count·width + count + 2], blocks[parts, blockRows·(count + width)] */
typedef struct {
  const float *states, *candidates;
  const int32_t *targets;
  const float *bias;
  const int32_t *rowItems, *candidateItems;
  const float *scale;
  float *dstates, *dcandidates, *dbias, *outputs, *packed, *partials, *blocks;
  long rows, count, width, blockRows;
} CandidateCrossEntropyArguments;
INLINE CandidateCrossEntropyArguments candidateCrossEntropyArguments(const Call *call) {
  return (CandidateCrossEntropyArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      address(call, 4), address(call, 5), address(call, 6), address(call, 7), address(call, 8), address(call, 9),
      address(call, 10), address(call, 11), address(call, 12), address(call, 13), (long)call->args[14], (long)call->args[15],
      (long)call->args[16], (long)call->args[17]};
}

/* states[rows, width], table, ids[rows, perRow], logits[rows, perRow] */
typedef struct {
  const float *states, *table;
  const int32_t *ids;
  float *logits;
  long rows, perRow, width;
} RowwiseScoresArguments;
INLINE RowwiseScoresArguments rowwiseScoresArguments(const Call *call) {
  return (RowwiseScoresArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), (long)call->args[4],
      (long)call->args[5], (long)call->args[6]};
}

/* states[rows, width], table, ids[rows, perRow], dlogits[rows, perRow], dstates[rows, width], dtable[tableSize] */
typedef struct {
  const float *states, *table;
  const int32_t *ids;
  const float *dlogits;
  float *dstates, *dtable;
  long tableSize, rows, perRow, width;
} RowwiseBackwardArguments;
INLINE RowwiseBackwardArguments rowwiseBackwardArguments(const Call *call) {
  return (RowwiseBackwardArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), (long)call->args[6], (long)call->args[7], (long)call->args[8], (long)call->args[9]};
}

/* logits[rows, perRow], loss[1], dlogits[rows, perRow], partials[parts] */
typedef struct {
  const float *logits;
  float *loss, *dlogits, *partials;
  long rows, perRow;
} SampledCrossEntropyArguments;
INLINE SampledCrossEntropyArguments sampledCrossEntropyArguments(const Call *call) {
  return (SampledCrossEntropyArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3),
      (long)call->args[4], (long)call->args[5]};
}

/* logits[count], labels[count], weights[count] or NULL, loss[1], dlogits[count], partials[parts] */
typedef struct {
  const float *logits, *labels, *weights;
  float *loss, *dlogits, *partials;
  long count;
  float totalWeight;
} BinaryCrossEntropyArguments;
INLINE BinaryCrossEntropyArguments binaryCrossEntropyArguments(const Call *call) {
  return (BinaryCrossEntropyArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), (long)call->args[6], (float)call->args[7]};
}

/* value[rows, width], first[rows, width], second[rows, width], gradient[rows, width] */
typedef struct {
  float *value, *first, *second;
  const float *gradient;
  long rows, width;
  float rate, beta1, beta2, epsilon;
  bool lazy;
} AdamArguments;
INLINE AdamArguments adamArguments(const Call *call) {
  return (AdamArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), (long)call->args[4],
      (long)call->args[5], (float)call->args[6], (float)call->args[7], (float)call->args[8], (float)call->args[9],
      call->args[10] != 0};
}

/* offsets[rows + 1], columns, grouped */
typedef struct {
  const int32_t *offsets, *columns;
  int32_t *grouped;
  long rows, candidates;
} GroupExclusionsArguments;
INLINE GroupExclusionsArguments groupExclusionsArguments(const Call *call) {
  return (GroupExclusionsArguments){address(call, 0), address(call, 1), address(call, 2), (long)call->args[3],
      (long)call->args[4]};
}

/* states[rows, width], items[candidates, width], bias[candidates] or NULL, excludedOffsets[rows + 1] or NULL,
    excludedColumns or NULL, columns[rows, k], scores[rows, k], packed */
typedef struct {
  const float *states, *items, *bias;
  const int32_t *excludedOffsets, *excludedColumns;
  int32_t *columns;
  float *scores, *packed;
  long rows, candidates, width, k;
} TopItemsArguments;
INLINE TopItemsArguments topItemsArguments(const Call *call) {
  return (TopItemsArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), address(call, 7), (long)call->args[8], (long)call->args[9], (long)call->args[10],
      (long)call->args[11]};
}

/* states[rows, width], items[candidates, width], targetOffsets[rows + 1], targets, excludedOffsets[rows + 1] or NULL,
    excludedColumns or NULL, greater, equal, packed */
typedef struct {
  const float *states, *items;
  const int32_t *targetOffsets, *targets, *excludedOffsets, *excludedColumns;
  int32_t *greater, *equal;
  float *packed;
  long rows, candidates, width;
} TargetRanksArguments;
INLINE TargetRanksArguments targetRanksArguments(const Call *call) {
  return (TargetRanksArguments){address(call, 0), address(call, 1), address(call, 2), address(call, 3), address(call, 4),
      address(call, 5), address(call, 6), address(call, 7), address(call, 8), (long)call->args[9], (long)call->args[10],
      (long)call->args[11]};
}
