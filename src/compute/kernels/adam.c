/* Adam in place. */
#include "kernel.h"

typedef struct {
  float *value, *first, *second;
  const float *gradient;
  float rate, beta1, beta2, epsilon;
} AdamStep;

INLINE void adamRun(const AdamStep *s, long from, long to) {
  for (long i = from; i < to; i += W) {
    long left = to - i;
    Vec gradient = loadUpTo(s->gradient + i, left, 0);
    Vec first = loadUpTo(s->first + i, left, 0) * s->beta1 + gradient * (1 - s->beta1);
    Vec second = loadUpTo(s->second + i, left, 0) * s->beta2 + gradient * gradient * (1 - s->beta2);
    first = flushTiny(first);
    second = flushTiny(second);
    Vec change = first * s->rate / (squareRoot(second) + s->epsilon);
    storeUpTo(s->first + i, first, left);
    storeUpTo(s->second + i, second, left);
    storeUpTo(s->value + i, loadUpTo(s->value + i, left, 0) - change, left);
  }
}

INLINE bool isZero(const float *p, long count) {
  VecInt any = (VecInt)splat(0);
  long i = 0;
  for (; i + W <= count; i += W) any |= (VecInt)load(p + i) & 0x7fffffff;
  int32_t rest = 0;
  for (int lane = 0; lane < W; lane++) rest |= any[lane];
  for (; i < count; i++) rest |= p[i] != 0;
  return rest == 0;
}

/*
 * adam: m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g², value −= rate·m / (√v + ε) for m = first, v = second and g = gradient,
 * all [rows, width]. The rate and ε already carry the bias correction. Lazy leaves rows alone whose gradient is zero.
 * Plain definition: Adam of src/compute/adam.ts.
 */
static void adam(const Call *call, int part, int parts) {
  const AdamArguments args = adamArguments(call);
  long width = args.width, from, to;
  AdamStep s = {args.value, args.first, args.second, args.gradient, args.rate, args.beta1, args.beta2, args.epsilon};
  if (!args.lazy) {
    share(args.rows * width, W, part, parts, &from, &to);
    adamRun(&s, from, to);
    return;
  }
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++)
    if (!isZero(s.gradient + row * width, width)) adamRun(&s, row * width, (row + 1) * width);
}
