/* The gradients of linearForward.c. Those of parameters are summed per part and then over parts. */
#include "activation.h"
#include "dropout.h"
#include "layerNorm.h"
#include "linearGradients.h"

/*
 * linearBackward: with dz[rows, out] = dy∘f′, dx[rows, in] = dz·kernelᵀ, dkernel[in, out] = xᵀ·dz and dbias[out] = Σ_rows dz.
 * f′ is taken from saved[rows, out], which is y, or what went into f for gelu and silu.
 * workspace: parts·(in + 1)·out floats for the parts' sums, then rows·out for dz when there is an activation.
 * Plain definition: the gradients of linear of src/compute/layers/linear.ts.
 */
static void linearBackward(const Call *call, int part, int parts) {
  const LinearBackwardArguments args = linearBackwardArguments(call);
  const float *x = args.x, *kernel = args.kernel, *saved = args.saved, *dy = args.dy;
  float *dx = args.dx, *workspace = args.workspace;
  long rows = args.rows, in = args.in, out = args.out, from, to;
  Activation activation = args.activation;
  float *dkernel = workspace + part * (in + 1) * out, *dbias = dkernel + in * out;
  float *dzRows = workspace + parts * (in + 1) * out;
  const float *packed = dx == NULL ? NULL : packTransposed(kernel, in, out, OWN_SCRATCH, OWN_FLOATS);
  fill(dkernel, 0, (in + 1) * out);
  share(rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    const float *dz = dy + row * out;
    if (activation != ACTIVATION_NONE) {
      float *own = dzRows + row * out;
      derivativeAs(activation, saved + row * out, dz, own, count * out);
      dz = own;
    }
    linearGradients(count, in, out, x + row * in, kernel, packed, dz, dx == NULL ? NULL : dx + row * in, OVERWRITE, dkernel,
                    dbias, call->scratch);
  }
}

static void linearFinish(const Call *call, int part, int parts) {
  const LinearBackwardArguments args = linearBackwardArguments(call);
  long in = args.in, out = args.out;
  sumKernelPartials(args.workspace, (in + 1) * out, in, out, args.dkernel, args.dbias, part, parts);
}

/*
 * projectionsBackward: dkernelₚ[in, out] = nᵀ·dyₚ and dbiasₚ[out] = Σ_rows dyₚ of each projection, dn[rows, in] = Σₚ
 * dyₚ·kernelₚᵀ, and dx[rows, in] = dn, or with gamma[in] and beta[in] the gradients of LayerNorm by dn: dx, dgamma[in],
 * dbeta[in]. The input's gradient is summed while it is near. partials[parts, number·(in + 1)·out + 2·in]: kernel and bias of
 * each, then gamma and beta.
 * Plain definition: the gradients of projections of src/compute/layers/projections.ts.
 */
static void projectionsBackward(const Call *call, int part, int parts) {
  const ProjectionsBackwardArguments args = projectionsBackwardArguments(call);
  const float *x = args.x, *gamma = args.gamma;
  float *dx = args.dx;
  long in = args.in, out = args.out, number = args.number, each = (in + 1) * out, own = number * each + 2 * in, from, to;
  float *partials = args.partials + part * own, *dgamma = partials + number * each, *dbeta = dgamma + in;
  fill(partials, 0, own);
  float *normal = OWN_SCRATCH, *dnormal = normal + LINEAR_BLOCK * in, *panels = dnormal + LINEAR_BLOCK * in;
  const float *kernels[MAX_PROJECTIONS] = {args.kernel0, args.kernel1, args.kernel2};
  const float *dys[MAX_PROJECTIONS] = {args.dy0, args.dy1, args.dy2};
  const float *packed[MAX_PROJECTIONS];
  for (int p = 0; p < number; p++)
    packed[p] = packTransposed(kernels[p], in, out, panels + p * packedSize(out, in),
                               OWN_FLOATS - 2 * LINEAR_BLOCK * in - p * packedSize(out, in));
  share(args.rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    const float *input = x + row * in, *saved = args.saved + 2 * row;
    float *dinput = dx + row * in;
    if (gamma != NULL) {
      normalizeAgain(input, gamma, args.beta, normal, saved, count, in);
      input = normal;
      dinput = dnormal;
    }
    for (int p = 0; p < number; p++) {
      const float *dy = dys[p] + row * out;
      float *dkernel = partials + p * each, *dbias = dkernel + in * out;
      linearGradients(count, in, out, input, kernels[p], packed[p], dy, dinput, p == 0 ? OVERWRITE : ACCUMULATE,
                      dkernel, dbias, call->scratch);
    }
    if (gamma != NULL)
      normalizedGradients(x + row * in, gamma, saved, dnormal, NULL, dx + row * in, count, in, dgamma, dbeta);
  }
}
static void projectionsFinish(const Call *call, int part, int parts) {
  const ProjectionsBackwardArguments args = projectionsBackwardArguments(call);
  long in = args.in, out = args.out, number = args.number, each = (in + 1) * out, own = number * each + 2 * in;
  const float *partials = args.partials;
  float *dkernels[MAX_PROJECTIONS] = {args.dkernel0, args.dkernel1, args.dkernel2};
  float *dbiases[MAX_PROJECTIONS] = {args.dbias0, args.dbias1, args.dbias2};
  for (int p = 0; p < number; p++)
    sumKernelPartials(partials + p * each, own, in, out, dkernels[p], dbiases[p], part, parts);
  if (part == 0 && args.gamma != NULL) sumScales(partials + number * each, own, in, args.dgamma, args.dbeta, parts);
}

/*
 * residualLinearBackward: with dz[rows, out] = dropout(dy), dx[rows, in] = dz·kernelᵀ, dkernel[in, out] = xᵀ·dz and
 * dbias[out] = Σ_rows dz; the residual's gradient is dy itself. partials[parts, (in + 1)·out].
 * Plain definition: the gradients of residualLinear of src/compute/layers/residualLinear.ts.
 */
static void residualLinearBackward(const Call *call, int part, int parts) {
  const ResidualLinearBackwardArguments args = residualLinearBackwardArguments(call);
  const float *x = args.x, *kernel = args.kernel;
  long in = args.in, out = args.out, from, to;
  const bool drops = args.rate > 0;
  DropoutMask mask = dropoutMask(args.rate, args.key, args.start);
  float *dkernel = args.partials + part * (in + 1) * out, *dbias = dkernel + in * out;
  fill(dkernel, 0, (in + 1) * out);
  float *block = OWN_SCRATCH, *panels = block + LINEAR_BLOCK * out;
  const float *packed = packTransposed(kernel, in, out, panels, OWN_FLOATS - LINEAR_BLOCK * out);
  share(args.rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK), at = row * out, size = count * out;
    const float *dz = args.dy + at;
    if (drops) {
      dropRun(mask, dz, block, (uint32_t)at, size);
      dz = block;
    }
    linearGradients(count, in, out, x + row * in, kernel, packed, dz, args.dx + row * in, OVERWRITE, dkernel, dbias,
                    call->scratch);
  }
}
static void residualLinearFinish(const Call *call, int part, int parts) {
  const ResidualLinearBackwardArguments args = residualLinearBackwardArguments(call);
  long in = args.in, out = args.out;
  sumKernelPartials(args.partials, (in + 1) * out, in, out, args.dkernel, args.dbias, part, parts);
}
