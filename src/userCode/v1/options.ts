/*
 * How a model file declares its options: a subset of JSON Schema, written as literals, so that an editor reads them without
 * running the file.
 */

interface Described {
  /** What the option does, in a sentence. Shown in hovers and completion. */
  description?: string;
}

/** A whole number. */
export interface IntegerOption extends Described {
  type: 'integer';
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  default?: number;
}

/** A number. */
export interface NumberOption extends Described {
  type: 'number';
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  default?: number;
}

/** `true` or `false`. */
export interface BooleanOption extends Described {
  type: 'boolean';
  default?: boolean;
}

/** A text. */
export interface StringOption extends Described {
  type: 'string';
  minLength?: number;
  maxLength?: number;
  default?: string;
}

/** One of some texts or numbers. */
export interface EnumOption extends Described {
  enum: readonly (string | number)[];
  default?: string | number;
}

/** A list, such as the widths of layers. */
export interface ListOption extends Described {
  type: 'array';
  items: IntegerOption | NumberOption | StringOption | EnumOption;
  minItems?: number;
  maxItems?: number;
  default?: readonly (string | number)[];
}

/** How one option is declared. A config must set an option that has no `default`. */
export type OptionDeclaration =
  IntegerOption | NumberOption | BooleanOption | StringOption | EnumOption | ListOption;

/** The options of a model, by name. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

/** The value of an option that is declared like this. */
export type OptionValue<Declaration> = Declaration extends { enum: readonly (infer Value)[] }
  ? Value
  : Declaration extends { type: 'integer' | 'number' }
    ? number
    : Declaration extends { type: 'boolean' }
      ? boolean
      : Declaration extends { type: 'string' }
        ? string
        : Declaration extends { type: 'array'; items: infer Item }
          ? readonly OptionValue<Item>[]
          : never;

/** The values of all options: what `create` gets. */
export type OptionValues<Declarations> = {
  readonly [Name in keyof Declarations]: OptionValue<Declarations[Name]>;
};
