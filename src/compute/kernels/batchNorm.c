#include "statistics.h"

/*
 * columnStatistics: mean[width] = Σ_rows x / rows and variance[width] = Σ_rows (x − mean)² / rows of x[rows, width]. By two
 * passes, because a single pass loses the variance of values far from zero. partials[parts, width].
 * Plain definition: standardize of src/compute/layers/batchNorm.ts.
 */
static void columnSums(const Call *call, int part, int parts) {
  const ColumnStatisticsArguments args = columnStatisticsArguments(call);
  long width = args.width, from, to;
  float *own = args.partials + part * width;
  fill(own, 0, width);
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) addTo(own, args.x + row * width, width);
}
static void columnMeans(const Call *call, int part, int parts) {
  const ColumnStatisticsArguments args = columnStatisticsArguments(call);
  long width = args.width, from, to;
  sumPartials(args.mean, args.partials, width, parts, part, parts);
  share(width, W, part, parts, &from, &to);
  for (long i = from; i < to; i++) args.mean[i] /= (float)args.rows;
}
static void columnSquares(const Call *call, int part, int parts) {
  const ColumnStatisticsArguments args = columnStatisticsArguments(call);
  long width = args.width, from, to;
  const float *mean = args.mean;
  float *own = args.partials + part * width;
  fill(own, 0, width);
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const float *x = args.x + row * width;
    long i = 0;
    for (; i + W <= width; i += W) {
      Vec d = load(x + i) - load(mean + i);
      store(own + i, multiplyAdd(d, d, load(own + i)));
    }
    for (; i < width; i++) own[i] += (x[i] - mean[i]) * (x[i] - mean[i]);
  }
}
static void columnVariances(const Call *call, int part, int parts) {
  const ColumnStatisticsArguments args = columnStatisticsArguments(call);
  long width = args.width, from, to;
  sumPartials(args.variance, args.partials, width, parts, part, parts);
  share(width, W, part, parts, &from, &to);
  for (long i = from; i < to; i++) args.variance[i] /= (float)args.rows;
}

/*
 * batchNormForward: y = γ·(x − mean)/√(variance + ε) + β for x[rows, width], all else [width].
 * Plain definition: batchNorm of src/compute/layers/batchNorm.ts.
 */
static void batchNormForward(const Call *call, int part, int parts) {
  const BatchNormForwardArguments args = batchNormForwardArguments(call);
  long width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(args.mean, args.variance, i, left, args.epsilon);
    Vec scale = s.inverse * loadUpTo(args.gamma + i, left, 1), shift = loadUpTo(args.beta + i, left, 0);
    for (long row = from; row < to; row++) {
      const float *x = args.x + row * width + i;
      storeUpTo(args.y + row * width + i, multiplyAdd(loadUpTo(x, left, 0) - s.mean, scale, shift), left);
    }
  }
}

/*
 * batchNormBackward, in two phases: dbeta[width] = Σ_rows dy and dgamma[width] = Σ_rows dy∘x̂, then dx[rows, width] =
 * γ/√(variance + ε)·(dy − mean(dy) − x̂·mean(dy∘x̂)), without the two means unless the statistics are x's own.
 * partials[parts, 2, width].
 * Plain definition: the gradients of batchNorm of src/compute/layers/batchNorm.ts.
 */
static void batchNormSums(const Call *call, int part, int parts) {
  const BatchNormBackwardArguments args = batchNormBackwardArguments(call);
  long width = args.width, from, to;
  float *sums = args.partials + part * 2 * width;
  share(args.rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(args.mean, args.variance, i, left, args.epsilon);
    Vec sum = splat(0), projection = splat(0);
    for (long row = from; row < to; row++) {
      Vec d = loadUpTo(args.dy + row * width + i, left, 0);
      sum += d;
      projection = multiplyAdd(d, (loadUpTo(args.x + row * width + i, left, 0) - s.mean) * s.inverse, projection);
    }
    storeUpTo(sums + i, sum, left);
    storeUpTo(sums + width + i, projection, left);
  }
}
static void batchNormBackward(const Call *call, int part, int parts) {
  const BatchNormBackwardArguments args = batchNormBackwardArguments(call);
  long rows = args.rows, width = args.width, from, to;
  const float *partials = args.partials;
  const bool own = args.ownStatistics;
  share(rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(args.mean, args.variance, i, left, args.epsilon);
    Vec sum = splat(0), projection = splat(0);
    for (int p = 0; p < parts; p++) {
      sum += loadUpTo(partials + p * 2 * width + i, left, 0);
      projection += loadUpTo(partials + (p * 2 + 1) * width + i, left, 0);
    }
    if (part == 0) {
      storeUpTo(args.dbeta + i, sum, left);
      storeUpTo(args.dgamma + i, projection, left);
    }
    Vec scale = loadUpTo(args.gamma + i, left, 1) * s.inverse;
    Vec mean = own ? sum / (float)rows : splat(0), along = own ? projection / (float)rows : splat(0);
    for (long row = from; row < to; row++) {
      Vec normal = (loadUpTo(args.x + row * width + i, left, 0) - s.mean) * s.inverse;
      Vec d = loadUpTo(args.dy + row * width + i, left, 0);
      storeUpTo(args.dx + row * width + i, scale * (d - mean - normal * along), left);
    }
  }
}
