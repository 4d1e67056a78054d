/*
 * What is known of a model or metric file without running it: what its call of `defineModel` or `defineMetric` says in literals.
 */

/** A value of an option. */
export type OptionValue = string | number;

/** What an option takes: a part of JSON Schema. */
export type OptionDeclaration = { description?: string } & (
  | { type: 'integer' | 'number'; default?: number; bounds: NumberBounds }
  | { type: 'string'; minLength?: number; maxLength?: number; default?: string }
  | { type: 'boolean'; default?: boolean }
  | { type: 'enum'; values: readonly OptionValue[]; default?: OptionValue }
  | {
      type: 'array';
      items: OptionDeclaration;
      minItems?: number;
      maxItems?: number;
      default?: readonly OptionValue[];
    }
);

export interface NumberBounds {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

export interface ModelDeclaration {
  kind: 'model';
  title: string;
  options: Readonly<Record<string, OptionDeclaration>>;
}

export interface MetricDeclaration {
  kind: 'metric';
  title: string;
  definition: string;
  higherIsBetter: boolean;
  range?: string;
  needs: 'rank' | 'list';
  needsCategories?: true;
}

export type Declaration = ModelDeclaration | MetricDeclaration;

/** Something wrong in a model or metric file. */
export interface CodeProblem {
  /** What was found, what is expected, what to do. */
  message: string;
  /** From 1. */
  line: number;
  column: number;
  /** Of the character behind the last one. */
  endLine: number;
  endColumn: number;
}

/** What reading a file statically gave. */
export type ReadDeclaration =
  | { declaration: Declaration; problems: readonly [] }
  | { declaration: null; problems: readonly CodeProblem[] };

/** The files that a config names, by the names that it has for them. */
export type OwnCode = ReadonlyMap<string, ReadDeclaration>;
