/*
 * A transformer's feed-forward sub-layer. A block of rows goes all the way while it is in the cache. Of what lies between, only
 * what the gradient reads is kept.
 */
#include "activation.h"
#include "dropout.h"
#include "layerNorm.h"
#include "linearGradients.h"

/*
 * feedForwardForward: y[rows, width] = x + dropout(dropout(f(n·W₁ + b₁))·W₂ + b₂), where n is LayerNorm(x), or x itself
 * without gamma; W₁[width, size] is innerKernel, W₂[size, width] outerKernel. saved[rows, 2] keeps mean and 1/deviation,
 * inner[rows, size] the value of f, or what goes into it where that is saved.
 * Plain definition: feedForward of src/compute/layers/feedForward.ts.
 */
static void feedForwardForward(const Call *call, int part, int parts) {
  const FeedForwardForwardArguments args = feedForwardForwardArguments(call);
  const float *gamma = args.gamma;
  long width = args.width, size = args.size, from, to;
  const Activation activation = args.activation;
  const bool dropsInner = args.innerRate > 0, dropsOuter = args.outerRate > 0;
  const DropoutMask innerMask = dropoutMask(args.innerRate, args.innerKey, args.innerStart);
  const DropoutMask outerMask = dropoutMask(args.outerRate, args.outerKey, args.outerStart);
  float *normal = OWN_SCRATCH, *active = normal + LINEAR_BLOCK * width, *result = active + LINEAR_BLOCK * size;
  share(args.rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    const long count = shorter(to - row, LINEAR_BLOCK), at = row * width, innerAt = row * size;
    const float *x = args.x + at, *input = x;
    float *inner = args.inner + innerAt;
    if (gamma != NULL) {
      normalizeRows(x, gamma, args.beta, normal, args.saved + 2 * row, count, width, args.epsilon);
      input = normal;
    }
    multiply(count, size, width, rowMajor(input, width), rowMajor(args.innerKernel, size), inner, size, START_WITH_BIAS,
             args.innerBias, call->scratch);
    float *value = savesInput(activation) ? active : inner;
    activateAs(activation, inner, value, count * size);
    if (dropsInner) {
      dropRun(innerMask, value, active, (uint32_t)innerAt, count * size);
      value = active;
    }
    multiply(count, width, size, rowMajor(value, size), rowMajor(args.outerKernel, width), result, width, START_WITH_BIAS,
             args.outerBias, call->scratch);
    addDropped(dropsOuter, outerMask, result, x, args.y + at, (uint32_t)at, count * width);
  }
}

/* Where a part's gradients are: of the kernels, each with its bias behind it, then of gamma and beta. */
INLINE long feedForwardPartials(long width, long size) { return (width + 1) * size + (size + 1) * width + 2 * width; }

/*
 * feedForwardBackward: with a = dropout(f(z)), do = dropout(dy) and dz = dropout(do·W₂ᵀ)∘f′(z): douterKernel = aᵀ·do,
 * dinnerKernel = nᵀ·dz, the biases' gradients are sums of rows, dn = dz·W₁ᵀ, and dx[rows, width] = dy + dn, or with gamma dy +
 * the gradient of LayerNorm by dn, with dgamma[width] and dbeta[width]. partials[parts, feedForwardPartials].
 * Plain definition: the gradients of feedForward of src/compute/layers/feedForward.ts.
 */
static void feedForwardBackward(const Call *call, int part, int parts) {
  const FeedForwardBackwardArguments args = feedForwardBackwardArguments(call);
  const float *gamma = args.gamma, *innerKernel = args.innerKernel, *outerKernel = args.outerKernel;
  long width = args.width, size = args.size, from, to;
  const Activation activation = args.activation;
  const bool dropsInner = args.innerRate > 0, dropsOuter = args.outerRate > 0;
  const DropoutMask innerMask = dropoutMask(args.innerRate, args.innerKey, args.innerStart);
  const DropoutMask outerMask = dropoutMask(args.outerRate, args.outerKey, args.outerStart);
  float *dinnerKernel = args.partials + part * feedForwardPartials(width, size), *dinnerBias = dinnerKernel + width * size;
  float *douterKernel = dinnerBias + size, *douterBias = douterKernel + size * width, *dgamma = douterBias + width;
  fill(dinnerKernel, 0, feedForwardPartials(width, size));

  float *normal = OWN_SCRATCH, *dnormal = normal + LINEAR_BLOCK * width, *dresult = dnormal + LINEAR_BLOCK * width;
  float *active = dresult + LINEAR_BLOCK * width, *dinner = active + LINEAR_BLOCK * size;
  float *panels = dinner + LINEAR_BLOCK * size;
  const long room = OWN_FLOATS - (panels - OWN_SCRATCH);
  const float *packedOuter = packTransposed(outerKernel, size, width, panels, room);
  if (packedOuter != NULL) panels += packedSize(width, size);
  const float *packedInner = packTransposed(innerKernel, width, size, panels, OWN_FLOATS - (panels - OWN_SCRATCH));

  share(args.rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    const long count = shorter(to - row, LINEAR_BLOCK), at = row * width, innerAt = row * size;
    const float *x = args.x + at, *saved = args.saved + 2 * row, *inner = args.inner + innerAt, *dy = args.dy + at;
    const float *dz = dy, *value = inner;
    if (dropsOuter) {
      dropRun(outerMask, dy, dresult, (uint32_t)at, count * width);
      dz = dresult;
    }
    if (savesInput(activation)) {
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
    float *dx = args.dx + at;
    if (gamma != NULL) {
      normalizeAgain(x, gamma, args.beta, normal, saved, count, width);
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
  const FeedForwardBackwardArguments args = feedForwardBackwardArguments(call);
  long width = args.width, size = args.size, each = feedForwardPartials(width, size);
  const float *inner = args.partials, *outer = inner + (width + 1) * size;
  sumKernelPartials(inner, each, width, size, args.dinnerKernel, args.dinnerBias, part, parts);
  sumKernelPartials(outer, each, size, width, args.douterKernel, args.douterBias, part, parts);
  if (part == 0 && args.gamma != NULL) sumScales(outer + (size + 1) * width, each, width, args.dgamma, args.dbeta, parts);
}
