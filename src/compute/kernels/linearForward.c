/* Linear layers, and what is fused to them. */
#include "activation.h"
#include "dropout.h"
#include "gemm.h"
#include "layerNorm.h"

/*
 * linearForward: y[rows, out] = f(x[rows, in]·kernel[in, out] + bias[out]); z[rows, out] keeps what goes into f, for the gradients
 * of gelu and silu.
 * Plain definition: linear of src/compute/layers/linear.ts.
 */
static void linearForward(const Call *call, int part, int parts) {
  const LinearForwardArguments args = linearForwardArguments(call);
  const float *x = args.x, *kernel = args.kernel, *bias = args.bias;
  float *y = args.y, *z = args.z;
  long rows = args.rows, in = args.in, out = args.out, from, to;
  Activation activation = args.activation;
  share(rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    float *target = (z != NULL ? z : y) + row * out;
    multiply(count, out, in, rowMajor(x + row * in, in), rowMajor(kernel, out), target, out,
             bias != NULL ? START_WITH_BIAS : OVERWRITE, bias, call->scratch);
    activateAs(activation, target, y + row * out, count * out);
  }
}

/*
 * projectionsForward: yₚ[rows, out] = n·kernelₚ[in, out] + biasₚ[out] for each of `number` projections, such as query, key and
 * value, where n is x[rows, in], or with gamma[in] and beta[in] LayerNorm(x), whose mean and 1/deviation go to saved[rows, 2].
 * The input is read once, and what is normalized never leaves the cache.
 * Plain definition: projections of src/compute/layers/projections.ts.
 */
static void projectionsForward(const Call *call, int part, int parts) {
  const ProjectionsForwardArguments args = projectionsForwardArguments(call);
  const float *x = args.x, *gamma = args.gamma;
  long in = args.in, out = args.out, number = args.number, from, to;
  const float *kernels[MAX_PROJECTIONS] = {args.kernel0, args.kernel1, args.kernel2};
  const float *biases[MAX_PROJECTIONS] = {args.bias0, args.bias1, args.bias2};
  float *ys[MAX_PROJECTIONS] = {args.y0, args.y1, args.y2};
  float *normal = OWN_SCRATCH;
  share(args.rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    const float *input = x + row * in;
    if (gamma != NULL) {
      normalizeRows(input, gamma, args.beta, normal, args.saved + 2 * row, count, in, args.epsilon);
      input = normal;
    }
    for (int p = 0; p < number; p++)
      multiply(count, out, in, rowMajor(input, in), rowMajor(kernels[p], out), ys[p] + row * out, out, START_WITH_BIAS,
               biases[p], call->scratch);
  }
}

/*
 * residualLinearForward: y[rows, out] = residual[rows, out] + dropout(x[rows, in]·kernel[in, out] + bias[out]), dropout left
 * out at rate 0.
 * Plain definition: residualLinear of src/compute/layers/residualLinear.ts.
 */
static void residualLinearForward(const Call *call, int part, int parts) {
  const ResidualLinearForwardArguments args = residualLinearForwardArguments(call);
  const float *x = args.x, *kernel = args.kernel, *bias = args.bias;
  long in = args.in, out = args.out, from, to;
  const bool drops = args.rate > 0;
  DropoutMask mask = dropoutMask(args.rate, args.key, args.start);
  float *block = OWN_SCRATCH;
  share(args.rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK), at = row * out, size = count * out;
    multiply(count, out, in, rowMajor(x + row * in, in), rowMajor(kernel, out), block, out, START_WITH_BIAS, bias,
             call->scratch);
    addDropped(drops, mask, block, args.residual + at, args.y + at, (uint32_t)at, size);
  }
}
