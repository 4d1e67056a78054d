import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

/**
 * Which folder of `src/` may import which others. This is the map of the house in docs/architecture.md;
 * an import that is not listed here is a lint error.
 */
const allowedImports = {
  protocol: [],
  series: ['evaluation', 'protocol'],
  splits: ['protocol'],
  options: ['evaluation', 'splits', 'protocol'],
  config: ['model', 'options', 'evaluation', 'userCode', 'protocol'],
  dataset: ['config', 'options', 'splits', 'protocol'],
  evaluation: ['protocol'],
  compute: [],
  analysis: ['compute', 'protocol'],
  model: ['compute', 'options', 'protocol'],
  userCode: ['compute', 'model', 'options', 'evaluation', 'runs', 'protocol'],
  runs: ['evaluation', 'formats', 'protocol'],
  formats: ['protocol'],
  inference: [
    'protocol',
    'userCode',
    'formats',
    'config',
    'options',
    'dataset',
    'compute',
    'model',
    'evaluation',
    'runs',
  ],
  training: [
    'protocol',
    'userCode',
    'formats',
    'options',
    'series',
    'config',
    'dataset',
    'compute',
    'model',
    'evaluation',
    'runs',
    'inference',
  ],
  inspection: [
    'protocol',
    'userCode',
    'formats',
    'series',
    'config',
    'dataset',
    'compute',
    'analysis',
    'model',
    'evaluation',
    'runs',
    'inference',
  ],
  process: ['runs', 'config', 'userCode', 'protocol'],
  host: ['process', 'runs', 'config', 'userCode', 'model', 'evaluation', 'series', 'protocol'],
  cli: [
    'protocol',
    'formats',
    'userCode',
    'options',
    'series',
    'config',
    'dataset',
    'compute',
    'analysis',
    'model',
    'evaluation',
    'runs',
    'process',
  ],
};
const folders = Object.keys(allowedImports);

const zones = folders.map((folder) => ({
  target: `./src/${folder}`,
  from: folders
    .filter((other) => other !== folder && !allowedImports[folder].includes(other))
    .map((other) => `./src/${other}`)
    .concat('./webview', './test'),
  message: `src/${folder} may import only: ${allowedImports[folder].join(', ') || 'nothing of ours'} (docs/architecture.md).`,
}));
zones.push({
  target: './webview',
  from: folders
    .filter((folder) => !['protocol', 'series', 'formats', 'evaluation'].includes(folder))
    .map((folder) => `./src/${folder}`),
  message:
    'A webview may import only src/protocol, src/series, src/formats and src/evaluation (docs/architecture.md).',
});

// Code of the user runs in the trainer and the inspector, and nowhere else.
for (const folder of ['runs', 'config', 'process', 'host', 'cli'])
  zones.push({
    target: `./src/${folder}`,
    from: ['loadUserCode.ts', 'openOwnModel.ts', 'ownModel.ts', 'v1.ts', 'v1'].map(
      (file) => `./src/userCode/${file}`,
    ),
    message: 'Only the trainer and the inspector run code of the user, with tensors.',
  });

/** Libraries that only one folder may know, so that each can be replaced in one place. */
const libraryHomes = {
  vscode: ['src/host', 'test/integration'],
  '@duckdb/node-api': ['src/dataset'],
  chokidar: ['src/runs'],
  sucrase: ['src/userCode'],
  acorn: ['src/userCode'],
  '@vscode/webview-ui-toolkit': ['webview/ui'],
  uplot: ['webview/plot'],
  '@deck.gl/core': ['webview/plot', 'test/unit/webview'],
  '@deck.gl/layers': ['webview/plot'],
  kdbush: ['webview/plot'],
  'd3-contour': ['webview/plot'],
  'ml-matrix': ['src/analysis', 'test/unit/analysis'],
};
const restrictLibraries = (home) => [
  'error',
  {
    paths: Object.entries(libraryHomes)
      .filter(([, homes]) => !homes.includes(home))
      .map(([name, homes]) => ({ name, message: `${name} may be imported only in ${homes.join(' and ')}.` })),
  },
];

const bannedSyntax = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
  { selector: 'ExportAllDeclaration', message: 'No barrel files: import from the file itself.' },
  {
    selector: 'CallExpression[callee.property.name=/^toLocale(Time|Date)String$/]',
    message: 'Times are written in one way: by src/series/format.ts.',
  },
  {
    selector: 'CallExpression[callee.property.name="toLocaleString"][arguments.length=0]',
    message: 'Numbers and times are written in one way, whatever the locale: by src/series/format.ts.',
  },
];

/** How VS Code shows text that it reads markup in. */
const showingSyntax = [
  {
    selector:
      'MemberExpression[property.name=/^(show(Error|Warning|Information)Message|showQuickPick|setStatusBarMessage|withProgress)$/]',
    message: 'Texts may hold links that run commands: show them with src/host/messages.ts.',
  },
  {
    selector: "NewExpression[callee.property.name='MarkdownString']",
    message: 'Texts may hold markup: make hovers with src/host/messages.ts from src/host/safeText.ts.',
  },
  {
    selector:
      'MemberExpression[property.name=/^(isTrusted|supportHtml|appendMarkdown)$/][object.property.name!="workspace"]',
    message: 'Hovers are made in src/host/messages.ts.',
  },
];

/** A message put into a page as it is shows its markup. */
const messageSyntax = [
  'MemberExpression[property.name=/^(message|.*[pP]roblem|notice)$/]',
  'Identifier[name=/^(message|problem|notice)$/]',
].map((shown) => ({
  selector: `TaggedTemplateExpression[tag.name="html"] > TemplateLiteral > ${shown}`,
  message: 'Messages mark code with backticks: show them with webview/ui/messageContent.ts.',
}));

/** A test that waits for a time fails on a busy machine, or wastes it on a quiet one. */
const waiting = 'Wait for what the test expects: until() of test/until.ts, vi.waitFor or expect.poll.';
const elapsed = 'How long something takes depends on the machine: assert what happened instead.';
const timingSyntax = [
  { selector: 'CallExpression[callee.name="setTimeout"]', message: waiting },
  { selector: 'CallExpression[callee.property.name="setTimeout"]', message: waiting },
  { selector: 'ImportDeclaration[source.value=/^(node:)?timers/]', message: waiting },
  { selector: 'CallExpression[callee.property.name="waitForTimeout"]', message: waiting },
  {
    selector: 'CallExpression[callee.object.name="performance"][callee.property.name="now"]',
    message: elapsed,
  },
  {
    // Not `Date.now() - 5000`, which is a time in the past.
    selector:
      'BinaryExpression[operator="-"][right.type!="Literal"][left.callee.object.name="Date"][left.callee.property.name="now"]',
    message: elapsed,
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'test/vscode-host/',
      '.stage/',
      'coverage/',
      '.recsight/',
      'samples/',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ noWarnOnMultipleProjects: true })],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'no-restricted-imports': restrictLibraries(undefined),
      'no-restricted-syntax': ['error', ...bannedSyntax],
      eqeqeq: 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // There are no enums (`bannedSyntax`), and looking for them takes a sixth of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['src/cli/**'],
    ignores: ['src/cli/terminal.ts', 'src/cli/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr'].map((property) => ({
          object: 'process',
          property,
          message: 'Text of others may hold control characters: print through terminal.ts.',
        })),
      ],
    },
  },
  ...[...new Set(Object.values(libraryHomes).flat())].map((home) => ({
    files: [`${home}/**`],
    rules: { 'no-restricted-imports': restrictLibraries(home) },
  })),
  {
    files: ['src/host/**'],
    ignores: ['src/host/messages.ts'],
    rules: { 'no-restricted-syntax': ['error', ...bannedSyntax, ...showingSyntax] },
  },
  {
    files: ['webview/**'],
    rules: { 'no-restricted-syntax': ['error', ...bannedSyntax, ...messageSyntax] },
  },
  {
    files: ['test/**/*.ts'],
    // Benchmarks measure times, pictures are for human eyes, the campaign of faults strikes at random times.
    ignores: [
      'test/bench/**',
      'test/webview/*Bench.test.ts',
      'test/webview/*creenshots.test.ts',
      'test/faults/**',
      'test/until.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', ...bannedSyntax, ...timingSyntax] },
  },
  {
    // As users write them.
    files: ['src/userCode/templates/**'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.mjs', '*.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
