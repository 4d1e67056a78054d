import * as tf from '@tensorflow/tfjs-core';
import type { BatchBuilder } from '../model/batches/batchBuilder';
import type {
  EmbeddingView,
  JointScoring,
  ModelData,
  ProductScoring,
  Query,
  Recorder,
  Scoring,
} from '../model/model';
import { CodeError } from './codeError';
import { currentPlace, placeText, userError, type Place } from './describeFailure';
import type { OwnModel } from './ownModel';
import { watchEngine } from './watchEngine';

/**
 * A model of the user whose errors say their place, and which is what a model is to be: its loss, scores and vectors have the
 * shapes that everything else relies on.
 * @param file of the model, for what has no better place
 */
export function guardedModel(model: OwnModel, file: string, data: ModelData): OwnModel {
  const guards = new Guards(model, file);
  let scorings = 0;
  return {
    ...model,
    batches: guards.batches(model.batches),
    embeddings: model.embeddings.map((view) => guards.embedding(view, data)),
    loss(batch, random) {
      // Random numbers go on where the work is done again, which changes no shape.
      const expected = 'a scalar, such as the `tf.mean` of the losses of the examples';
      return guards.tensor('loss', () => model.loss(batch, random), [], expected) as tf.Scalar;
    },
    scoring(query, record, items) {
      const recorder = guards.recorder(record);
      const score = (): Scoring => model.scoring(query, recorder, items);
      return guards.run(() => {
        // Weights that are recorded may be kept; the first time may make what is used again.
        const isChecked = record === undefined && ++scorings === 2;
        const scoring = isChecked ? guards.withoutLeaks(score) : score();
        return scoring.kind === 'joint'
          ? guards.joint(scoring, query)
          : guards.product(scoring, score, query, data);
      });
    },
  };
}

/** A length that an axis must have; null where any will do. */
type Length = number | null;

class Guards {
  constructor(
    private readonly model: OwnModel,
    private readonly file: string,
  ) {}

  /** Does work of the user. @throws CodeError with the place of what fails */
  run<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw userError(error, this.file);
    }
  }

  /** A tensor that work of the user makes. @throws CodeError where it has another shape, with the place where it was made */
  tensor(what: string, work: () => unknown, shape: readonly Length[], expected: string): tf.Tensor {
    const made = this.run(work);
    this.requireShape(what, made, work, shape, expected);
    return made;
  }

  /** Work of which nothing may be left but what it returns. @throws CodeError with the place where a tensor was made that is left */
  withoutLeaks(score: () => Scoring): Scoring {
    const made: { tensor: tf.Tensor; place: Place | null }[] = [];
    const scoring = watchEngine({ made: (tensor) => made.push({ tensor, place: currentPlace() }) }, () =>
      tf.tidy(() => score() as Scoring & tf.TensorContainer),
    );
    const { kind } = scoring;
    const returned: unknown[] =
      kind === 'joint' ? scoring.encoded : [scoring.states, scoring.items, scoring.bias];
    const left = made.filter(({ tensor }) => !tensor.isDisposed && !returned.includes(tensor));
    if (left.length === 0) return scoring;
    const count = left.length === 1 ? 'a tensor' : `${left.length} tensors`;
    throw this.#error(
      left.find(({ place }) => place !== null)?.place ?? null,
      `Each scoring leaves ${count} behind (shape [${left[0]!.tensor.shape.join(', ')}]), so that memory would run out. ` +
        'Do not `tf.keep` what it makes.',
    );
  }

  batches(builder: BatchBuilder): BatchBuilder {
    const { unit, maxLength, minLength } = builder;
    return {
      ...{ unit, maxLength, minLength },
      build: (...given) => {
        const built = this.run(() => builder.build(...given));
        return {
          stepsPerEpoch: built.stepsPerEpoch,
          batch: (epoch, index) => this.run(() => built.batch(epoch, index)),
        };
      },
    };
  }

  embedding(view: EmbeddingView, { numItems, numUsers }: ModelData): EmbeddingView {
    const rows = view.rows === 'items' ? numItems : view.rows === 'users' ? numUsers : null;
    const expected = `[${rows ?? 'rows'}, d]`;
    return {
      ...view,
      vectors: () =>
        this.tensor(`vectors of ${view.name}`, () => view.vectors(), [rows, null], expected) as tf.Tensor2D,
    };
  }

  product(
    scoring: ProductScoring,
    again: () => Scoring,
    { size }: Query,
    { numItems }: ModelData,
  ): ProductScoring {
    const { states, items, bias } = scoring;
    const part = (name: 'states' | 'items' | 'bias') => () => (again() as ProductScoring)[name];
    const ofUsers = `[${size}, d], a vector for each of the query’s ${size} users`;
    this.requireShape('states', states, part('states'), [size, null], ofUsers);
    const [, width] = states.shape;
    const ofItems = `[${numItems}, ${width}], a vector as wide as the users’ for each of the ${numItems} items, without the padding`;
    this.requireShape('items', items, part('items'), [numItems, width], ofItems);
    if (bias !== undefined)
      this.requireShape('bias', bias, part('bias'), [numItems], `[${numItems}], a value for each item`);
    return scoring;
  }

  joint(scoring: JointScoring, { size }: Query): JointScoring {
    const scores = (perUser: number, score: () => tf.Tensor2D): tf.Tensor2D => {
      const expected = `[${size}, ${perUser}], ${perUser} scores for each of ${size} users`;
      return this.tensor('scores', score, [size, perUser], expected) as tf.Tensor2D;
    };
    return {
      ...scoring,
      score: (items, record) => scores(items.length, () => scoring.score(items, this.recorder(record))),
      scoreOwn: (candidates, record) =>
        scores(candidates.length / size, () => scoring.scoreOwn(candidates, this.recorder(record))),
    };
  }

  recorder(record: Recorder | undefined): Recorder | undefined {
    if (record === undefined) return undefined;
    const { attentions } = this.model;
    return (name, weights) => {
      const view = attentions.find((attention) => attention.name === name);
      const known = attentions.map((attention) => `\`${attention.name}\``).join(', ');
      if (view === undefined)
        throw this.#error(
          currentPlace(),
          `The attention \`${name}\` is recorded, but \`attentions\` declares ${known === '' ? 'none' : known}.`,
        );
      if (weights.rank !== 1 + view.axes.length)
        throw this.#error(
          currentPlace(),
          `The attention \`${name}\` was recorded with the shape [${weights.shape.join(', ')}]; expected ${1 + view.axes.length} axes: users, ${view.axes.join(', ')}.`,
        );
      record(name, weights);
    };
  }

  private requireShape(
    what: string,
    made: unknown,
    again: () => unknown,
    shape: readonly Length[],
    expected: string,
  ): asserts made is tf.Tensor {
    if (!(made instanceof tf.Tensor))
      throw this.#error(
        null,
        `\`${what}\` is ${made === null ? 'null' : typeof made}; expected ${expected}.`,
      );
    const found: readonly number[] = (made as tf.Tensor).shape;
    const fits =
      found.length === shape.length &&
      shape.every((length, axis) => length === null || found[axis] === length);
    if (!fits)
      throw this.#error(
        placeOf(again),
        `\`${what}\` has the shape [${found.join(', ')}]; expected ${expected}.`,
      );
  }

  #error(place: Place | null, message: string): CodeError {
    return new CodeError('code/contract', `${place === null ? this.file : placeText(place)}: ${message}`);
  }
}

/** Where a tensor is made, by making it again. */
function placeOf(work: () => unknown): Place | null {
  const places = new Map<unknown, Place | null>();
  const tensor = watchEngine({ made: (made) => places.set(made, currentPlace()) }, work);
  return places.get(tensor) ?? null;
}
