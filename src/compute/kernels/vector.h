/*
 * Vectors of W floats and the functions on them that kernels share, in the compilers' vector extensions, so that one
 * source serves WebAssembly SIMD, SSE, AVX2, AVX-512 and NEON.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#define W 16
#elif defined(__AVX2__)
#define W 8
#else
#define W 4
#endif

#define INLINE static inline __attribute__((always_inline))
/** For what is large and called from many kernels. */
#define NOINLINE __attribute__((noinline))

/** Rows of floats start anywhere, so no alignment is promised. */
typedef float Vec __attribute__((vector_size(4 * W), aligned(4)));
typedef int32_t VecInt __attribute__((vector_size(4 * W), aligned(4)));
typedef uint32_t VecUint __attribute__((vector_size(4 * W), aligned(4)));
typedef float Vec4 __attribute__((vector_size(16), aligned(4)));

INLINE Vec load(const float *p) { return *(const Vec *)p; }
INLINE void store(float *p, Vec v) { *(Vec *)p = v; }
INLINE Vec splat(float x) { return x - (Vec){0}; }

/** The first `count` lanes from memory, the rest `fill`. */
INLINE Vec loadPart(const float *p, int count, float fill) {
  Vec v = splat(fill);
  for (int i = 0; i < count; i++) v[i] = p[i];
  return v;
}
INLINE void storePart(float *p, Vec v, int count) {
  for (int i = 0; i < count; i++) p[i] = v[i];
}
/** `count` may be W or more: then a whole vector. */
INLINE Vec loadUpTo(const float *p, long count, float fill) {
  return count >= W ? load(p) : loadPart(p, (int)count, fill);
}
INLINE void storeUpTo(float *p, Vec v, long count) {
  if (count >= W) store(p, v);
  else storePart(p, v, (int)count);
}

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#if defined(__wasm_relaxed_simd__)
INLINE Vec multiplyAdd(Vec a, Vec b, Vec c) { return (Vec)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c); }
#else
/** a·b + c; fused where the machine can (-ffp-contract=on). */
INLINE Vec multiplyAdd(Vec a, Vec b, Vec c) { return a * b + c; }
#endif

INLINE Vec choose(VecInt mask, Vec yes, Vec no) { return (Vec)(((VecInt)yes & mask) | ((VecInt)no & ~mask)); }
/* A NaN in `a` stays: comparisons with it are false. */
INLINE Vec maximum(Vec a, Vec b) { return choose(a < b, b, a); }
INLINE Vec absolute(Vec a) { return (Vec)((VecInt)a & 0x7fffffff); }

/* Halves at a time: lane by lane each addition waits for the one before. */
INLINE float sumLanes(Vec v) {
#if W == 16
  Vec4 four = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7) +
              (__builtin_shufflevector(v, v, 8, 9, 10, 11) + __builtin_shufflevector(v, v, 12, 13, 14, 15));
#elif W == 8
  Vec4 four = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  Vec4 four = v;
#endif
  return (four[0] + four[2]) + (four[1] + four[3]);
}
INLINE float maxLanes(Vec v) {
  float best = v[0];
  for (int i = 1; i < W; i++) best = v[i] > best ? v[i] : best;
  return best;
}

/** One bit for each lane of a comparison's result. */
INLINE uint32_t laneBits(VecInt mask) {
#if defined(__AVX512F__)
  typedef int32_t Native __attribute__((vector_size(64)));
  return __builtin_ia32_cvtd2mask512((Native)mask);
#elif defined(__AVX2__)
  typedef float Native __attribute__((vector_size(32)));
  return (uint32_t)__builtin_ia32_movmskps256((Native)mask);
#elif defined(__SSE2__)
  typedef float Native __attribute__((vector_size(16)));
  return (uint32_t)__builtin_ia32_movmskps((Native)mask);
#elif defined(__wasm_simd128__)
  return wasm_i32x4_bitmask((v128_t)mask);
#else
  uint32_t bits = 0;
  for (int i = 0; i < W; i++) bits |= (uint32_t)(mask[i] & 1) << i;
  return bits;
#endif
}

#if defined(__wasm_simd128__)
INLINE Vec squareRoot(Vec v) { return (Vec)wasm_f32x4_sqrt((v128_t)v); }
INLINE float scalarSquareRoot(float x) { return __builtin_sqrtf(x); }
#else
INLINE float scalarSquareRoot(float x) { return __builtin_sqrtf(x); }
INLINE Vec squareRoot(Vec v) {
#if __has_builtin(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(v);
#else
  for (int i = 0; i < W; i++) v[i] = __builtin_sqrtf(v[i]);
  return v;
#endif
}
#endif

/* NaN stays: comparisons with it are false. */
INLINE Vec clamp(Vec x, float low, float high) {
  Vec notAbove = choose(x > splat(high), splat(high), x);
  return choose(notAbove < splat(low), splat(low), notAbove);
}

/** e^x for −87 ≤ x ≤ 88 and NaN, relative error below 2e-7 (range reduction by ln 2 and a polynomial of degree 7). */
INLINE Vec exponentialWithin(Vec x) {
  const Vec magic = splat(12582912.0f + 127); /* 1.5·2²³: adding it rounds to an integer in the low bits, here an exponent */
  Vec shifted = multiplyAdd(x, splat(1.44269504088896341f), magic);
  Vec power = (Vec)((VecInt)shifted << 23);
  Vec rounded = shifted - magic;
  Vec f = multiplyAdd(rounded, splat(-0.693359375f), x);
  f = multiplyAdd(rounded, splat(2.12194440e-4f), f);
  Vec p = multiplyAdd(f, splat(1.9875691500e-4f), splat(1.3981999507e-3f));
  p = multiplyAdd(p, f, splat(8.3334519073e-3f));
  p = multiplyAdd(p, f, splat(4.1665795894e-2f));
  p = multiplyAdd(p, f, splat(1.6666665459e-1f));
  p = multiplyAdd(p, f, splat(5.0000001201e-1f));
  p = multiplyAdd(p, f * f, f) + 1.0f;
  return p * power;
}

/**
 * e^x. Below −87 it is exactly zero and never a denormal, which would make every later operation slow; above 88 it stays
 * at e^88. NaN stays NaN.
 */
INLINE Vec exponential(Vec x) {
  VecInt tiny = x < splat(-87.0f);
  return (Vec)((VecInt)exponentialWithin(clamp(x, -87, 88)) & ~tiny);
}

INLINE Vec sigmoid(Vec x) { return 1.0f / (1.0f + exponentialWithin(clamp(-x, -87, 88))); }
/** x·σ(x), which comes to nothing far below 0. */
INLINE Vec silu(Vec x) { return choose(x < splat(-87), splat(0), x * sigmoid(x)); }
/** Its derivative, from both. */
INLINE Vec siluSlope(Vec sigmoidOfX, Vec siluOfX) { return multiplyAdd(siluOfX, 1.0f - sigmoidOfX, sigmoidOfX); }
/** Near zero the difference 2σ(2x) − 1 loses all digits, so the odd series takes over there. */
INLINE Vec hyperbolicTangent(Vec x) {
  Vec large = 2.0f / (1.0f + exponentialWithin(clamp(x * -2.0f, -87, 88))) - 1.0f;
  Vec s = x * x;
  Vec p = multiplyAdd(s, splat(-0.053968254f), splat(0.13333333f));
  p = multiplyAdd(p, s, splat(-0.33333333f));
  Vec small = multiplyAdd(p * s, x, x);
  return choose(absolute(x) < splat(0.1f), small, large);
}

/** Natural logarithm of x > 0; zero and denormals give −∞-like −87.3, negative numbers NaN. */
INLINE Vec logarithm(Vec x) {
  VecInt negative = x < splat(0.0f);
  VecInt infinite = x > splat(3.0e38f);
  VecInt isNumber = x == x;
  Vec safe = choose(x < splat(1.17549435e-38f), splat(1.17549435e-38f), x);
  VecInt bits = (VecInt)safe;
  VecInt exponent = (bits - 0x3f2aaaab) >> 23;
  Vec mantissa = (Vec)(bits - (exponent << 23));
  Vec f = mantissa - 1.0f;
  Vec s = f / (f + 2.0f), z = s * s;
  Vec q = multiplyAdd(z, splat(0.1538461538f), splat(0.1818181818f));
  q = multiplyAdd(q, z, splat(0.2222222222f));
  q = multiplyAdd(q, z, splat(0.2857142857f));
  q = multiplyAdd(q, z, splat(0.4f));
  q = multiplyAdd(q, z, splat(0.6666666667f));
  q = multiplyAdd(q, z, splat(2.0f));
  Vec result = multiplyAdd(__builtin_convertvector(exponent, Vec), splat(0.69314718056f), s * q);
  result = choose(infinite, x, result);
  result = choose(negative, splat(__builtin_nanf("")), result);
  return choose(isNumber, result, x);
}

/** log(1 + e^x) without overflow. */
INLINE Vec softplus(Vec x) {
  Vec positive = choose(x > splat(0.0f), x, splat(0.0f));
  Vec small = exponential(-absolute(x));
  /* For tiny e: log(1 + e) = e − e²/2, where 1 + e would be rounded to 1. */
  Vec rest = choose(small < splat(1e-3f), small * (1.0f - 0.5f * small), logarithm(1.0f + small));
  return choose(x == x, positive + rest, x);
}

/** Error function, absolute error below 5e-7 (Abramowitz and Stegun 7.1.26, and a series near zero). */
INLINE Vec errorFunction(Vec x) {
  Vec a = absolute(x);
  Vec t = 1.0f / multiplyAdd(a, splat(0.3275911f), splat(1.0f));
  Vec p = multiplyAdd(t, splat(1.061405429f), splat(-1.453152027f));
  p = multiplyAdd(p, t, splat(1.421413741f));
  p = multiplyAdd(p, t, splat(-0.284496736f));
  p = multiplyAdd(p, t, splat(0.254829592f));
  Vec large = 1.0f - p * t * exponential(-a * a);
  Vec s = a * a;
  Vec q = multiplyAdd(s, splat(-0.026866171f), splat(0.11283792f));
  q = multiplyAdd(q, s, splat(-0.37612639f));
  q = multiplyAdd(q, s, splat(1.1283792f));
  Vec result = choose(a < splat(0.3f), a * q, large);
  Vec sign = (Vec)((VecInt)x & (int32_t)0x80000000);
  return (Vec)((VecInt)result | (VecInt)sign);
}

/** Moments and the like that have decayed below this are as good as zero, and denormals are a hundred times slower. */
INLINE Vec flushTiny(Vec x) { return choose(absolute(x) < splat(1e-30f), splat(0.0f), x); }
