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
 * adam: args: value first second gradient rows width rate beta1 beta2 epsilon lazy
 * The rate and ε already carry the bias correction (src/compute/adam.ts). Lazy leaves rows alone whose gradient is zero.
 */
static void adam(const Call *call, int part, int parts) {
  long width = SIZE(5), from, to;
  AdamStep s = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), NUMBER(6), NUMBER(7), NUMBER(8), NUMBER(9)};
  if (SIZE(10) == 0) {
    share(SIZE(4) * width, W, part, parts, &from, &to);
    adamRun(&s, from, to);
    return;
  }
  share(SIZE(4), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++)
    if (!isZero(s.gradient + row * width, width)) adamRun(&s, row * width, (row + 1) * width);
}
