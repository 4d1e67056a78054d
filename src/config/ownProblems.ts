import { isRecord } from '../protocol/isRecord';
import type { CodeProblem, Declaration, OwnCode } from '../userCode/declaration';
import { formatPath, type ConfigPath } from './sourceTree';

/** What is wrong with a model or metric file, named as the config has it. */
export interface OwnFileProblems {
  path: string;
  problems: readonly CodeProblem[];
}

/** What is wrong with the model and metric files that a config names, at the fields that name them. */
export function findOwnProblems(
  config: unknown,
  own: OwnCode,
): { path: ConfigPath; message: string; ownFile?: OwnFileProblems }[] {
  const problemOf = (path: ConfigPath, name: unknown, kind: Declaration['kind']) => {
    const read = typeof name === 'string' ? own.get(name) : undefined;
    if (read === undefined || read.declaration?.kind === kind) return [];
    const [first] = read.problems;
    const subject = `\`${formatPath(path)}\`: \`${String(name)}\``;
    if (first === undefined) return [{ path, message: `${subject} is not a ${kind} file.` }];
    const { line, column, message } = first;
    const ownFile = { path: String(name), problems: read.problems };
    return [
      { path, message: `${subject} cannot be used: line ${line}, column ${column}: ${message}`, ownFile },
    ];
  };
  const { model, evaluation } = isRecord(config) ? config : {};
  const metrics: unknown[] =
    isRecord(evaluation) && Array.isArray(evaluation.metrics) ? evaluation.metrics : [];
  return [
    ...problemOf(['model', 'type'], isRecord(model) ? model.type : undefined, 'model'),
    ...metrics.flatMap((name, place) => problemOf(['evaluation', 'metrics', place], name, 'metric')),
  ];
}
