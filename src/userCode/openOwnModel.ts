import type { TrainedImplementation } from '../model/description';
import { CodeError } from './codeError';
import { userError } from './describeFailure';
import { guardedModel } from './guardedModel';
import { UserCode } from './loadUserCode';
import { createOwnModel, ownImplementation, type OwnModel } from './ownModel';
import type { RunCode } from './runCode';
import type { DefinedModel } from './v1';

/** What builds a model that its user wrote. */
export interface OwnImplementation extends TrainedImplementation<object> {
  /** Of the model, from the workspace folder. */
  file: string;
  create(...given: Parameters<TrainedImplementation<object>['create']>): OwnModel;
}

/**
 * Runs the code that a run keeps of a model.
 * @param name of the model in the run's config
 * @throws CodeError where the user has not agreed to run it, or it fails
 */
export async function openOwnModel(code: RunCode, name: string): Promise<OwnImplementation> {
  const loaded = (await UserCode.open(code)).load(name);
  const file = code.entries[name]!;
  if (!isModel(loaded))
    throw new CodeError('code/contract', `${file}: The default export is not what \`defineModel\` returned.`);
  const implementation = ownImplementation(loaded);
  const guard = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw userError(error, file);
    }
  };
  return {
    file,
    create: (options, data, seed) =>
      guardedModel(
        guard(() => createOwnModel(loaded, options, data, seed)),
        file,
        data,
      ),
    size: (options, context) => guard(() => implementation.size(options, context)),
  };
}

function isModel(value: unknown): value is DefinedModel {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'model';
}
