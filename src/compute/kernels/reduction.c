/* Sums, maxima and softmax of rows. */
#include "softmax.h"

/*
 * sum: out[outer, inner] = scale·Σ_middle a[outer, middle, inner]. Uses partials[parts, inner] where outer is 1.
 * Plain definition: tf.sum, and tf.mean with scale = 1/middle.
 */
static void sumColumns(const Call *call, int part, int parts) {
  const SumArguments args = sumArguments(call);
  const float *a = args.a;
  float *out = args.out, *partials = args.partials;
  long outer = args.outer, middle = args.middle, inner = args.inner, from, to;
  float scale = args.scale;
  if (outer == 1 && inner > 1) { /* a column sum over many rows: each part takes rows, and sumFinish adds up */
    share(middle, 1, part, parts, &from, &to);
    float *own = partials + part * inner;
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
  const SumArguments args = sumArguments(call);
  if (args.outer != 1 || args.inner == 1) return;
  float *out = args.out;
  long inner = args.inner, from, to;
  sumPartials(out, args.partials, inner, parts, part, parts);
  share(inner, W, part, parts, &from, &to);
  for (long i = from; i < to; i++) out[i] *= args.scale;
}

/*
 * maxRows: out[rows] = max of each row of a[rows, count].
 * Plain definition: tf.max over the last axis.
 */
static void maxRows(const Call *call, int part, int parts) {
  const MaxRowsArguments args = maxRowsArguments(call);
  long count = args.count, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) args.out[row] = maxOf(args.a + row * count, count);
}

/*
 * softmaxRows: out[rows, count] = e^(a − max a) / Σ e^(a − max a) of each row of a[rows, count].
 * Plain definition: tf.softmax.
 */
static void softmaxRows(const Call *call, int part, int parts) {
  const SoftmaxRowsArguments args = softmaxRowsArguments(call);
  long count = args.count, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    float *out = args.out + row * count;
    copy(out, args.a + row * count, count);
    float sum = exponentialsOf(out, count, maxOf(out, count));
    scaleBy(out, 1 / sum, count);
  }
}
