import type { z } from 'zod';

/**
 * A rule between fields, for `superRefine`. Its message is made of the values at hand, so that it can say what the other field
 * is: a reader who sees `numHeads` refused should not have to look for `hiddenSize`, which a default or a preset may have set.
 * @param path of the field that is at fault, which the message is about
 */
export function fieldRule<Value>(
  path: readonly string[],
  holds: (value: Value) => boolean,
  message: (value: Value) => string,
): (value: Value, context: z.RefinementCtx) => void {
  return (value, context) => {
    if (!holds(value)) context.addIssue({ code: 'custom', path: [...path], message: message(value) });
  };
}

/** Names in a message: `` `genre`, `year` ``, or `nothing`. */
export function nameList(names: readonly (string | number)[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `\`${name}\``).join(', ');
}
