/* Layer normalization of rows, for the layer itself and for those that it is fused into. */
#pragma once
#include "kernel.h"

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

/** Adds up the parts' gradients of γ and of β behind it; `each` floats lie between one part's and the next's. */
INLINE void sumScales(const float *partials, long each, long width, float *dgamma, float *dbeta, int parts) {
  copy(dgamma, partials, width);
  copy(dbeta, partials + width, width);
  for (int p = 1; p < parts; p++) {
    addTo(dgamma, partials + p * each, width);
    addTo(dbeta, partials + p * each + width, width);
  }
}
