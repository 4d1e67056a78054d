import * as tf from '@tensorflow/tfjs-core';
import type { TrainedImplementation } from '../model/description';
import type { Model, ModelData } from '../model/model';
import { ModelError } from '../model/modelError';
import type { DefinedModel, ModelParts } from './v1';
import { nextItem } from './v1/nextItem';
import { ModelParameters } from './v1/parameters';

/** A model made by a model file. */
export interface OwnModel extends Model {
  /** Values that a step has at once, about; undefined where the file does not say. */
  activations?(batchSize: number): number;
  /** An error made where the file made this parameter, for its stack. */
  madeAt(name: string): Error | undefined;
}

/** What the rest of RecSight knows a model file by: its options have been checked against its declaration. */
export function ownImplementation(definition: DefinedModel): TrainedImplementation<object> & {
  create(options: object, data: ModelData, seed: number): OwnModel;
} {
  return {
    create: (options, data, seed) => createOwnModel(definition, options, data, seed),
    size(options, { data, batchSize }) {
      const model = createOwnModel(definition, options, data, 0);
      const parameters = [...model.variables.values()].reduce((sum, { size }) => sum + size, 0);
      const activations = model.activations?.(batchSize) ?? 0;
      model.dispose();
      return { parameters, activations };
    },
  };
}

/** @throws ModelError when what `create` returned is not a model */
export function createOwnModel(
  definition: DefinedModel,
  options: object,
  data: ModelData,
  seed: number,
): OwnModel {
  const parameters = new ModelParameters(seed);
  const registered = new Set(Object.values(tf.engine().registeredVariables));
  const { result: parts, tensors } = keepingTensors(() =>
    definition.create({
      options: options as never, // typed by each file's own declaration
      data,
      parameters,
      seed,
      nextItem: (itemTable, nextItemOptions) => nextItem(parameters, data, itemTable, nextItemOptions),
    }),
  );
  checkParts(parts);
  checkVariables(registered, parameters);
  const { own } = parameters;
  return {
    variables: own.variables,
    state: own.state,
    batches: parts.batches,
    embeddings: parts.embeddings ?? [],
    attentions: parts.attentions ?? [],
    ...(parts.inputs !== undefined && { inputs: parts.inputs }),
    loss: (batch, random) => parts.loss(batch, random),
    scoring: (query, record, items) => parts.scoring(query, record, items),
    ...(parts.activations !== undefined && {
      activations: (batchSize: number) => parts.activations!(batchSize),
    }),
    madeAt: (name) => parameters.madeAt(name),
    dispose() {
      own.dispose();
      for (const tensor of tensors) tensor.dispose();
    },
  };
}

/** Runs `create`. Tensors that it makes, such as constants, live as long as the model. */
function keepingTensors<T>(create: () => T): { result: T; tensors: tf.Tensor[] } {
  const engine = tf.engine();
  engine.startScope('own model');
  const tensors: tf.Tensor[] = [];
  try {
    const result = create();
    tensors.push(...engine.state.activeScope.track);
    tensors.forEach((tensor) => tf.keep(tensor));
    return { result, tensors };
  } finally {
    engine.endScope();
  }
}

/** Rejects what JavaScript lets through, or a file that switches type checks off. */
function checkParts(parts: Partial<ModelParts> | undefined): asserts parts is ModelParts {
  const fail = (what: string): never => {
    throw new ModelError('own-model/parts', `\`create\` must return ${what}.`);
  };
  if (typeof parts !== 'object')
    fail(`an object with \`batches\`, \`loss\` and \`scoring\`, not ${typeof parts}`);
  const { batches, loss, scoring, embeddings = [], attentions = [] } = parts!;
  if (typeof batches?.build !== 'function') {
    fail(
      '`batches`: those of `nextItem`, `sequenceBatches(…)`, `exampleBatches(…)` or an object with `build`',
    );
  }
  if (typeof loss !== 'function') fail('a function `loss(batch, random)`');
  if (typeof scoring !== 'function') fail('a function `scoring(query, record, items)`');
  for (const [list, views] of Object.entries<readonly { name: string }[]>({ embeddings, attentions })) {
    const isList: boolean = Array.isArray(views);
    if (!isList) fail(`\`${list}\` as an array`);
    const names = views.map(({ name }) => name);
    const twice = names.find((name, place) => names.indexOf(name) !== place);
    if (twice !== undefined) fail(`each of \`${list}\` with a name of its own; two are named \`${twice}\``);
  }
}

/** A variable that is not among the parameters would be neither trained nor stored. */
function checkVariables(before: ReadonlySet<tf.Variable>, { own }: ModelParameters): void {
  const known = new Set([...before, ...own.state.values()]);
  const strange = Object.values(tf.engine().registeredVariables).find((variable) => !known.has(variable));
  if (strange !== undefined) {
    throw new ModelError(
      'own-model/variable',
      `\`create\` made the variable ${strange.name} [${strange.shape.join(', ')}] with \`tf.variable\`, which is neither trained ` +
        'nor stored. Make it with `parameters.create`, or `parameters.createStatistic` if no optimizer should change it.',
    );
  }
  if (own.variables.size === 0) {
    throw new ModelError(
      'own-model/no-parameters',
      '`create` made no parameters, so there is nothing to train. Make them with `parameters.create`.',
    );
  }
}
