import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClientCapabilities,
  getLanguageService,
  TextDocument,
  type CompletionItem,
} from 'vscode-json-languageservice';
import { buildEditorSchema } from '../../../src/config/editorSchema';
import { buildJsonSchema, findFieldSchema, type JsonSchema } from '../../../src/config/jsonSchema';
import { openChoiceAt } from '../../../src/config/openChoices';
import { parseConfig } from '../../../src/config/parseConfig';

/* The editor's schema, read by the engine that VS Code reads it with. */

const service = getLanguageService({ clientCapabilities: ClientCapabilities.LATEST });
service.configure({
  validate: true,
  schemas: [{ uri: 'recsight:', fileMatch: ['*.recsight.json'], schema: buildEditorSchema() }],
});

/** What is offered, shown and underlined at the `|` of a config. */
async function at(marked: string) {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const document = TextDocument.create('file:///a.recsight.json', 'jsonc', 1, text);
  const json = service.parseJSONDocument(document);
  const position = document.positionAt(offset);
  const completion = await service.doComplete(document, position, json);
  const hover = await service.doHover(document, position, json);
  const problems = await service.doValidation(document, json, {
    comments: 'ignore',
    trailingCommas: 'ignore',
  });
  return {
    items: completion?.items ?? [],
    labels: (completion?.items ?? []).map(({ label }) => label),
    hover: [hover?.contents ?? []].flat().map(String).join('\n'),
    problems,
  };
}

/** A field with a list of choices, in a config that has it. */
interface ChoiceField {
  path: (string | number)[];
  choices: unknown[];
  default: unknown;
  /** The smallest config with a value in this field. */
  config: (value: unknown) => object;
}

function fieldsOf(
  schema: JsonSchema,
  path: (string | number)[],
  config: (value: unknown) => object,
): ChoiceField[] {
  const members = schema.anyOf ?? [schema];
  const choices = members.flatMap(
    (member) =>
      member.enum ??
      member.const ??
      (member.type === 'boolean' ? [true, false] : member.type === 'null' ? [null] : []),
  );
  const isOpen = openChoiceAt(path) !== null;
  const isUnion = members.some(({ oneOf }) => oneOf !== undefined);
  const own =
    choices.length > 0 && !isOpen && !isUnion && schema.const === undefined
      ? [{ path, choices, default: schema.default, config }]
      : [];
  const inside = members.flatMap((member) => {
    if (member.items) return fieldsOf(member.items, [...path, 0], (value) => config([value]));
    if (typeof member.additionalProperties === 'object')
      return fieldsOf(member.additionalProperties, [...path, 'genre'], (value) => config({ genre: value }));
    if (member.oneOf) {
      const types = member.oneOf.map((one) => String(one.properties?.type?.const));
      const initial = (schema.default as { type?: unknown } | null | undefined)?.type;
      return [
        {
          path: [...path, 'type'],
          choices: types,
          default: initial,
          config: (type: unknown) => config({ type }),
        },
        ...member.oneOf.flatMap((one, index) =>
          propertiesOf(one, path, (value) => config({ type: types[index], ...(value as object) })),
        ),
      ];
    }
    return propertiesOf(member, path, config);
  });
  return [...own, ...inside];
}

function propertiesOf(
  { properties = {} }: JsonSchema,
  path: (string | number)[],
  config: (value: unknown) => object,
) {
  return Object.entries(properties).flatMap(([name, property]) =>
    fieldsOf(property, [...path, name], (value) => config({ [name]: value })),
  );
}

const dataset = { path: 'ratings.csv' };
const fields = fieldsOf(buildJsonSchema(), [], (value) => ({
  dataset,
  model: { type: 'sasrec' },
  ...(value as object),
}));

const MARK = '@here@';
const ALL = { numRuns: fields.length * 3, examples: fields.map((_, index) => [index] as [number]) };
const index = fc.nat(fields.length - 1);

describe('completion offers exactly what a field takes', () => {
  const expected = ({ choices, default: fallback }: ChoiceField) =>
    [
      ...new Set(
        [...choices, ...(fallback === undefined ? [] : [fallback])].map((value) => JSON.stringify(value)),
      ),
    ].sort();
  const marked = (field: ChoiceField) => JSON.stringify(field.config(MARK), null, 2);
  const quoted = JSON.stringify(MARK);

  test('there are fields of every model', () => {
    const types = new Set(fields.map(({ config }) => (config(0) as { model: { type: unknown } }).model.type));
    expect(types.size).toBeGreaterThanOrEqual(8);
    expect(fields.length).toBeGreaterThan(120);
  });

  test('in a finished config', () =>
    fc.assert(
      fc.asyncProperty(index, fc.nat(), async (number, pick) => {
        const field = fields[number]!;
        const value = JSON.stringify(field.choices[pick % field.choices.length]);
        const text = marked(field).replace(quoted, `${value.slice(0, 1)}|${value.slice(1)}`);
        const { labels } = await at(text);
        expect([field.path, labels.sort()]).toEqual([field.path, expected(field)]);
      }),
      { ...ALL, examples: ALL.examples.map(([number]) => [number, 0] as [number, number]) },
    ));

  test('in an empty value', () =>
    fc.assert(
      fc.asyncProperty(index, async (number) => {
        const field = fields[number]!;
        const { labels } = await at(marked(field).replace(quoted, '"|"'));
        expect([field.path, labels.sort()]).toEqual([field.path, expected(field)]);
      }),
      ALL,
    ));

  test('in a config that ends behind the colon', () =>
    fc.assert(
      fc.asyncProperty(index, async (number) => {
        const field = fields[number]!;
        const text = marked(field);
        const { labels } = await at(`${text.slice(0, text.indexOf(quoted))}|`);
        expect([field.path, labels.sort()]).toEqual([field.path, expected(field)]);
      }),
      ALL,
    ));
});

describe('completion', () => {
  const documentation = (item: CompletionItem | undefined) =>
    typeof item?.documentation === 'string' ? item.documentation : item?.documentation?.value;

  test('explains each model, and offers its fields and no other’s', async () => {
    const { items } = await at('{"model": {"type": "|sasrec"}}');
    expect(documentation(items.find(({ label }) => label === '"din"'))).toMatch(/deep interest network/);
    const { labels } = await at('{"model": {"type": "gru4rec", |}}');
    expect(labels).toContain('numLayers');
    expect(labels).not.toContain('numHeads');
    expect((await at('{"model": {|}}')).labels).toEqual(['type']);
  });

  test('offers whole objects where one of several kinds goes', async () => {
    const { labels } = await at('{"model": {"type": "sasrec", "loss": |}}');
    expect(labels).toContain('{"type":"bce"}');
    expect((await at('{"training": {"clipping": |}}')).labels).toEqual([
      'null',
      '{"type":"globalNorm"}',
      '{"type":"variableNorm"}',
    ]);
  });

  test('offers baselines by name, as objects, and the options of each', async () => {
    const inside = async (baselines: string) =>
      (await at(`{"evaluation": {"baselines": [${baselines}]}}`)).labels;
    for (const place of ['"|"', '|', '"popularity", |'])
      expect(await inside(place)).toEqual(expect.arrayContaining(['"ease"', '{"type":"itemKnn"}']));
    expect(await inside('{"type": "|"}')).toHaveLength(7);
    const options = await inside('{"type": "itemKnn", |}');
    expect(options).toEqual(expect.arrayContaining(['numNeighbors', 'shrinkage']));
    expect(options).not.toContain('regularization');
  });

  test('leaves to RecSight what depends on files and on the rest of the config', async () => {
    for (const text of [
      '{"dataset": {"path": "|"}}',
      '{"training": {"earlyStopping": {"metric": "|"}}}',
      '{"dataset": {"columns": {"user": "|"}}}',
    ])
      expect([text, (await at(text)).labels]).toEqual([text, []]);
  });
});

describe('hovers', () => {
  test('say of every field what it takes and what it is where it is left out', async () => {
    const without: string[] = [];
    const visit = async (
      schema: JsonSchema,
      path: string[],
      config: (value: unknown) => object,
    ): Promise<void> => {
      for (const member of schema.anyOf ?? [schema]) {
        for (const one of member.oneOf ?? [member]) {
          const type = one.properties?.type?.const;
          const whole = (value: object) => config(type === undefined ? value : { type, ...value });
          for (const [name, property] of Object.entries(one.properties ?? {})) {
            const place = [...path, name];
            const set = (value: unknown) => whole({ [name]: value });
            const text = JSON.stringify(set(MARK));
            // The engine takes its own schema from there.
            if (name === '$schema') continue;
            const key = text.lastIndexOf(`"${name}":`, text.indexOf(MARK));
            const { hover } = await at(`${text.slice(0, key + 1)}|${text.slice(key + 1)}`);
            const isObject = property.type === 'object' || property.oneOf !== undefined;
            const isType = name === 'type' && type !== undefined;
            if (!isObject && !isType && !hover.includes('**Value:**'))
              without.push(`${place.join('.')}: ${hover}`);
            if (property.default !== undefined && !isObject && !hover.includes('**Default:**'))
              without.push(`${place.join('.')}: ${hover}`);
            if (hover === '') without.push(place.join('.'));
            if (isObject || property.anyOf) await visit(property, place, set);
          }
        }
      }
    };
    await visit(buildJsonSchema(), [], (value) => ({
      dataset,
      model: { type: 'sasrec' },
      ...(value as object),
    }));
    expect(without).toEqual([]);
  });

  test('name range, default and the presets that have another', async () => {
    const { hover } = await at('{"model": {"type": "sasrec", "hidden|Size": 32}}');
    expect(hover).toContain('Width d of the item vectors');
    expect(hover).toContain('**Value:** a whole number from 1 to 4096.');
    expect(hover).toMatch(
      /\*\*Default:\*\* `64`; by preset `50` with `kang205`.*`128` with `gsasrec`, `64` with `esasrec`\./,
    );
    expect((await at('{"training": {"learning|Rate": 1}}')).hover).toContain(
      '**Default:** `0.001`, unless the model’s `preset` says otherwise.',
    );
    const baseline = await at('{"evaluation": {"baselines": [{"type": "itemKnn", "shrin|kage": 5}]}}');
    expect(baseline.hover).toMatch(/similarities that rest on few users.*\*\*Default:\*\* `0`\./s);
    expect((await at('{"model": {"typ|e": "sasrec"}}')).hover).toMatch(
      /`gru4rec`: GRU4Rec.*\*\*Required\.\*\*/s,
    );
  });

  test('the defaults of presets are the ones that are used', () => {
    for (const preset of ['kang205', 'gsasrec', 'recbole']) {
      const { config } = parseConfig(JSON.stringify({ dataset, model: { type: 'sasrec', preset } }), 'json');
      const { default: fallback } = findFieldSchema(['model', 'hiddenSize'], config)!;
      const { hiddenSize } = config!.model as { hiddenSize: number };
      expect({ kang205: 50, gsasrec: 128, recbole: fallback }[preset]).toBe(hiddenSize);
    }
  });
});

test('nothing is forbidden: what is wrong is underlined once, by RecSight', async () => {
  for (const text of [
    '|{"model": {"type": "sasrek", "numHeads": "2"}, "dataset": 3, "x": 1}',
    '|{"model": {"type": "sasrec", "loss": {"type": "bce", "x": 0}, "preset": "none"}, "training": {"clipping": 4}}',
    '|{"dataset": {"items": {"features": {"genre": "categori"}}}, "evaluation": {"cutoffs": "5"}}',
  ])
    expect((await at(text)).problems).toEqual([]);
});
