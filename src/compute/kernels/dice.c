#include "statistics.h"

/*
 * diceForward (Zhou et al., 2018, eq. 3): p = σ((x − mean)/√(variance + ε)), y = p·x + (1 − p)·α·x for x[rows, width], all else
 * [width].
 * Plain definition: dice of src/compute/layers/dice.ts.
 */
static void diceForward(const Call *call, int part, int parts) {
  const DiceForwardArguments args = diceForwardArguments(call);
  long width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(args.mean, args.variance, i, left, args.epsilon);
    Vec alpha = loadUpTo(args.alpha + i, left, 0);
    for (long row = from; row < to; row++) {
      Vec x = loadUpTo(args.x + row * width + i, left, 0), p = sigmoid((x - s.mean) * s.inverse);
      storeUpTo(args.y + row * width + i, x * (p + (1.0f - p) * alpha), left);
    }
  }
}

/*
 * diceBackward: with n = (x − mean)/√(variance + ε) and dn = dy·x·(1 − α)·p·(1 − p), dalpha[width] = Σ_rows dy·x·(1 − p) and
 * dx[rows, width] = dy·(p + (1 − p)·α) + (dn − mean(dn) − n·mean(dn·n))/√(variance + ε), without the two means unless the
 * statistics are x's own. partials[parts, 3, width].
 * Plain definition: the gradients of dice of src/compute/layers/dice.ts.
 */
static void diceSums(const Call *call, int part, int parts) {
  const DiceBackwardArguments args = diceBackwardArguments(call);
  long width = args.width, from, to;
  float *sums = args.partials + part * 3 * width;
  share(args.rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(args.mean, args.variance, i, left, args.epsilon);
    Vec alpha = loadUpTo(args.alpha + i, left, 0), sum = splat(0), projection = splat(0), dalpha = splat(0);
    for (long row = from; row < to; row++) {
      Vec x = loadUpTo(args.x + row * width + i, left, 0), n = (x - s.mean) * s.inverse, p = sigmoid(n);
      Vec weighted = loadUpTo(args.dy + row * width + i, left, 0) * x;
      Vec dn = weighted * (1.0f - alpha) * p * (1.0f - p);
      sum += dn;
      projection = multiplyAdd(dn, n, projection);
      dalpha = multiplyAdd(weighted, 1.0f - p, dalpha);
    }
    storeUpTo(sums + i, sum, left);
    storeUpTo(sums + width + i, projection, left);
    storeUpTo(sums + 2 * width + i, dalpha, left);
  }
}
static void diceBackward(const Call *call, int part, int parts) {
  const DiceBackwardArguments args = diceBackwardArguments(call);
  long rows = args.rows, width = args.width, from, to;
  const float *partials = args.partials;
  const bool own = args.ownStatistics;
  share(rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(args.mean, args.variance, i, left, args.epsilon);
    Vec alpha = loadUpTo(args.alpha + i, left, 0), sum = splat(0), projection = splat(0), dalpha = splat(0);
    for (int p = 0; p < parts; p++) {
      const float *sums = partials + p * 3 * width + i;
      sum += loadUpTo(sums, left, 0);
      projection += loadUpTo(sums + width, left, 0);
      dalpha += loadUpTo(sums + 2 * width, left, 0);
    }
    if (part == 0) storeUpTo(args.dalpha + i, dalpha, left);
    Vec mean = own ? sum / (float)rows : splat(0), along = own ? projection / (float)rows : splat(0);
    for (long row = from; row < to; row++) {
      Vec x = loadUpTo(args.x + row * width + i, left, 0), n = (x - s.mean) * s.inverse, p = sigmoid(n);
      Vec dy = loadUpTo(args.dy + row * width + i, left, 0);
      Vec dn = dy * x * (1.0f - alpha) * p * (1.0f - p);
      Vec dx = dy * (p + (1.0f - p) * alpha) + (dn - mean - n * along) * s.inverse;
      storeUpTo(args.dx + row * width + i, dx, left);
    }
  }
}
