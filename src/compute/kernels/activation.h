/* Activations of linear layers and their derivatives. */
#pragma once
#include "kernel.h"

INLINE Vec activate(const Activation activation, Vec z) {
  switch (activation) {
    case ACTIVATION_NONE: return z;
    case ACTIVATION_RELU: return choose(z <= splat(0), splat(0), z);
    case ACTIVATION_GELU: return z * 0.5f * (1.0f + errorFunction(z * 0.70710678118654752f));
    case ACTIVATION_SIGMOID: return sigmoid(z);
    case ACTIVATION_TANH: return hyperbolicTangent(z);
    case ACTIVATION_SILU: return silu(z);
  }
}

/** Whether an activation's derivative is made from its input, which is saved instead of its result. */
INLINE bool savesInput(Activation activation) { return activation == ACTIVATION_GELU || activation == ACTIVATION_SILU; }

/** The activation's derivative, from its result y, or from its input where that is saved. */
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
    case ACTIVATION_SILU: return siluSlope(sigmoid(saved), silu(saved));
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
    case ACTIVATION_SILU: activateRun(ACTIVATION_SILU, z, y, count); break;
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
    case ACTIVATION_SILU: derivativeRun(ACTIVATION_SILU, saved, dy, dz, count); break;
  }
}
