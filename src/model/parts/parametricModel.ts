import type * as tf from '@tensorflow/tfjs-core';
import { Parameters } from '../../compute/parameters';

/** A model whose whole state are its parameters, with the running statistics among them. */
export abstract class ParametricModel {
  protected readonly parameters: Parameters;

  constructor(seed: number) {
    this.parameters = new Parameters(seed);
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.parameters.variables;
  }

  get state(): ReadonlyMap<string, tf.Variable> {
    return this.parameters.state;
  }

  dispose(): void {
    this.parameters.dispose();
  }
}
