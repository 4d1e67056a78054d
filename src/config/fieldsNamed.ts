import { joinWords, type JsonSchema } from './jsonSchema';
import { plainName } from './nearestName';
import type { ConfigPath } from './sourceTree';

/** A field, and the types of its object that have it where not all do. */
interface FieldPlace {
  path: ConfigPath;
  types: string[];
}

/** Says which types have it: ` where `type` is `lastN``; nothing where all do. */
export function ofTypes({ types }: FieldPlace): string {
  return types.length === 0 ? '' : ` where \`type\` is ${joinWords(types.map((type) => `\`${type}\``))}`;
}

/** Where fields of this name are: one may have been written one level too high or too low, or under another `type`. */
export function fieldsNamed(name: string, schema: JsonSchema, path: ConfigPath): FieldPlace[] {
  const members = schema.oneOf ?? [];
  const all = [schema, ...members].flatMap((member) =>
    Object.entries(member.properties ?? {}).map(([child, childSchema]) => ({
      ...{ child, childSchema },
      type: member.properties?.type?.const,
    })),
  );
  const found = all.filter(({ child }) => child !== 'type' && plainName(child) === plainName(name));
  const types = found.flatMap(({ type }) => (typeof type === 'string' ? [type] : []));
  const here =
    found.length === 0
      ? []
      : [{ path: [...path, found[0]!.child], types: types.length < members.length ? types : [] }];
  const inside = all.flatMap(({ child, childSchema }) => fieldsNamed(name, childSchema, [...path, child]));
  return [...here, ...inside];
}
