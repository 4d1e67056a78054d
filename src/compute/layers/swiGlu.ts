import * as tf from '@tensorflow/tfjs-core';

/**
 * silu(gate)·value with silu(z) = z·σ(z): the hidden part of SwiGLU (Shazeer, "GLU Variants Improve Transformer", 2020,
 * arXiv 2002.05202, eq. 5). In place of what tracing would keep, its gradient keeps the inputs alone.
 * @param gate of any shape
 * @param value of the same
 */
export function swiGlu(gate: tf.Tensor, value: tf.Tensor): tf.Tensor {
  const withGradient = tf.customGrad((...inputs) => {
    const [z, v, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([z, v]);
    // The tape would keep what comes in between, and what was saved, until all gradients are there.
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const gradients = tf.tidy(() => {
        const [z, v] = saved as [tf.Tensor, tf.Tensor];
        const share = tf.sigmoid(z);
        const silu = tf.mul(z, share);
        // silu′ = σ + z·σ·(1 − σ)
        const slope = tf.add(share, tf.mul(silu, tf.sub(1, share)));
        return [tf.mul(tf.mul(dy, v), slope), tf.mul(dy, silu)];
      });
      tf.dispose(saved);
      return gradients;
    };
    return { value: tf.mul(tf.mul(z, tf.sigmoid(z)), v), gradFunc };
  });
  return withGradient(gate, value);
}
