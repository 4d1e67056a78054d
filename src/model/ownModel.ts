import { z } from 'zod';
import type { CodePath } from '../protocol/codePath';
import type { TrainedDescription } from './description';

/** Options of a model that its user wrote. What they are says its file. */
export type OwnModelOptions = z.ZodObject<{ type: z.ZodLiteral<CodePath> }>;
export type OwnModelConfig = z.output<OwnModelOptions>;

/** What is known of any model that its user wrote, without its file. */
export function ownModel(type: CodePath): TrainedDescription<OwnModelOptions> {
  return {
    kind: 'trained',
    title: titleOf(type),
    summary: 'A model in a file of the workspace',
    page: 'own-models',
    options: z.looseObject({ type: z.literal(type) }),
    presets: {},
    // It may do either; what it does shows when it has been built.
    scoresByProduct: true,
    recordsAttention: true,
    historyLimit: (options) => {
      const { maxSequenceLength: maxLength } = options as { maxSequenceLength?: unknown };
      return typeof maxLength === 'number' ? { maxLength, learnsOlder: undefined } : undefined;
    },
    load: () => Promise.reject(new Error(`The code of ${type} is loaded from the run that keeps it.`)),
  };
}

/** `gatedMean` of `./models/gatedMean.ts`. */
function titleOf(type: CodePath): string {
  return type.replace(/^.*\//, '').replace(/\.\w+$/, '');
}
