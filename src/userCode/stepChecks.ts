import * as tf from '@tensorflow/tfjs-core';
import { CodeError } from './codeError';
import { currentPlace, placeIn, placeText, userError, userErrorAt, type Place } from './describeFailure';
import { findNotFinite } from './notFinite';
import type { OwnModel } from './ownModel';
import { watchEngine, type EngineListener } from './watchEngine';

/** The loss of a step, and its gradients by the names that TensorFlow.js has for the variables that have one. */
export interface StepResult {
  value: tf.Scalar;
  grads: Record<string, tf.Tensor>;
}

/** What is looked at in the training steps of a model that its user wrote: what can go wrong there, and in built-in models does not. */
export class StepChecks {
  #steps = 0;
  #activationBytes: number | null = null;

  /** @param file of the model, for what has no better place */
  constructor(
    private readonly model: OwnModel,
    private readonly file: string,
  ) {}

  /** What the first step had at once beside parameters and gradients; null before it. */
  get activationBytes(): number | null {
    return this.#activationBytes;
  }

  /**
   * Computes loss and gradients of a step. The first one shows what it takes and whether every parameter learns, the second whether
   * tensors are left behind: a first step may make what is used again.
   * @throws CodeError
   */
  compute(step: () => StepResult): StepResult {
    const number = ++this.#steps;
    try {
      if (number === 1) return this.#first(step);
      return number === 2 ? this.#second(step) : step();
    } catch (error) {
      const told = userError(error, this.file);
      throw told === error || placeIn((error as Error).stack) !== null ? told : this.#placed(told, step);
    }
  }

  /** An error of the backward pass, in whose stack there is nothing of the user: with the place of the operation that it is about. */
  #placed(error: CodeError, step: () => StepResult): CodeError {
    const places = new Map<number, Place | null>();
    const culprit = { place: null as Place | null };
    const listener: EngineListener = {
      computed: (_, __, outputs) => {
        const now = currentPlace();
        if (now !== null) for (const { id } of outputs) places.set(id, now);
      },
      deriving: ([output]) => (culprit.place = places.get(output!.id) ?? null),
    };
    try {
      tf.dispose(watchEngine(listener, step) as unknown as tf.TensorContainer);
    } catch {
      // As the first time.
    }
    return culprit.place === null ? error : userErrorAt(culprit.place, error.cause);
  }

  /**
   * Explains a loss or a gradient that is not finite, before anything was changed by it.
   * @param again computes the same step again
   * @throws CodeError
   */
  async requireFinite(
    loss: number,
    { grads }: StepResult,
    again: () => StepResult,
    step: { epoch: number; step: number },
  ): Promise<void> {
    const broken = Number.isFinite(loss) ? await this.#nameOfNotFinite(grads) : null;
    if (Number.isFinite(loss) && broken === null) return;
    const culprit = findNotFinite(() => {
      const { value, grads: gradients } = again();
      return [value, ...Object.values(gradients)];
    });
    const what = broken === null ? `The loss is ${loss}` : `The gradient of \`${broken}\` is not finite`;
    const why =
      culprit === null
        ? 'Lower `training.learningRate`, or look for a logarithm, a root or a quotient of 0'
        : culprit.what[0]!.toUpperCase() + culprit.what.slice(1);
    throw new CodeError(
      'code/not-finite',
      `${culprit?.place ? placeText(culprit.place) : this.file}: ${what} at epoch ${step.epoch}, step ${step.step}. ${why}. The best checkpoint so far is kept.`,
    );
  }

  #first(step: () => StepResult): StepResult {
    const before = tf.memory().numBytes;
    let peak = before;
    const note = (_: unknown, __: unknown, ___: unknown, bytes: number): void => {
      peak = Math.max(peak, bytes);
    };
    const result = watchEngine({ computed: note }, () => this.#withGradients(step));
    const gradients = Object.values(result.grads).reduce((sum, { size }) => sum + 4 * size, 0);
    this.#activationBytes = Math.max(0, peak - before - gradients);
    const idle = [...this.model.variables].flatMap(([name, variable]) =>
      variable.name in result.grads ? [] : [name],
    );
    if (idle.length > 0) {
      tf.dispose(result as unknown as tf.TensorContainer);
      throw this.#withoutGradient(idle);
    }
    return result;
  }

  #withGradients(step: () => StepResult): StepResult {
    try {
      return step();
    } catch (error) {
      // TensorFlow.js tells of it only where no variable at all has a gradient.
      if (error instanceof Error && error.message.includes('Cannot find a connection between any variable'))
        throw this.#withoutGradient([...this.model.variables.keys()]);
      throw error;
    }
  }

  #withoutGradient(names: readonly string[]): CodeError {
    const [first] = names;
    const { shape } = this.model.variables.get(first!)!;
    const place = placeIn(this.model.madeAt(first!)?.stack);
    const others = names.slice(1).map((name) => `\`${name}\``);
    const also = others.length === 0 ? '' : ` (nor ${others.slice(0, 5).join(', ')})`;
    return new CodeError(
      'code/no-gradient',
      `${place === null ? this.file : placeText(place)}: The parameter \`${first!}\` [${shape.join(', ')}] gets no gradient${also}: ` +
        'the loss does not depend on it, or on the way there is an operation without a gradient. Use it in `loss`, or do not make it.',
    );
  }

  /** Name of a parameter whose gradient is not finite. */
  async #nameOfNotFinite(grads: Record<string, tf.Tensor>): Promise<string | null> {
    const known = [...this.model.variables].filter(([, { name }]) => name in grads);
    const sums = tf.tidy(() => tf.stack(known.map(([, { name }]) => tf.sum(grads[name]!))));
    const values = await sums.data();
    sums.dispose();
    return known.find((_, place) => !Number.isFinite(values[place]))?.[0] ?? null;
  }

  #second(step: () => StepResult): StepResult {
    const made: { tensor: tf.Tensor; place: Place | null }[] = [];
    const before = tf.memory().numTensors;
    const result = watchEngine({ made: (tensor) => made.push({ tensor, place: currentPlace() }) }, step);
    const expected = new Set([result.value, ...Object.values(result.grads)]);
    const left = made.filter(({ tensor }) => !tensor.isDisposed && !expected.has(tensor));
    if (left.length === 0 || tf.memory().numTensors - before <= expected.size) return result;
    tf.dispose(result as unknown as tf.TensorContainer);
    const place = left.find((each) => each.place !== null)?.place ?? null;
    const shapes = [...new Set(left.map(({ tensor }) => `[${tensor.shape.join(', ')}]`))];
    const count = left.length === 1 ? 'a tensor' : `${left.length} tensors`;
    throw new CodeError(
      'code/leak',
      `${place === null ? this.file : placeText(place)}: Each step leaves ${count} behind (shape ${shapes.slice(0, 5).join(', ')}), so that memory would run out. ` +
        'Do not `tf.keep` what a step makes, or dispose of it in the same step.',
    );
  }
}
