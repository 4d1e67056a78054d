#include "layerNorm.h"

/*
 * layerNormForward: y = γ·(x − mean)/√(variance + ε) + β over each row of x[rows, width], with gamma[width] and beta[width];
 * saved[rows, 2] keeps mean and 1/√(variance + ε).
 * Plain definition: layerNorm of src/compute/layers/layerNorm.ts.
 */
static void layerNormForward(const Call *call, int part, int parts) {
  const LayerNormForwardArguments args = layerNormForwardArguments(call);
  long width = args.width, from, to;
  share(args.rows, 1, part, parts, &from, &to);
  normalizeRows(args.x + from * width, args.gamma, args.beta, args.y + from * width, args.saved + 2 * from, to - from,
                width, args.epsilon);
}

/*
 * layerNormBackward: with x̂ = (x − mean)·inverse of saved[rows, 2] and d = dy∘γ, dx[rows, width] = inverse·(d − mean(d) −
 * x̂·mean(d∘x̂)) over each row, dgamma[width] = Σ_rows dy∘x̂ and dbeta[width] = Σ_rows dy. partials[parts, 2, width].
 * Plain definition: the gradients of layerNorm of src/compute/layers/layerNorm.ts.
 */
static void layerNormBackward(const Call *call, int part, int parts) {
  const LayerNormBackwardArguments args = layerNormBackwardArguments(call);
  long width = args.width, from, to;
  float *dgamma = args.partials + part * 2 * width, *dbeta = dgamma + width;
  fill(dgamma, 0, 2 * width);
  share(args.rows, 1, part, parts, &from, &to);
  normalizedGradients(args.x + from * width, args.gamma, args.saved + 2 * from, args.dy + from * width, NULL,
                      args.dx + from * width, to - from, width, dgamma, dbeta);
}

static void layerNormFinish(const Call *call, int part, int parts) {
  const LayerNormBackwardArguments args = layerNormBackwardArguments(call);
  long width = args.width;
  if (part == 0) sumScales(args.partials, 2 * width, width, args.dgamma, args.dbeta, parts);
}
