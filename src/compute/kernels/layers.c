/* Linear layer, LayerNorm, dropout, BatchNorm, Dice. Gradients of parameters are summed per part and then over parts. */
#include "kernel.h"

typedef enum { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_GELU, ACTIVATION_SIGMOID, ACTIVATION_TANH } Activation;

/* Rows whose inputs, outputs and gradients stay near the processor while they are used. */
enum { LINEAR_BLOCK = 96, MAX_PROJECTIONS = 3 };

INLINE Vec activate(const Activation activation, Vec z) {
  switch (activation) {
    case ACTIVATION_NONE: return z;
    case ACTIVATION_RELU: return choose(z <= splat(0), splat(0), z);
    case ACTIVATION_GELU: return z * 0.5f * (1.0f + errorFunction(z * 0.70710678118654752f));
    case ACTIVATION_SIGMOID: return sigmoid(z);
    case ACTIVATION_TANH: return hyperbolicTangent(z);
  }
}

/** The activation's derivative, from its result y; gelu's from its input, which is saved instead. */
INLINE Vec derivative(const Activation activation, Vec saved) {
  switch (activation) {
    case ACTIVATION_NONE: return splat(1);
    case ACTIVATION_RELU: return choose(saved > splat(0), splat(1), splat(0));
    case ACTIVATION_GELU: {
      Vec cumulative = 0.5f * (1.0f + errorFunction(saved * 0.70710678118654752f));
      return cumulative + saved * 0.3989422804014327f * exponential(saved * saved * -0.5f);
    }
    case ACTIVATION_SIGMOID: return saved * (1.0f - saved);
    case ACTIVATION_TANH: return 1.0f - saved * saved;
  }
}

INLINE void activateRun(const Activation activation, const float *z, float *y, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(y + i, activate(activation, load(z + i)));
  if (i < count) storePart(y + i, activate(activation, loadPart(z + i, (int)(count - i), 0)), (int)(count - i));
}
INLINE void derivativeRun(const Activation activation, const float *saved, const float *dy, float *dz, long count) {
  long i = 0;
  for (; i + W <= count; i += W) store(dz + i, load(dy + i) * derivative(activation, load(saved + i)));
  if (i < count) {
    int left = (int)(count - i);
    storePart(dz + i, loadPart(dy + i, left, 0) * derivative(activation, loadPart(saved + i, left, 0)), left);
  }
}

/** f of z, which may be y itself. */
INLINE void activateAs(Activation activation, const float *z, float *y, long count) {
  switch (activation) {
    case ACTIVATION_NONE:
      if (z != y) copy(y, z, count);
      break;
    case ACTIVATION_RELU: activateRun(ACTIVATION_RELU, z, y, count); break;
    case ACTIVATION_GELU: activateRun(ACTIVATION_GELU, z, y, count); break;
    case ACTIVATION_SIGMOID: activateRun(ACTIVATION_SIGMOID, z, y, count); break;
    case ACTIVATION_TANH: activateRun(ACTIVATION_TANH, z, y, count); break;
  }
}
/** dy·f′ from what `derivative` reads; dy may be dz itself. */
INLINE void derivativeAs(Activation activation, const float *saved, const float *dy, float *dz, long count) {
  switch (activation) {
    case ACTIVATION_NONE:
      if (dy != dz) copy(dz, dy, count);
      break;
    case ACTIVATION_RELU: derivativeRun(ACTIVATION_RELU, saved, dy, dz, count); break;
    case ACTIVATION_GELU: derivativeRun(ACTIVATION_GELU, saved, dy, dz, count); break;
    case ACTIVATION_SIGMOID: derivativeRun(ACTIVATION_SIGMOID, saved, dy, dz, count); break;
    case ACTIVATION_TANH: derivativeRun(ACTIVATION_TANH, saved, dy, dz, count); break;
  }
}

/*
 * linearForward: y = f(x·kernel + bias). args: x kernel bias|0 y z|0 rows in out activation
 * z keeps the value before the activation (for gelu's gradient).
 */
static void linearForward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *kernel = FLOATS(1), *bias = FLOATS(2);
  float *y = FLOATS(3), *z = FLOATS(4);
  long rows = SIZE(5), in = SIZE(6), out = SIZE(7), from, to;
  Activation activation = (Activation)SIZE(8);
  share(rows, MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    float *target = (z != NULL ? z : y) + row * out;
    multiply(count, out, in, rowMajor(x + row * in, in), rowMajor(kernel, out), target, out,
             bias != NULL ? START_WITH_BIAS : OVERWRITE, bias, call->scratch);
    activateAs(activation, target, y + row * out, count * out);
  }
}

/** The transpose of a kernel in panels, or NULL where they do not fit: then every block of rows packs its own. */
INLINE const float *packTransposed(const float *kernel, long in, long out, float *to, long room) {
  if (out > DEPTH_BLOCK || packedSize(out, in) > room) return NULL;
  packRight(transposed(rowMajor(kernel, out)), out, in, to);
  return to;
}

/** sums[c] += Σ_r x[r, c] */
INLINE void addColumnSums(const float *x, long rows, long width, float *sums) {
  long c = 0;
  for (; c + 4 * W <= width; c += 4 * W) {
    Vec sum[4];
    for (int v = 0; v < 4; v++) sum[v] = load(sums + c + v * W);
    for (long r = 0; r < rows; r++)
      for (int v = 0; v < 4; v++) sum[v] += load(x + r * width + c + v * W);
    for (int v = 0; v < 4; v++) store(sums + c + v * W, sum[v]);
  }
  for (long r = 0; r < rows && c < width; r++) addTo(sums + c, x + r * width + c, width - c);
}

/**
 * The gradients of z = x·kernel + bias for a block of rows: dx as `start` says, or none, and on top of dkernel and dbias.
 * @param packed of packTransposed
 */
NOINLINE static void linearGradients(long rows, long in, long out, const float *x, const float *kernel, const float *packed,
                                     const float *dz, float *dx, Start start, float *dkernel, float *dbias, float *scratch) {
  if (dx != NULL && packed != NULL)
    multiplyPacked(rows, in, out, rowMajor(dz, out), packed, dx, in, start, NULL);
  else if (dx != NULL)
    multiply(rows, in, out, rowMajor(dz, out), transposed(rowMajor(kernel, out)), dx, in, start, NULL, scratch);
  multiply(in, out, rows, transposed(rowMajor(x, in)), rowMajor(dz, out), dkernel, out, ACCUMULATE, NULL, scratch);
  addColumnSums(dz, rows, out, dbias);
}

/*
 * linearBackward. args: x kernel saved dy dx|0 workspace rows in out activation dkernel dbias|0
 * workspace: parts·(in + 1)·out floats for the parts' sums, then rows·out for dz when there is an activation.
 */
static void linearBackward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *kernel = FLOATS(1), *saved = FLOATS(2), *dy = FLOATS(3);
  float *dx = FLOATS(4), *workspace = FLOATS(5);
  long rows = SIZE(6), in = SIZE(7), out = SIZE(8), from, to;
  Activation activation = (Activation)SIZE(9);
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
/** Adds up the parts' gradients of a kernel and of the bias behind it; `each` floats lie between one part's and the next's. */
INLINE void sumKernelPartials(const float *partials, long each, long in, long out, float *dkernel, float *dbias, int part,
                              int parts) {
  long from, to;
  share(in * out, W, part, parts, &from, &to);
  copy(dkernel + from, partials + from, to - from);
  for (int p = 1; p < parts; p++) addTo(dkernel + from, partials + p * each + from, to - from);
  if (dbias == NULL || part != 0) return;
  copy(dbias, partials + in * out, out);
  for (int p = 1; p < parts; p++) addTo(dbias, partials + p * each + in * out, out);
}
static void linearFinish(const Call *call, int part, int parts) {
  long in = SIZE(7), out = SIZE(8);
  sumKernelPartials(FLOATS(5), (in + 1) * out, in, out, FLOATS(10), FLOATS(11), part, parts);
}

/** y = (x − mean)·inverse·γ + β for each row; `saved` takes mean and inverse = 1/√(variance + ε) of each. */
NOINLINE static void normalizeRows(const float *x, const float *gamma, const float *beta, float *y, float *saved, long rows,
                                   long width, float epsilon) {
  for (long row = 0; row < rows; row++, x += width, y += width, saved += 2) {
    Vec sum = splat(0);
    long i = 0;
    for (; i + W <= width; i += W) sum += load(x + i);
    float mean = sumLanes(sum);
    for (; i < width; i++) mean += x[i];
    mean /= (float)width;
    Vec squares = splat(0);
    for (i = 0; i + W <= width; i += W) {
      Vec d = load(x + i) - mean;
      squares = multiplyAdd(d, d, squares);
    }
    float variance = sumLanes(squares);
    for (; i < width; i++) variance += (x[i] - mean) * (x[i] - mean);
    float inverse = 1 / scalarSquareRoot(variance / (float)width + epsilon);
    saved[0] = mean;
    saved[1] = inverse;
    for (i = 0; i + W <= width; i += W)
      store(y + i, multiplyAdd((load(x + i) - mean) * inverse, load(gamma + i), load(beta + i)));
    for (; i < width; i++) y[i] = (x[i] - mean) * inverse * gamma[i] + beta[i];
  }
}

/** What normalizeRows gave, from what it saved. */
INLINE void normalizeAgain(const float *x, const float *gamma, const float *beta, float *y, const float *saved, long rows,
                           long width) {
  for (long row = 0; row < rows; row++, x += width, y += width, saved += 2) {
    float mean = saved[0], inverse = saved[1];
    long i = 0;
    for (; i + W <= width; i += W)
      store(y + i, multiplyAdd((load(x + i) - mean) * inverse, load(gamma + i), load(beta + i)));
    for (; i < width; i++) y[i] = (x[i] - mean) * inverse * gamma[i] + beta[i];
  }
}

/** The gradients of normalizeRows: dx on top of `residual` unless that is NULL, dγ and dβ on top of what is there. */
INLINE void normalizedGradients(const float *x, const float *gamma, const float *saved, const float *dy, const float *residual,
                                float *dx, long rows, long width, float *dgamma, float *dbeta) {
  for (long row = 0; row < rows; row++, x += width, dy += width, dx += width, saved += 2) {
    float mean = saved[0], inverse = saved[1];
    Vec sum = splat(0), projection = splat(0);
    long i = 0;
    for (; i + W <= width; i += W) {
      Vec normal = (load(x + i) - mean) * inverse, d = load(dy + i), scaled = d * load(gamma + i);
      sum += scaled;
      projection = multiplyAdd(scaled, normal, projection);
      store(dgamma + i, multiplyAdd(d, normal, load(dgamma + i)));
      store(dbeta + i, load(dbeta + i) + d);
    }
    float total = sumLanes(sum), along = sumLanes(projection);
    for (; i < width; i++) {
      float normal = (x[i] - mean) * inverse;
      total += dy[i] * gamma[i];
      along += dy[i] * gamma[i] * normal;
      dgamma[i] += dy[i] * normal;
      dbeta[i] += dy[i];
    }
    total /= (float)width;
    along /= (float)width;
    const float *below = residual == NULL ? NULL : residual + row * width;
    for (i = 0; i + W <= width; i += W) {
      Vec normal = (load(x + i) - mean) * inverse;
      Vec d = (load(dy + i) * load(gamma + i) - total - normal * along) * inverse;
      store(dx + i, below == NULL ? d : d + load(below + i));
    }
    for (; i < width; i++)
      dx[i] = (dy[i] * gamma[i] - total - (x[i] - mean) * inverse * along) * inverse + (below == NULL ? 0 : below[i]);
  }
}

/* layerNormForward: args: x gamma beta y saved[rows,2] (mean, 1/deviation) rows width epsilon */
static void layerNormForward(const Call *call, int part, int parts) {
  long width = SIZE(6), from, to;
  share(SIZE(5), 1, part, parts, &from, &to);
  normalizeRows(FLOATS(0) + from * width, FLOATS(1), FLOATS(2), FLOATS(3) + from * width, FLOATS(4) + 2 * from, to - from,
                width, NUMBER(7));
}

/* layerNormBackward: args: x gamma saved dy dx workspace[parts,2,width] rows width dgamma dbeta */
static void layerNormBackward(const Call *call, int part, int parts) {
  long width = SIZE(7), from, to;
  float *dgamma = FLOATS(5) + part * 2 * width, *dbeta = dgamma + width;
  fill(dgamma, 0, 2 * width);
  share(SIZE(6), 1, part, parts, &from, &to);
  normalizedGradients(FLOATS(0) + from * width, FLOATS(1), FLOATS(2) + 2 * from, FLOATS(3) + from * width, NULL,
                      FLOATS(4) + from * width, to - from, width, dgamma, dbeta);
}
/** Adds up the parts' gradients of γ and of β behind it; `each` floats lie between one part's and the next's. */
INLINE void sumScales(const float *partials, long each, long width, float *dgamma, float *dbeta, int parts) {
  copy(dgamma, partials, width);
  copy(dbeta, partials + width, width);
  for (int p = 1; p < parts; p++) {
    addTo(dgamma, partials + p * each, width);
    addTo(dbeta, partials + p * each + width, width);
  }
}
static void layerNormFinish(const Call *call, int part, int parts) {
  long width = SIZE(7);
  if (part == 0) sumScales(FLOATS(5), 2 * width, width, FLOATS(8), FLOATS(9), parts);
}

/* The generator of src/compute/random.ts: number i of a stream is mix(mix(start + (i + 1)·golden) ^ key). */
INLINE VecUint mix(VecUint x) {
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0xd35a2d97u;
  return x ^ (x >> 15);
}
INLINE VecUint laneNumbers(void) {
  VecUint lanes;
  for (int i = 0; i < W; i++) lanes[i] = (uint32_t)i;
  return lanes;
}

typedef struct {
  uint32_t key, start, threshold;
  float kept;
} DropoutMask;

/** A double that holds any 32-bit integer, signed or not. */
INLINE uint32_t bits32(double value) { return (uint32_t)(int64_t)value; }

INLINE DropoutMask dropoutMask(double rate, double key, double start) {
  double threshold = rate * 4294967296.0;
  uint32_t whole = (uint32_t)threshold;
  return (DropoutMask){bits32(key), bits32(start), whole + ((double)whole < threshold ? 1u : 0u), (float)(1 / (1 - rate))};
}

/** What numbers `index` to `index + W` of the stream make of values: 0, or 1/(1 − rate). */
INLINE Vec dropoutFactors(DropoutMask mask, uint32_t index) {
  VecUint counter = mask.start + (laneNumbers() + (index + 1)) * 0x9e3779b9u;
  VecUint number = mix(mix(counter) ^ mask.key);
  VecInt kept = number >= mask.threshold;
  return (Vec)((VecInt)splat(mask.kept) & kept);
}

/** to = from·mask; the mask's numbers are those from place `at` of the stream on. */
INLINE void dropRun(DropoutMask mask, const float *from, float *to, uint32_t at, long count) {
  for (long i = 0; i < count; i += W)
    storeUpTo(to + i, loadUpTo(from + i, count - i, 0) * dropoutFactors(mask, at + (uint32_t)i), count - i);
}

/** y = residual + z, or residual + z·mask as dropRun has it. */
INLINE void addDropped(bool drops, DropoutMask mask, const float *z, const float *residual, float *y, uint32_t at, long count) {
  for (long i = 0; i < count; i += W) {
    Vec value = loadUpTo(z + i, count - i, 0);
    if (drops) value *= dropoutFactors(mask, at + (uint32_t)i);
    storeUpTo(y + i, value + loadUpTo(residual + i, count - i, 0), count - i);
  }
}

/* dropout: y = x·mask; its gradient is the same call on dy. args: x y count rate key start */
static void dropout(const Call *call, int part, int parts) {
  const float *x = FLOATS(0);
  float *y = FLOATS(1);
  long from, to;
  DropoutMask mask = dropoutMask(call->args[3], call->args[4], call->args[5]);
  share(SIZE(2), W, part, parts, &from, &to);
  dropRun(mask, x + from, y + from, (uint32_t)from, to - from);
}

/*
 * Several linear layers of one input, such as query, key and value: the input is read once, and its gradient is summed
 * while it is near. With gamma and beta the input is normalized on the way, and what is normalized never leaves the cache.
 * projectionsForward: args: x rows in out number gamma|0 beta saved[rows,2] epsilon, then for each: kernel bias y
 */
static void projectionsForward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *gamma = FLOATS(5);
  long in = SIZE(2), out = SIZE(3), number = SIZE(4), from, to;
  float *normal = OWN_SCRATCH;
  share(SIZE(1), MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    const float *input = x + row * in;
    if (gamma != NULL) {
      normalizeRows(input, gamma, FLOATS(6), normal, FLOATS(7) + 2 * row, count, in, NUMBER(8));
      input = normal;
    }
    for (int p = 0; p < number; p++)
      multiply(count, out, in, rowMajor(input, in), rowMajor(FLOATS(9 + 3 * p), out), FLOATS(11 + 3 * p) + row * out, out,
               START_WITH_BIAS, FLOATS(10 + 3 * p), call->scratch);
  }
}

/*
 * projectionsBackward: args: x rows in out number gamma|0 beta saved dx partials dgamma dbeta, then for each:
 * kernel dy dkernel dbias
 * partials[parts, number·(in + 1)·out + 2·in]: kernel and bias of each, then gamma and beta
 */
static void projectionsBackward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *gamma = FLOATS(5);
  float *dx = FLOATS(8);
  long in = SIZE(2), out = SIZE(3), number = SIZE(4), each = (in + 1) * out, own = number * each + 2 * in, from, to;
  float *partials = FLOATS(9) + part * own, *dgamma = partials + number * each, *dbeta = dgamma + in;
  fill(partials, 0, own);
  float *normal = OWN_SCRATCH, *dnormal = normal + LINEAR_BLOCK * in, *panels = dnormal + LINEAR_BLOCK * in;
  const float *packed[MAX_PROJECTIONS];
  for (int p = 0; p < number; p++)
    packed[p] = packTransposed(FLOATS(12 + 4 * p), in, out, panels + p * packedSize(out, in),
                               OWN_FLOATS - 2 * LINEAR_BLOCK * in - p * packedSize(out, in));
  share(SIZE(1), MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK);
    const float *input = x + row * in, *saved = FLOATS(7) + 2 * row;
    float *dinput = dx + row * in;
    if (gamma != NULL) {
      normalizeAgain(input, gamma, FLOATS(6), normal, saved, count, in);
      input = normal;
      dinput = dnormal;
    }
    for (int p = 0; p < number; p++) {
      const float *dy = FLOATS(13 + 4 * p) + row * out;
      float *dkernel = partials + p * each, *dbias = dkernel + in * out;
      linearGradients(count, in, out, input, FLOATS(12 + 4 * p), packed[p], dy, dinput, p == 0 ? OVERWRITE : ACCUMULATE,
                      dkernel, dbias, call->scratch);
    }
    if (gamma != NULL)
      normalizedGradients(x + row * in, gamma, saved, dnormal, NULL, dx + row * in, count, in, dgamma, dbeta);
  }
}
static void projectionsFinish(const Call *call, int part, int parts) {
  long in = SIZE(2), out = SIZE(3), number = SIZE(4), each = (in + 1) * out, own = number * each + 2 * in;
  const float *partials = FLOATS(9);
  for (int k = 0; k < number; k++)
    sumKernelPartials(partials + k * each, own, in, out, FLOATS(14 + 4 * k), FLOATS(15 + 4 * k), part, parts);
  if (part == 0 && FLOATS(5) != NULL) sumScales(partials + number * each, own, in, FLOATS(10), FLOATS(11), parts);
}

/*
 * residualLinearForward: y = residual + dropout(x·kernel + bias), dropout left out at rate 0.
 * args: x kernel bias residual y rows in out rate key start
 */
static void residualLinearForward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *kernel = FLOATS(1), *bias = FLOATS(2);
  long in = SIZE(6), out = SIZE(7), from, to;
  const bool drops = NUMBER(8) > 0;
  DropoutMask mask = dropoutMask(call->args[8], call->args[9], call->args[10]);
  float *block = OWN_SCRATCH;
  share(SIZE(5), MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK), at = row * out, size = count * out;
    multiply(count, out, in, rowMajor(x + row * in, in), rowMajor(kernel, out), block, out, START_WITH_BIAS, bias,
             call->scratch);
    addDropped(drops, mask, block, FLOATS(3) + at, FLOATS(4) + at, (uint32_t)at, size);
  }
}

/*
 * residualLinearBackward; the residual's gradient is dy itself.
 * args: x kernel dy dx partials[parts, (in + 1)·out] rows in out rate key start dkernel dbias
 */
static void residualLinearBackward(const Call *call, int part, int parts) {
  const float *x = FLOATS(0), *kernel = FLOATS(1);
  long in = SIZE(6), out = SIZE(7), from, to;
  const bool drops = NUMBER(8) > 0;
  DropoutMask mask = dropoutMask(call->args[8], call->args[9], call->args[10]);
  float *dkernel = FLOATS(4) + part * (in + 1) * out, *dbias = dkernel + in * out;
  fill(dkernel, 0, (in + 1) * out);
  float *block = OWN_SCRATCH, *panels = block + LINEAR_BLOCK * out;
  const float *packed = packTransposed(kernel, in, out, panels, OWN_FLOATS - LINEAR_BLOCK * out);
  share(SIZE(5), MR, part, parts, &from, &to);
  for (long row = from; row < to; row += LINEAR_BLOCK) {
    long count = shorter(to - row, LINEAR_BLOCK), at = row * out, size = count * out;
    const float *dz = FLOATS(2) + at;
    if (drops) {
      dropRun(mask, dz, block, (uint32_t)at, size);
      dz = block;
    }
    linearGradients(count, in, out, x + row * in, kernel, packed, dz, FLOATS(3) + row * in, OVERWRITE, dkernel, dbias,
                    call->scratch);
  }
}
static void residualLinearFinish(const Call *call, int part, int parts) {
  long in = SIZE(6), out = SIZE(7);
  sumKernelPartials(FLOATS(4), (in + 1) * out, in, out, FLOATS(11), FLOATS(12), part, parts);
}

/*
 * Column statistics for BatchNorm and Dice: mean and biased variance of x[rows, width] by two passes, because a single
 * pass loses the variance of values far from zero.
 * columnSums: args: x workspace[parts·width] rows width mean variance
 */
static void columnSums(const Call *call, int part, int parts) {
  long width = SIZE(3), from, to;
  float *own = FLOATS(1) + part * width;
  fill(own, 0, width);
  share(SIZE(2), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) addTo(own, FLOATS(0) + row * width, width);
}
static void columnMeans(const Call *call, int part, int parts) {
  long width = SIZE(3), from, to;
  sumPartials(FLOATS(4), FLOATS(1), width, parts, part, parts);
  share(width, W, part, parts, &from, &to);
  for (long i = from; i < to; i++) FLOATS(4)[i] /= (float)SIZE(2);
}
static void columnSquares(const Call *call, int part, int parts) {
  long width = SIZE(3), from, to;
  const float *mean = FLOATS(4);
  float *own = FLOATS(1) + part * width;
  fill(own, 0, width);
  share(SIZE(2), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    const float *x = FLOATS(0) + row * width;
    long i = 0;
    for (; i + W <= width; i += W) {
      Vec d = load(x + i) - load(mean + i);
      store(own + i, multiplyAdd(d, d, load(own + i)));
    }
    for (; i < width; i++) own[i] += (x[i] - mean[i]) * (x[i] - mean[i]);
  }
}
static void columnVariances(const Call *call, int part, int parts) {
  long width = SIZE(3), from, to;
  sumPartials(FLOATS(5), FLOATS(1), width, parts, part, parts);
  share(width, W, part, parts, &from, &to);
  for (long i = from; i < to; i++) FLOATS(5)[i] /= (float)SIZE(2);
}

/** Values of W columns that both normalizations need. */
typedef struct {
  Vec mean, inverse;
} Statistics;
INLINE Statistics statisticsAt(const float *mean, const float *variance, long i, long left, float epsilon) {
  return (Statistics){loadUpTo(mean + i, left, 0), 1.0f / squareRoot(loadUpTo(variance + i, left, 1) + epsilon)};
}

/* batchNormForward: y = γ·(x − mean)/√(variance + ε) + β. args: x gamma beta mean variance y rows width epsilon */
static void batchNormForward(const Call *call, int part, int parts) {
  long width = SIZE(7), from, to;
  share(SIZE(6), 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(FLOATS(3), FLOATS(4), i, left, NUMBER(8));
    Vec scale = s.inverse * loadUpTo(FLOATS(1) + i, left, 1), shift = loadUpTo(FLOATS(2) + i, left, 0);
    for (long row = from; row < to; row++) {
      const float *x = FLOATS(0) + row * width + i;
      storeUpTo(FLOATS(5) + row * width + i, multiplyAdd(loadUpTo(x, left, 0) - s.mean, scale, shift), left);
    }
  }
}

/*
 * batchNormBackward, in two phases: sums of dy and dy·x̂ per column, then
 * dx = γ/√(variance + ε)·(dy − mean(dy) − x̂·mean(dy·x̂)), without the two means when the statistics were given.
 * args: x gamma mean variance dy dx workspace[parts,2,width] rows width epsilon ownStatistics dgamma dbeta
 */
static void batchNormSums(const Call *call, int part, int parts) {
  long width = SIZE(8), from, to;
  float *sums = FLOATS(6) + part * 2 * width;
  share(SIZE(7), 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(FLOATS(2), FLOATS(3), i, left, NUMBER(9));
    Vec sum = splat(0), projection = splat(0);
    for (long row = from; row < to; row++) {
      Vec d = loadUpTo(FLOATS(4) + row * width + i, left, 0);
      sum += d;
      projection = multiplyAdd(d, (loadUpTo(FLOATS(0) + row * width + i, left, 0) - s.mean) * s.inverse, projection);
    }
    storeUpTo(sums + i, sum, left);
    storeUpTo(sums + width + i, projection, left);
  }
}
static void batchNormBackward(const Call *call, int part, int parts) {
  long rows = SIZE(7), width = SIZE(8), from, to;
  const float *workspace = FLOATS(6);
  const bool own = SIZE(10) != 0;
  share(rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(FLOATS(2), FLOATS(3), i, left, NUMBER(9));
    Vec sum = splat(0), projection = splat(0);
    for (int p = 0; p < parts; p++) {
      sum += loadUpTo(workspace + p * 2 * width + i, left, 0);
      projection += loadUpTo(workspace + (p * 2 + 1) * width + i, left, 0);
    }
    if (part == 0) {
      storeUpTo(FLOATS(12) + i, sum, left);
      storeUpTo(FLOATS(11) + i, projection, left);
    }
    Vec scale = loadUpTo(FLOATS(1) + i, left, 1) * s.inverse;
    Vec mean = own ? sum / (float)rows : splat(0), along = own ? projection / (float)rows : splat(0);
    for (long row = from; row < to; row++) {
      Vec normal = (loadUpTo(FLOATS(0) + row * width + i, left, 0) - s.mean) * s.inverse;
      Vec d = loadUpTo(FLOATS(4) + row * width + i, left, 0);
      storeUpTo(FLOATS(5) + row * width + i, scale * (d - mean - normal * along), left);
    }
  }
}

/*
 * Dice (Zhou et al., 2018, eq. 3): p = σ((x − mean)/√(variance + ε)), y = p·x + (1 − p)·α·x.
 * diceForward: args: x alpha mean variance y rows width epsilon
 */
static void diceForward(const Call *call, int part, int parts) {
  long width = SIZE(6), from, to;
  share(SIZE(5), 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(FLOATS(2), FLOATS(3), i, left, NUMBER(7));
    Vec alpha = loadUpTo(FLOATS(1) + i, left, 0);
    for (long row = from; row < to; row++) {
      Vec x = loadUpTo(FLOATS(0) + row * width + i, left, 0), p = sigmoid((x - s.mean) * s.inverse);
      storeUpTo(FLOATS(4) + row * width + i, x * (p + (1.0f - p) * alpha), left);
    }
  }
}

/*
 * diceBackward: with n = (x − mean)/√(variance + ε) and dn = dy·x·(1 − α)·p·(1 − p),
 * dx = dy·(p + (1 − p)·α) + (dn − mean(dn) − n·mean(dn·n))/√(variance + ε).
 * args: x alpha mean variance dy dx workspace[parts,3,width] rows width epsilon ownStatistics dalpha
 */
static void diceSums(const Call *call, int part, int parts) {
  long width = SIZE(8), from, to;
  float *sums = FLOATS(6) + part * 3 * width;
  share(SIZE(7), 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(FLOATS(2), FLOATS(3), i, left, NUMBER(9));
    Vec alpha = loadUpTo(FLOATS(1) + i, left, 0), sum = splat(0), projection = splat(0), dalpha = splat(0);
    for (long row = from; row < to; row++) {
      Vec x = loadUpTo(FLOATS(0) + row * width + i, left, 0), n = (x - s.mean) * s.inverse, p = sigmoid(n);
      Vec weighted = loadUpTo(FLOATS(4) + row * width + i, left, 0) * x;
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
  long rows = SIZE(7), width = SIZE(8), from, to;
  const float *workspace = FLOATS(6);
  const bool own = SIZE(10) != 0;
  share(rows, 1, part, parts, &from, &to);
  for (long i = 0; i < width; i += W) {
    long left = width - i;
    Statistics s = statisticsAt(FLOATS(2), FLOATS(3), i, left, NUMBER(9));
    Vec alpha = loadUpTo(FLOATS(1) + i, left, 0), sum = splat(0), projection = splat(0), dalpha = splat(0);
    for (int p = 0; p < parts; p++) {
      const float *sums = workspace + p * 3 * width + i;
      sum += loadUpTo(sums, left, 0);
      projection += loadUpTo(sums + width, left, 0);
      dalpha += loadUpTo(sums + 2 * width, left, 0);
    }
    if (part == 0) storeUpTo(FLOATS(11) + i, dalpha, left);
    Vec mean = own ? sum / (float)rows : splat(0), along = own ? projection / (float)rows : splat(0);
    for (long row = from; row < to; row++) {
      Vec x = loadUpTo(FLOATS(0) + row * width + i, left, 0), n = (x - s.mean) * s.inverse, p = sigmoid(n);
      Vec dy = loadUpTo(FLOATS(4) + row * width + i, left, 0);
      Vec dn = dy * x * (1.0f - alpha) * p * (1.0f - p);
      Vec dx = dy * (p + (1.0f - p) * alpha) + (dn - mean - n * along) * s.inverse;
      storeUpTo(FLOATS(5) + row * width + i, dx, left);
    }
  }
}
