/* How a step of SUM reads and moves the memory, and its weights for doing so, with the gradients of both. */
#pragma once
#include "sumRecurrence.h"

/** Calls a function that is made for one to four channels. */
#define UP_TO_FOUR(left, function, ...)          \
  ((left) >= 4   ? function(4, __VA_ARGS__)      \
   : (left) == 3 ? function(3, __VA_ARGS__)      \
   : (left) == 2 ? function(2, __VA_ARGS__)      \
                 : function(1, __VA_ARGS__))

INLINE void readFour(const int channels, bool first, long padded, const float *state, const float *weights, long step,
                     float *mixed) {
  Vec weight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) weight[k] = splat(weights[k * step]);
  for (long j = 0; j < padded; j += W) {
    Vec sum = first ? splat(0) : load(mixed + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) sum = multiplyAdd(weight[k], load(state + k * padded + j), sum);
    store(mixed + j, sum);
  }
}
/** What a step reads: the channels, weighted. The weights of channels are `step` apart, here and below. */
NOINLINE static void readState(long channels, long padded, const float *state, const float *weights, long step, float *mixed) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, readFour, k == 0, padded, state + k * padded, weights + k * step, step, mixed);
}

INLINE void moveFour(const int channels, long padded, const float *state, const float *e, const float *c,
                     const float *weights, long step, float *to) {
  Vec weight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) weight[k] = splat(weights[k * step]);
  for (long j = 0; j < padded; j += W) {
    Vec erase = load(e + j), candidate = load(c + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) {
      Vec value = load(state + k * padded + j);
      store(to + k * padded + j, multiplyAdd(weight[k] * erase, candidate - value, value));
    }
  }
}
/** The state after a step; `to` may be `state`. */
NOINLINE static void moveState(long channels, long padded, const float *state, const float *e, const float *c,
                               const float *weights, long step, float *to) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, moveFour, padded, state + k * padded, e, c, weights + k * step, step, to + k * padded);
}

INLINE void moveFourBack(const int channels, bool first, bool last, long padded, const float *state, const float *e,
                         const float *c, const float *weights, long step, float *dstate, float *de, float *dc, float *lanes,
                         long lanesStep) {
  Vec weight[4], dweight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) {
    weight[k] = splat(weights[k * step]);
    dweight[k] = splat(0);
  }
  for (long j = 0; j < padded; j += W) {
    Vec erase = load(e + j), candidate = load(c + j);
    Vec derase = first ? splat(0) : load(de + j), dcandidate = first ? splat(0) : load(dc + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) {
      Vec d = load(dstate + k * padded + j), moved = d * (candidate - load(state + k * padded + j)), weighted = weight[k] * d;
      dweight[k] = multiplyAdd(moved, erase, dweight[k]);
      derase = multiplyAdd(weight[k], moved, derase);
      dcandidate += weighted;
      store(dstate + k * padded + j, d - weighted * erase);
    }
    store(de + j, last ? derase * erase * (1.0f - erase) : derase);
    store(dc + j, last ? dcandidate * erase * (1.0f - candidate * candidate) : dcandidate);
  }
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) store(lanes + k * lanesStep, dweight[k]);
}
/**
 * From the gradient of the state after a step that of the state before, of what went into e and c, and of the weights, these
 * in lanes to add up.
 */
NOINLINE static void moveBack(long channels, long padded, const float *state, const float *e, const float *c,
                              const float *weights, long step, float *dstate, float *de, float *dc, float *lanes,
                              long lanesStep) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, moveFourBack, k == 0, channels - k <= 4, padded, state + k * padded, e, c, weights + k * step,
               step, dstate + k * padded, de, dc, lanes + k * lanesStep, lanesStep);
}

INLINE void readFourBack(const int channels, long padded, const float *state, const float *weights, long step,
                         const float *dmixed, float *dstate, float *lanes, long lanesStep) {
  Vec weight[4], dweight[4];
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) {
    weight[k] = splat(weights[k * step]);
    dweight[k] = splat(0);
  }
  for (long j = 0; j < padded; j += W) {
    Vec d = load(dmixed + j);
#pragma GCC unroll 4
    for (int k = 0; k < channels; k++) {
      dweight[k] = multiplyAdd(d, load(state + k * padded + j), dweight[k]);
      store(dstate + k * padded + j, multiplyAdd(weight[k], d, load(dstate + k * padded + j)));
    }
  }
#pragma GCC unroll 4
  for (int k = 0; k < channels; k++) store(lanes + k * lanesStep, dweight[k]);
}
/** From the gradient of what a step has read: adds to that of the state, and gives that of the weights, in lanes to add up. */
NOINLINE static void readBack(long channels, long padded, const float *state, const float *weights, long step,
                              const float *dmixed, float *dstate, float *lanes, long lanesStep) {
  for (long k = 0; k < channels; k += 4)
    UP_TO_FOUR(channels - k, readFourBack, padded, state + k * padded, weights + k * step, step, dmixed, dstate + k * padded,
               lanes + k * lanesStep, lanesStep);
}

/** Four lanes that add up to the sum of all. */
INLINE Vec4 foldLanes(Vec v) {
#if W == 16
  return (__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7)) +
         (__builtin_shufflevector(v, v, 8, 9, 10, 11) + __builtin_shufflevector(v, v, 12, 13, 14, 15));
#elif W == 8
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  return (Vec4)v;
#endif
}
/** The sums of vectors' lanes, four at once: both sides need room for a multiple of four. */
NOINLINE static void sumEach(const float *lanes, long count, float *sums) {
  for (long i = 0; i < count; i += 4, lanes += 4 * W) {
    Vec4 a = foldLanes(load(lanes)), b = foldLanes(load(lanes + W));
    Vec4 c = foldLanes(load(lanes + 2 * W)), d = foldLanes(load(lanes + 3 * W));
    Vec4 p = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    Vec4 q = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
    *(Vec4 *)(sums + i) = __builtin_shufflevector(p, q, 0, 2, 4, 6) + __builtin_shufflevector(p, q, 1, 3, 5, 7);
  }
}

/** Softmax over the slots, which are `step` apart, for so many pairs. */
NOINLINE static void softmaxSlots(float *values, long step, long slots, long pairs) {
  for (long p = 0; p < pairs; p += W) {
    const long left = pairs - p;
    Vec most = loadFirst(values + p, left), sum = splat(0);
    for (long k = 1; k < slots; k++) most = maximum(most, loadFirst(values + k * step + p, left));
    for (long k = 0; k < slots; k++) {
      Vec part = exponential(loadFirst(values + k * step + p, left) - most);
      storeFirst(values + k * step + p, part, left);
      sum += part;
    }
    Vec factor = 1.0f / sum;
    for (long k = 0; k < slots; k++)
      storeFirst(values + k * step + p, loadFirst(values + k * step + p, left) * factor, left);
  }
}
/** Turns the gradient of a softmax's results into that of what it was taken of. */
NOINLINE static void softmaxBack(const float *results, long step, float *gradient, long gradientStep, long slots, long pairs) {
  for (long p = 0; p < pairs; p += W) {
    const long left = pairs - p;
    Vec sum = splat(0);
    for (long k = 0; k < slots; k++)
      sum = multiplyAdd(loadFirst(results + k * step + p, left), loadFirst(gradient + k * gradientStep + p, left), sum);
    for (long k = 0; k < slots; k++) {
      float *to = gradient + k * gradientStep + p;
      storeFirst(to, loadFirst(results + k * step + p, left) * (loadFirst(to, left) - sum), left);
    }
  }
}

/**
 * The weights of the channels for so many pairs: factor·slots, and the factor itself for the highway.
 * @param factors one of each pair, or NULL where all have `factor`
 */
NOINLINE static void channelWeights(const float *slotWeights, const float *factors, float factor, long step, long slots,
                                    long pairs, float *weights) {
  for (long p = 0; p < pairs; p += W) {
    const long left = pairs - p;
    Vec by = factors == NULL ? splat(factor) : loadFirst(factors + p, left);
    for (long k = 0; k < slots; k++)
      storeFirst(weights + k * step + p, loadFirst(slotWeights + k * step + p, left) * by, left);
    storeFirst(weights + slots * step + p, by, left);
  }
}

/** log α, of which a step takes α^cosine; 0 where there is none. */
INLINE float logOfBase(float base) { return base > 0 ? logarithm(splat(base))[0] : 0; }
