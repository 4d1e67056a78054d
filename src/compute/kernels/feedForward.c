/*
 * A transformer's feed-forward sub-layer: y = x + dropout(dropout(f(n·W₁ + b₁))·W₂ + b₂), where n is the normalized x, or
 * x itself without gamma. A block of rows goes all the way while it is in the cache. Of what lies between, only what the
 * gradient reads is kept: `saved` (mean and 1/deviation), and `inner`, the value of f, or what goes into it for gelu.
 */
#include "kernel.h"

/* feedForwardForward: args: x gamma|0 beta innerKernel innerBias outerKernel outerBias y saved[rows,2] inner[rows,size]
 * rows width size epsilon activation, and rate, key and start of the inner and of the outer dropout */
static void feedForwardForward(const Call *call, int part, int parts) {
  const float *gamma = FLOATS(1);
  long width = SIZE(11), size = SIZE(12), from, to;
  const Activation activation = (Activation)SIZE(14);
  const bool dropsInner = NUMBER(15) > 0, dropsOuter = NUMBER(18) > 0;
  const DropoutMask innerMask = dropoutMask(call->args[15], call->args[16], call->args[17]);
  const DropoutMask outerMask = dropoutMask(call->args[18], call->args[19], call->args[20]);
  float *normal = OWN_SCRATCH, *active = normal + LINEAR_BLOCK * width, *result = active + LINEAR_BLOCK * size;
  share(SIZE(10), MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    const long count = shorter(to - row, LINEAR_BLOCK), at = row * width, innerAt = row * size;
    const float *x = FLOATS(0) + at, *input = x;
    float *inner = FLOATS(9) + innerAt;
    if (gamma != NULL) {
      normalizeRows(x, gamma, FLOATS(2), normal, FLOATS(8) + 2 * row, count, width, NUMBER(13));
      input = normal;
    }
    multiply(count, size, width, rowMajor(input, width), rowMajor(FLOATS(3), size), inner, size, START_WITH_BIAS, FLOATS(4),
             call->scratch);
    float *value = activation == ACTIVATION_GELU ? active : inner;
    activateAs(activation, inner, value, count * size);
    if (dropsInner) {
      dropRun(innerMask, value, active, (uint32_t)innerAt, count * size);
      value = active;
    }
    multiply(count, width, size, rowMajor(value, size), rowMajor(FLOATS(5), width), result, width, START_WITH_BIAS, FLOATS(6),
             call->scratch);
    addDropped(dropsOuter, outerMask, result, x, FLOATS(7) + at, (uint32_t)at, count * width);
  }
}

/* Where a part's gradients are: of the kernels, each with its bias behind it, then of gamma and beta. */
INLINE long feedForwardPartials(long width, long size) { return (width + 1) * size + (size + 1) * width + 2 * width; }

/*
 * feedForwardBackward: args: x gamma|0 beta innerKernel outerKernel saved inner dy dx partials rows width size activation,
 * rate, key and start of both, then the results dinnerKernel dinnerBias douterKernel douterBias dgamma dbeta
 */
static void feedForwardBackward(const Call *call, int part, int parts) {
  const float *gamma = FLOATS(1), *innerKernel = FLOATS(3), *outerKernel = FLOATS(4);
  long width = SIZE(11), size = SIZE(12), from, to;
  const Activation activation = (Activation)SIZE(13);
  const bool dropsInner = NUMBER(14) > 0, dropsOuter = NUMBER(17) > 0;
  const DropoutMask innerMask = dropoutMask(call->args[14], call->args[15], call->args[16]);
  const DropoutMask outerMask = dropoutMask(call->args[17], call->args[18], call->args[19]);
  float *dinnerKernel = FLOATS(9) + part * feedForwardPartials(width, size), *dinnerBias = dinnerKernel + width * size;
  float *douterKernel = dinnerBias + size, *douterBias = douterKernel + size * width, *dgamma = douterBias + width;
  fill(dinnerKernel, 0, feedForwardPartials(width, size));

  float *normal = OWN_SCRATCH, *dnormal = normal + LINEAR_BLOCK * width, *dresult = dnormal + LINEAR_BLOCK * width;
  float *active = dresult + LINEAR_BLOCK * width, *dinner = active + LINEAR_BLOCK * size, *panels = dinner + LINEAR_BLOCK * size;
  const long room = OWN_FLOATS - (panels - OWN_SCRATCH);
  const float *packedOuter = packTransposed(outerKernel, size, width, panels, room);
  if (packedOuter != NULL) panels += packedSize(width, size);
  const float *packedInner = packTransposed(innerKernel, width, size, panels, OWN_FLOATS - (panels - OWN_SCRATCH));

  share(SIZE(10), MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    const long count = shorter(to - row, LINEAR_BLOCK), at = row * width, innerAt = row * size;
    const float *x = FLOATS(0) + at, *saved = FLOATS(5) + 2 * row, *inner = FLOATS(6) + innerAt, *dy = FLOATS(7) + at;
    const float *dz = dy, *value = inner;
    if (dropsOuter) {
      dropRun(outerMask, dy, dresult, (uint32_t)at, count * width);
      dz = dresult;
    }
    if (activation == ACTIVATION_GELU) {
      activateAs(activation, inner, active, count * size);
      value = active;
    }
    if (dropsInner) {
      dropRun(innerMask, value, active, (uint32_t)innerAt, count * size);
      value = active;
    }
    linearGradients(count, size, width, value, outerKernel, packedOuter, dz, dinner, OVERWRITE, douterKernel, douterBias,
                    call->scratch);
    if (dropsInner) dropRun(innerMask, dinner, dinner, (uint32_t)innerAt, count * size);
    derivativeAs(activation, inner, dinner, dinner, count * size);
    const float *input = x;
    float *dx = FLOATS(8) + at;
    if (gamma != NULL) {
      normalizeAgain(x, gamma, FLOATS(2), normal, saved, count, width);
      input = normal;
    } else {
      copy(dx, dy, count * width);
    }
    linearGradients(count, width, size, input, innerKernel, packedInner, dinner, gamma == NULL ? dx : dnormal,
                    gamma == NULL ? ACCUMULATE : OVERWRITE, dinnerKernel, dinnerBias, call->scratch);
    if (gamma != NULL) normalizedGradients(x, gamma, saved, dnormal, dy, dx, count, width, dgamma, dgamma + width);
  }
}
static void feedForwardFinish(const Call *call, int part, int parts) {
  long width = SIZE(11), size = SIZE(12), each = feedForwardPartials(width, size);
  const float *inner = FLOATS(9), *outer = inner + (width + 1) * size;
  sumKernelPartials(inner, each, width, size, FLOATS(20), FLOATS(21), part, parts);
  sumKernelPartials(outer, each, size, width, FLOATS(22), FLOATS(23), part, parts);
  if (part == 0 && FLOATS(1) != NULL) sumScales(outer + (size + 1) * width, each, width, FLOATS(24), FLOATS(25), parts);
}
