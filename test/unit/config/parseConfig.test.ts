import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig, type ConfigFormat, type ConfigProblem } from '../../../src/config/parseConfig';

const SMALL = '{"dataset": {"path": "a.csv"}, "model": {"type": "sasrec"}}';

function problemsOf(text: string, format: ConfigFormat = 'json', overrides: string[] = []): ConfigProblem[] {
  const { config, problems } = parseConfig(text, format, overrides);
  expect(config === null).toBe(problems.some((problem) => problem.severity === 'error'));
  return problems;
}

/** The one problem of a text; what it marks is added for the test. */
function onlyProblem(text: string, format: ConfigFormat = 'json', overrides: string[] = []) {
  const problems = problemsOf(text, format, overrides);
  expect(problems.map((problem) => problem.message)).toHaveLength(1);
  const [problem] = problems as [ConfigProblem];
  return { ...problem, marked: text.slice(problem.start, problem.end) };
}

/** A valid config with a part replaced or added. */
function withModel(fields: string): string {
  return `{"dataset": {"path": "a.csv"}, "model": {"type": "sasrec", ${fields}}}`;
}

test('defaults are filled in', () => {
  const { config, problems } = parseConfig(SMALL, 'json');
  expect(problems).toEqual([]);
  expect(config).toMatchObject({
    seed: 42,
    dataset: { path: 'a.csv', columns: { user: 'user_id' }, split: { type: 'leaveOneOut' } },
    model: { type: 'sasrec', hiddenSize: 64, loss: { type: 'crossEntropy' } },
    training: { epochs: 50, earlyStopping: { metric: 'ndcg@10' } },
    evaluation: { cutoffs: [5, 10, 20], filterSeen: 'auto' },
  });
});

test('JSON with comments and trailing commas, and YAML, say the same', () => {
  const json = parseConfig(
    '\uFEFF// Mine\r\n{"dataset": {"path": ["a", "b"],},\r\n/* x */ "model": {"type": "sasrec", "dropout": 0.5},}',
    'json',
  );
  const yaml = parseConfig(
    'dataset: {path: [a, b]}\nmodel:\n  type: sasrec # the one\n  dropout: .5\n',
    'yaml',
  );
  expect(json.problems).toEqual([]);
  expect(yaml).toEqual(json);
});

test('a misspelt field is marked, and the right one named', () => {
  expect(onlyProblem(withModel('"numHead": 2'))).toMatchObject({
    severity: 'error',
    path: 'model.numHead',
    marked: '"numHead"',
    suggestion: 'numHeads',
    message: '`numHead` is not a field of `model`. Did you mean `numHeads`?',
    line: 1,
  });
  expect(onlyProblem(withModel('"num_blocks": 2')).suggestion).toBe('numBlocks');
  expect(onlyProblem('{"dataset": {"pth": "a"}, "model": {"type": "sasrec"}}')).toMatchObject({
    suggestion: 'path',
  });
});

test('a field at the wrong level is told where it belongs; an unknown one what there is', () => {
  expect(onlyProblem('{"batch_size": 3,' + SMALL.slice(1)).message).toBe(
    '`batch_size` is not a field of a config. There is `training.batchSize`.',
  );
  expect(onlyProblem(withModel('"zzz": 2')).message).toMatch(
    /^`zzz` is not a field of `model`. Its fields are `type`, `preset`, `max/,
  );
});

test('a field of another type is told with the types that have it', () => {
  const messageOf = (dataset: string, rest = '') =>
    onlyProblem(`{"dataset": {"path": "a.csv"${dataset}}, "model": {"type": "sasrec"}${rest}}`).message;
  expect(messageOf(', "split": {"type": "leaveOneOut", "n": 3}')).toBe(
    '`n` is not a field of `dataset.split`. It is one where `type` is `lastN`.',
  );
  // The seed of the run is another one.
  expect(messageOf(', "split": {"type": "ratio", "seed": 3}')).toBe(
    '`seed` is not a field of `dataset.split`. It is one where `type` is `randomRatio`.',
  );
  expect(messageOf('', ', "training": {"beta1": 0.8}')).toBe(
    '`beta1` is not a field of `training`. There is `training.optimizer.beta1` where `type` is `adam` or `adamw`.',
  );
});

test.each([
  ['"numHeads": "2"', 'model.numHeads', '"2"', 'expected a whole number from 1 to 64, found `"2"`'],
  ['"numHeads": 1.5', 'model.numHeads', '1.5', 'expected a whole number from 1 to 64, found `1.5`'],
  ['"hiddenSize": 1e99', 'model.hiddenSize', '1e99', 'from 1 to 4096, found `1e99`'],
  ['"hiddenSize": 1e999', 'model.hiddenSize', '1e999', 'from 1 to 4096, found `1e999`'],
  ['"dropout": 1', 'model.dropout', '1', 'a number of at least 0 and below 1, found `1`'],
  ['"dropout": null', 'model.dropout', 'null', 'found `null`'],
  [
    '"innerSize": []',
    'model.innerSize',
    '[]',
    'a whole number from 1 to 16384 or `null`, found an empty list',
  ],
  [
    '"activation": "Gelo"',
    'model.activation',
    '"Gelo"',
    'expected `relu`, `gelu` or `swiglu`, found `"Gelo"`. Did you mean `gelu`?',
  ],
  ['"numHeads": 3', 'model.numHeads', '3', '`model.numHeads` must divide `hiddenSize` (64), found `3`'],
  [
    '"loss": "bce"',
    'model.loss',
    '"bce"',
    'expected an object with `type` `crossEntropy`, `bce`, `bpr`, `sampledSoftmax` or `gbce`, found `"bce"`',
  ],
  [
    '"loss": {}',
    'model.loss.type',
    '"loss"',
    'is missing. Expected `crossEntropy`, `bce`, `bpr`, `sampledSoftmax` or `gbce`',
  ],
])('model with %s', (fields, path, marked, message) => {
  const problem = onlyProblem(withModel(fields));
  expect(problem).toMatchObject({ path, marked });
  expect(problem.message).toContain(message);
});

test('a union gives only the errors of the member that was chosen', () => {
  const problem = onlyProblem(withModel('"loss": {"type": "bce", "numNegatives": 0}'));
  expect(problem).toMatchObject({ path: 'model.loss.numNegatives', marked: '0' });
  expect(onlyProblem(withModel('"loss": {"type": "crossEntropy", "numNegatives": 1}'))).toMatchObject({
    path: 'model.loss.numNegatives',
    marked: '"numNegatives"',
  });
  expect(onlyProblem('{"dataset": {"path": "a"}, "model": {"type": "sasrek", "x": 1}}')).toMatchObject({
    path: 'model.type',
    marked: '"sasrek"',
    suggestion: 'sasrec',
  });
  expect(onlyProblem('{"dataset": {"path": [""]}, "model": {"type": "sasrec"}}')).toMatchObject({
    path: 'dataset.path.0',
    marked: '""',
  });
});

test('what is missing is told at what should hold it', () => {
  expect(onlyProblem('{"dataset": {"path": "a"}, "model": {}}')).toMatchObject({
    path: 'model.type',
    marked: '"model"',
  });
  expect(onlyProblem('{"dataset": {"path": "a"}}')).toMatchObject({
    path: 'model',
    marked: '{',
    line: 1,
    column: 1,
  });
  expect(onlyProblem('{"dataset": {}, "model": {"type": "sasrec"}}').message).toContain(
    'either `path` or `query`',
  );
});

test.each([
  ['"path": "a", "minRating": 3', 'dataset.minRating', '3', /columns\.rating/],
  ['"path": "a", "query": "SELECT 1"', 'dataset', '{"path": "a", "query": "SELECT 1"}', /not both/],
  ['"path": "a", "columns": {"item": "user_id"}', 'dataset.columns.item', '"user_id"', /another column/],
])('fields that do not go together: %s', (fields, path, marked, message) => {
  const problem = onlyProblem(`{"dataset": {${fields}}, "model": {"type": "sasrec"}}`);
  expect(problem).toMatchObject({ path, marked });
  expect(problem.message).toMatch(message);
});

test('the metric of early stopping must be measured', () => {
  const text = `${SMALL.slice(0, -1)}, "evaluation": {"cutoffs": [10, 10]}}`;
  expect(onlyProblem(text)).toMatchObject({ path: 'evaluation.cutoffs', marked: '[10, 10]' });
  expect(onlyProblem(text.replace('10, 10', '5')).message).toContain('found `"ndcg@10"` (the default)');
});

test.each([
  [
    '["ndcg", "auc"]',
    'evaluation.metrics.1',
    'compares scores with labels, and the dataset has none: name their column in `dataset.columns.label`',
  ],
  ['["ndcg", "ndgc"]', 'evaluation.metrics.1', 'Did you mean `ndcg`?'],
  ['["hr"]', 'training.earlyStopping.metric', 'needs a metric that is in `evaluation.metrics` (`hr`)'],
  ['["ndcg", "ndcg"]', 'evaluation.metrics', 'must not name a metric twice'],
  ['["ndcg", "diversity"]', 'evaluation.metrics.1', 'needs categories of the items'],
  ['["ndcg", "gini"], "candidates": {"type": "sampled"}', 'evaluation.metrics.1', 'from the whole catalog'],
])('metrics that cannot be measured: %s', (metrics, path, message) => {
  const problem = onlyProblem(`${SMALL.slice(0, -1)}, "evaluation": {"metrics": ${metrics}}}`);
  expect(problem.path).toBe(path);
  expect(problem.message).toContain(message);
});

test('any metric of a ranking may be measured and select the epoch', () => {
  const config = `"evaluation": {"metrics": ["recall", "gini"]}, "training": {"earlyStopping": {"metric": "gini@5"}}`;
  expect(problemsOf(`${SMALL.slice(0, -1)}, ${config}}`)).toEqual([]);
});

test('what is allowed but hardly meant is a warning', () => {
  const text = `${SMALL.slice(0, -1)}, "training": {"epochs": 3, "earlyStopping": {"patience": 9}}}`;
  expect(onlyProblem(text)).toMatchObject({ severity: 'warning', marked: '9' });
  expect(problemsOf(SMALL, 'json', ['training.epochs=3'])).toEqual([]);
});

test.each<[string, string, ConfigFormat, RegExp, string]>([
  ['nothing', '', 'json', /is empty/, ''],
  ['a blank file', ' \n ', 'yaml', /is empty/, ''],
  ['only a comment', '// later', 'json', /is empty/, ''],
  ['only a comment', '# later', 'yaml', /is empty/, ''],
  ['null', 'null', 'json', /is empty/, ''],
  ['a list', '[1]', 'json', /must be an object.*found a list/, '[1]'],
  ['a list', '- a', 'yaml', /must be an object.*found a list/, '- a'],
  ['a number', '3', 'json', /must be an object.*found `3`/, '3'],
  ['a missing brace', '{"seed": 1', 'json', /end of the file appears where a closing brace/, ''],
  ['single quotes', "{'seed': 1}", 'json', /`'seed'` is not valid here.*double quotes/, "'seed'"],
  ['NaN', '{"seed": NaN}', 'json', /`NaN` is not valid here/, 'NaN'],
  ['a missing comma', '{"seed": 1 "name": 2}', 'json', /`"name"` appears where a comma/, '"name"'],
  ['an open comment', '{"seed": 1} /* x', 'json', /comment that is never closed/, '/* x'],
  ['a repeated key', '{"seed": 1,\n"seed": 2}', 'json', /`seed` is given twice, first on line 1/, '"seed"'],
  ['a repeated key', 'seed: 1\nseed: 2', 'yaml', /`seed` is given twice, first on line 1/, 'seed'],
  ['a tab', 'a:\n\tb: 1', 'yaml', /[Tt]abs/, '\t'],
  ['two documents', 'a: 1\n---\nb: 2', 'yaml', /several documents/, '---\nb: 2'],
  ['an unknown anchor', 'a: *b', 'yaml', /anchor|alias/i, '*b'],
  ['a key that is a list', '? [a]\n: 1', 'yaml', /field name must be a plain string/, '[a]'],
  ['deep nesting', '['.repeat(50_000), 'json', /nested too deeply/, ''],
  ['deep nesting', '['.repeat(50_000), 'yaml', /nested too deeply/, ''],
  ['deep nesting', '- '.repeat(50_000), 'yaml', /nested too deeply/, ''],
  ['data', 'x'.repeat(1_000_001), 'json', /a config may have at most/, ''],
])('%s as a config (%#)', (_name, text, format, message, marked) => {
  const problem = onlyProblem(text, format);
  expect(problem.message).toMatch(message);
  expect(problem.marked).toBe(marked);
});

test('YAML values that JSON lacks', () => {
  const base = 'dataset: {path: a}\nmodel: {type: sasrec}\n';
  expect(onlyProblem(`${base}seed: .nan`, 'yaml')).toMatchObject({ marked: '.nan', line: 3, column: 7 });
  expect(onlyProblem(`${base}seed: -.inf`, 'yaml').message).toContain('found `-.inf`');
  expect(onlyProblem(`${base}seed:`, 'yaml')).toMatchObject({
    marked: 'seed',
    message: expect.stringContaining('found nothing') as string,
  });
  expect(onlyProblem(`${base}seed: !!binary aGk=`, 'yaml').path).toBe('seed');
});

test('aliases may share, multiply and bite their own tail', () => {
  const shared = parseConfig('dataset: {path: &p a}\nname: *p\nmodel: {type: sasrec}', 'yaml');
  expect(shared.config).toMatchObject({ name: 'a', dataset: { path: 'a' } });
  const bomb = Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`).join('\n');
  expect(onlyProblem(`a0: &a0 x\n${bomb}`, 'yaml').message).toMatch(/at most 10000 values/);
  expect(onlyProblem('seed: &a [*a]\ndataset: &b {path: *b}', 'yaml').message).toMatch(/would be infinite/);
  // An alias stands for the anchor of its name that came last before it, also one of a field's name.
  const again = parseConfig('name: &p a\ndataset: {path: &p b}\nmodel: {&type type: sasrec}\n', 'yaml');
  expect(again.problems).toEqual([]);
  const later = parseConfig(
    'name: &p a\ndataset: {path: &p b, items: {path: *p}}\nmodel: {type: sasrec}',
    'yaml',
  );
  expect(later.config?.dataset.items).toMatchObject({ path: 'b' });
});

const list = (count: number, value: string) => `[${Array<string>(count).fill(value).join(',')}]`;
const withPaths = (paths: string) => `{"dataset": {"path": ${paths}}, "model": {"type": "sasrec"}}`;

test.each<[string, string, 'json' | 'yaml', RegExp, number]>([
  [
    'aliases',
    `dataset: &a {path: x}\nmodel: {type: sasrec}\nxs: [${'*a,'.repeat(3000)}]`,
    'yaml',
    /`xs` is not a field/,
    1,
  ],
  ['aliases, too many', `a: &a {path: x}\nxs: [${'*a,'.repeat(10_000)}]`, 'yaml', /at most 10000 values/, 1],
  ['bad values', withPaths(list(9000, '{}')), 'json', /path.0`: expected/, 101],
  ['bad values, too many', withPaths(list(20_000, '{}')), 'json', /at most 10000 values/, 1],
  ['values', withPaths(list(40_000, '1')), 'json', /more than \d+ values/, 1],
  ['lines', '- 1\n'.repeat(40_000), 'yaml', /more than \d+ values/, 1],
  [
    'unknown fields',
    `{${Array.from({ length: 9000 }, (_, n) => `"k${n}": 1`).join(',')}, ${SMALL.slice(1)}`,
    'json',
    /`k0` is not a field/,
    101,
  ],
  ['repeated fields', `{"seed": 1${',"seed": 1'.repeat(9000)}}`, 'json', /`seed` is given twice/, 101],
  [
    'brackets behind others that close nothing',
    `${']'.repeat(3000)}${'['.repeat(3000)}`,
    'json',
    /too deeply/,
    1,
  ],
  [
    'brackets closed in a text',
    `{"a": "${']'.repeat(3000)}", "b": ${'['.repeat(3000)}`,
    'json',
    /too deeply/,
    1,
  ],
  ['brackets closed in a comment', `// ${']'.repeat(3000)}\n${'['.repeat(3000)}`, 'json', /too deeply/, 1],
  ['brackets closed by others', '[}'.repeat(3000), 'json', /too deeply/, 1],
  [
    'brackets closed in a text of YAML',
    `a: '${']'.repeat(3000)}'\nb: ${'['.repeat(3000)}`,
    'yaml',
    /too deeply/,
    1,
  ],
  [
    'brackets closed in a comment of YAML',
    `# ${']'.repeat(3000)}\nb: ${'['.repeat(3000)}`,
    'yaml',
    /too deeply/,
    1,
  ],
  ['brackets closed by others in YAML', '[}'.repeat(3000), 'yaml', /too deeply/, 1],
])('%s do not keep an editor busy', (_name, text, format, message, count) => {
  const problems = problemsOf(text, format);
  expect(problems[0]?.message).toMatch(message);
  expect(problems).toHaveLength(count);
  if (count > 1) expect(problems.at(-1)?.message).toMatch(/more than 100 problems/);
});

test('lines and columns count from 1, with any line ends', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = [
      '{',
      '  "dataset": {"path": "a"},',
      '  "model": {"type": "sasrec"},',
      '  "seed": -1',
      '}',
    ].join(end);
    expect(onlyProblem(text)).toMatchObject({ line: 4, column: 11, marked: '-1' });
  }
});

test('problems come in the order of the text', () => {
  const problems = problemsOf('{"seed": -1, "foo": 1, "model": 3, "dataset": {"path": 1}}');
  expect(problems.map((problem) => problem.path)).toEqual(['seed', 'foo', 'model', 'dataset.path']);
});

test('names that objects have by nature are only unknown fields', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect(onlyProblem(`{"${name}": {}, ${SMALL.slice(1)}`).path).toBe(name);
  }
});

test('overrides are read as JSON where they are, and checked like the file', () => {
  const { config } = parseConfig(SMALL, 'json', [
    'training.epochs=3',
    'evaluation.cutoffs=[10, 50]',
    'model.loss={"type":"bce"}',
    'model.loss.numNegatives=4',
    'dataset.path=b=c.csv',
    'evaluation.cutoffs.1=100',
    'training.earlyStopping.patience=null',
    'name="3"',
  ]);
  expect(config).toMatchObject({
    name: '3',
    training: { epochs: 3, earlyStopping: { patience: null } },
    evaluation: { cutoffs: [10, 100] },
    model: { loss: { type: 'bce', numNegatives: 4 } },
    dataset: { path: 'b=c.csv' },
  });
  expect(parseConfig('dataset:\nmodel: &m {type: sasrec}', 'yaml', ['dataset.path=a']).config).not.toBeNull();
});

test.each([
  ['training.epochs=abc', 'training.epochs', /expected a whole number.*found `abc`/],
  ['training.epoch=3', 'training.epoch', /Did you mean `epochs`/],
  ['model.type=gru', 'model.type', /expected `sasrec`.*, found `gru`/],
  ['evaluation.cutoffs=[5,"x"]', 'evaluation.cutoffs.1', /found `"x"`/],
  ['nonsense', '', /form `path=value`/],
  ['a..b=1', '', /form `path=value`/],
  ['=1', '', /form `path=value`/],
  ['dataset.path.x=1', '', /has the value `"a.csv"` and no fields/],
])('--set %s', (override, path, message) => {
  expect(onlyProblem(SMALL, 'json', [override])).toMatchObject({ path, override });
  expect(onlyProblem(SMALL, 'json', [override]).message).toMatch(message);
});

test('an override of a shared YAML value changes one field', () => {
  const text = 'dataset: {path: a, columns: &c {user: u}}\nmodel: {type: sasrec}\n';
  const { config } = parseConfig(text, 'yaml', ['dataset.columns.item=i']);
  expect(config?.dataset.columns).toMatchObject({ user: 'u', item: 'i' });
});

test('whatever the text, nothing is thrown and every problem lies in it', () => {
  const check = (text: string, format: ConfigFormat, overrides: string[]) => {
    const { config, problems } = parseConfig(text, format, overrides);
    expect(config === null).toBe(problems.some((problem) => problem.severity === 'error'));
    for (const { start, end, line, column } of problems) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(text.length);
      const before = text.slice(0, start).split(/\r\n|\r|\n/);
      // Inside a \r\n the line has not ended yet.
      if (!(text[start - 1] === '\r' && text[start] === '\n')) {
        expect([line, column]).toEqual([before.length, before.at(-1)!.length + 1]);
      }
    }
  };
  const format = fc.constantFrom<ConfigFormat>('json', 'yaml');
  const overrides = fc.array(fc.string({ maxLength: 12 }), { maxLength: 2 });
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    '\n',
    '\r\n',
    ' ',
    '- ',
    '&a',
    '*a',
    '#',
    '//',
    '? ',
    '|',
    '\uFEFF',
    '"model"',
    '"type"',
    'dataset',
    'path',
    '1e9',
    '.nan',
    '!!',
    '\t',
    '---',
    '<<',
  ];
  fc.assert(fc.property(fc.string({ unit: 'binary' }), format, overrides, check), { numRuns: 300 });
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join('')),
      format,
      overrides,
      check,
    ),
    { numRuns: 700 },
  );
  // A valid config with a piece cut out or put in.
  const valid = `{"dataset": {"path": ["a"]}, "model": {"type": "sasrec", "loss": {"type": "bce"}}, "evaluation": {"cutoffs": [10]}}`;
  fc.assert(
    fc.property(
      fc.nat(valid.length),
      fc.nat(8),
      fc.constantFrom('', ...pieces),
      format,
      (at, length, piece, chosen) => check(valid.slice(0, at) + piece + valid.slice(at + length), chosen, []),
    ),
    { numRuns: 700 },
  );
});

test('any value in place of any field is refused with a place, or taken', () => {
  const paths = [
    'seed',
    'name',
    'dataset',
    'dataset.path',
    'dataset.columns',
    'model',
    'model.loss',
    'model.numHeads',
    'training',
    'evaluation.cutoffs',
    'evaluation.baselines',
    'backend',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
      const override = `${path}=${JSON.stringify(value)}`;
      const { config, problems } = parseConfig(SMALL, 'json', [override]);
      expect(config !== null || problems.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});
