#include "gemm.h"

/*
 * matMul: c[batch, m, n] = op(a)·op(b), where op transposes or does not; an operand with a batch of 1 is the same for all.
 * Plain definition: tf.matMul.
 */
static void matMul(const Call *call, int part, int parts) {
  const MatMulArguments args = matMulArguments(call);
  const float *a = args.a, *b = args.b;
  float *c = args.c;
  long batch = args.batch, m = args.m, n = args.n, depth = args.depth;
  const bool transposeA = args.transposeA, transposeB = args.transposeB;
  long stepA = args.batchOfA > 1 ? m * depth : 0, stepB = args.batchOfB > 1 ? depth * n : 0;
  long rowFrom = 0, rowTo = m, batchFrom = 0, batchTo = batch;
  if (batch >= parts) share(batch, 1, part, parts, &batchFrom, &batchTo);
  else share(m, MR, part, parts, &rowFrom, &rowTo);
  for (long i = batchFrom; i < batchTo; i++) {
    Matrix left = transposeA ? (Matrix){a + i * stepA, 1, m} : rowMajor(a + i * stepA, depth);
    Matrix right = transposeB ? (Matrix){b + i * stepB, 1, depth} : rowMajor(b + i * stepB, n);
    left.at += rowFrom * left.row;
    multiply(rowTo - rowFrom, n, depth, left, right, c + (i * m + rowFrom) * n, n, OVERWRITE, NULL, call->scratch);
  }
}
