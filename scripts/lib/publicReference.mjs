// @ts-check
/*
 * The reference of `recsight/v1`, made from the doc comments of what src/userCode/v1.ts exports.
 */
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../..');

/** Exports by topic, in reading order. Each export must be in one. */
const TOPICS = {
  Models: ['defineModel', 'ModelDefinition', 'ModelContext', 'ModelParts', 'DefinedModel'],
  Options: [
    'OptionDeclarations',
    'OptionDeclaration',
    'IntegerOption',
    'NumberOption',
    'BooleanOption',
    'StringOption',
    'EnumOption',
    'ListOption',
    'OptionValues',
  ],
  Data: ['ModelData', 'FeatureColumn', 'CategoryColumn', 'MultiColumn', 'NumberColumn'],
  Parameters: [
    'ModelParameters',
    'Initializer',
    'BlockOptions',
    'Projection',
    'LayerNormalization',
    'GruParameters',
    'TransformerBlock',
  ],
  'Next-item prediction': ['NextItem', 'NextItemOptions', 'NextItemLoss', 'Encode'],
  Batches: [
    'sequenceBatches',
    'SequenceRequest',
    'SequenceBatch',
    'exampleBatches',
    'ExampleRequest',
    'ExampleBatch',
    'Sampler',
    'BatchBuilder',
    'Batches',
    'Batch',
    'BatchUnit',
    'TimesRead',
    'TrainingData',
    'LabeledRows',
  ],
  Scoring: ['Query', 'Histories', 'Scoring', 'ProductScoring', 'JointScoring', 'ModelInput'],
  Views: ['EmbeddingView', 'AttentionView', 'AttentionAxis', 'Recorder'],
  Layers: [
    'layers',
    'Activation',
    'AttentionOptions',
    'BlockPass',
    'CandidateOptions',
    'FeedForwardInput',
    'GruOptions',
    'GruOutput',
    'GruUpdate',
    'Normalized',
    'Pooling',
    'Statistics',
    'SumOutput',
    'SumParameters',
    'SumVersion',
    'SumWritingParameters',
  ],
  'TensorFlow.js': ['tf'],
  'Random numbers': ['RandomStream', 'randomStream'],
  Metrics: [
    'defineMetric',
    'MetricDefinition',
    'RankMetricDefinition',
    'ListMetricDefinition',
    'RelevantPlaces',
    'TopLists',
    'Catalog',
    'DefinedMetric',
  ],
};

const LISTED = new Set(Object.values(TOPICS).flat());

/** @returns {string} Markdown */
export function publicReference() {
  const entry = path.join(root, 'src/userCode/v1.ts');
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [entry] }, ts.sys, root);
  delete options.tsBuildInfoFile;
  const program = ts.createProgram([entry], { ...options, incremental: false });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(/** @type {ts.SourceFile} */ (program.getSourceFile(entry)));
  if (module === undefined) throw new Error(`${entry} exports nothing.`);
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));

  const missing = [...exported.keys()].filter((name) => !LISTED.has(name));
  const gone = [...LISTED].filter((name) => !exported.has(name));
  if (missing.length + gone.length > 0) {
    throw new Error(
      `scripts/lib/publicReference.mjs must list ${missing.join(', ')} and not ${gone.join(', ')}.`,
    );
  }

  const parts = Object.entries(TOPICS).map(([topic, names]) => {
    const sections = names.flatMap((name) => {
      const symbol = target(checker, /** @type {ts.Symbol} */ (exported.get(name)));
      if (name === 'tf') return [TENSORFLOW];
      if (name === 'layers') {
        const layers = checker
          .getExportsOfModule(symbol)
          .filter((layer) => isFunction(target(checker, layer)));
        layers.sort((a, b) => (a.name < b.name ? -1 : 1));
        return [
          'Layers run on RecSight’s kernels, forward and backward; on an engine without kernels they are made of TensorFlow.js operations, with the same results.',
          ...layers.map((layer) => sectionOf(checker, target(checker, layer), `layers.${layer.name}`)),
        ];
      }
      return [sectionOf(checker, symbol, name)];
    });
    return [`## ${topic}`, ...sections].join('\n\n');
  });
  return `${INTRODUCTION}\n\n${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `# Reference of \`recsight/v1\`

<!-- Made by \`npm run generate\` from the doc comments of src/userCode/v1.ts. -->

What model files and metric files import from \`recsight/v1\`. [Own models](own-models.md) explains how to use it. What is on this page stays as it is for as long as files import \`v1\`. Users are numbered from 0, and −1 is one whom training does not know; items are numbered from 1, and 0 is padding. Arrays are row-major. Histories are padded on the left: the newest item comes last. In shapes, B is a number of rows, T of positions, d a width.`;

const TENSORFLOW =
  '`tf` is [TensorFlow.js core](https://js.tensorflow.org/api/4.22.0/), the instance that trains the model: all of its operations work, with gradients. They run as they are, without RecSight’s fused kernels, so layers are faster where there is one. Operations are functions, as in `tf.add(a, b)`; tensors have no chained methods such as `a.add(b)`.';

/** @param {ts.TypeChecker} checker @param {ts.Symbol} symbol */
function target(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param {ts.Symbol} symbol */
function isFunction(symbol) {
  return (symbol.flags & ts.SymbolFlags.Function) !== 0;
}

/** @param {ts.TypeChecker} checker @param {ts.Symbol} symbol @param {string} name */
function sectionOf(checker, symbol, name) {
  const declarations = symbol.declarations ?? [];
  const lines = [`### ${name}`];
  const [first] = declarations;
  if (first === undefined) throw new Error(`${name} has no declaration.`);
  if (ts.isFunctionDeclaration(first)) {
    const functions = declarations.filter(ts.isFunctionDeclaration);
    // Of an overloaded function the last declaration is the implementation, which nobody calls.
    const called = functions.length > 1 ? functions.filter(({ body }) => body === undefined) : functions;
    lines.push(code(called.map(signatureOf).join('\n')));
    lines.push(...documentation(first));
  } else if (ts.isInterfaceDeclaration(first) || ts.isClassDeclaration(first)) {
    lines.push(...documentation(first));
    const bases = first.heritageClauses?.flatMap(({ types }) => [...types]) ?? [];
    const listed = bases.filter(({ expression }) => LISTED.has(expression.getText()));
    const named = listed.map((type) => `\`${oneLine(type.getText())}\``);
    if (named.length > 0) lines.push(`With all of ${named.join(' and ')}.`);
    // What has no section of its own is told where it is inherited.
    const inherited = bases
      .filter((type) => !listed.includes(type))
      .flatMap((type) => checker.getTypeAtLocation(type).symbol.declarations ?? [])
      .filter(ts.isInterfaceDeclaration);
    const members = [...inherited, first].flatMap(membersOf);
    if (members.length > 0) lines.push(members.join('\n'));
  } else if (ts.isTypeAliasDeclaration(first)) {
    lines.push(...documentation(first));
    lines.push(code(aliasText(first)));
  } else {
    throw new Error(`${name} is of a kind that the reference does not know.`);
  }
  return lines.join('\n\n');
}

/** @param {ts.InterfaceDeclaration | ts.ClassDeclaration} node */
function membersOf(node) {
  /** @type {Map<string, { texts: string[], node: ts.Node }>} */
  const members = new Map();
  for (const member of node.members) {
    const name = member.name?.getText() ?? '';
    const isOverloaded = ts.isMethodDeclaration(member) && member.body !== undefined && members.has(name);
    if (name === '' || name.startsWith('#') || isInternal(member) || isOverloaded) continue;
    const known = members.get(name) ?? { texts: [], node: member };
    members.set(name, known);
    known.texts.push(ts.isMethodDeclaration(member) ? signatureOf(member) : memberText(member));
  }
  return [...members.values()].map(({ texts, node: member }) => {
    const told = documentation(member)
      .map((paragraph) => sentence(paragraph.replaceAll(/(^|\n)- /g, '; ').replace(/^; /, '')))
      .join(' ');
    return `- ${texts.map((text) => `\`${text}\``).join(', ')}${told === '' ? '' : `: ${told}`}`;
  });
}

/** @param {string} text */
const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** @param {ts.Node} node */
const isInternal = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');

/** @param {ts.Node} node */
const memberText = (node) =>
  oneLine(node.getText())
    .replace(/;$/, '')
    .replace(/^readonly /, '');

/** Without the body. @param {ts.FunctionDeclaration | ts.MethodDeclaration} node */
function signatureOf(node) {
  const source = node.getSourceFile().text;
  const end = node.body?.getStart() ?? node.end;
  const text = oneLine(source.slice(node.getStart(), end))
    .replace(/^export function /, '')
    .replace(/;$/, '');
  return text.trim();
}

/** @param {ts.TypeAliasDeclaration} node */
function aliasText(node) {
  return node.getText().replace(/^export /, '');
}

/** The doc comment as paragraphs. @param {ts.Node} node */
function documentation(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  if (comment === undefined) return [];
  const paragraphs = [plain(comment.comment)];
  const tags = [];
  for (const tag of comment.tags ?? []) {
    if (ts.isJSDocParameterTag(tag)) tags.push(`- \`${tag.name.getText()}\`: ${plain(tag.comment)}`);
    else if (ts.isJSDocReturnTag(tag)) tags.push(`- Returns ${plain(tag.comment)}`);
    else if (ts.isJSDocThrowsTag(tag)) tags.push(`- Throws ${plain(tag.comment)}`);
  }
  if (tags.length > 0) paragraphs.push(tags.join('\n'));
  return paragraphs.filter((paragraph) => paragraph !== '');
}

/** @param {string | ts.NodeArray<ts.JSDocComment> | undefined} comment */
function plain(comment) {
  const text = ts.getTextOfJSDocComment(comment) ?? '';
  // A line that starts a list stays; others are joined.
  return text
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\n(?!- |\n)/g, ' ')
    .replace(/\n- /g, '\n- ')
    .trim();
}

/** @param {string} text */
function oneLine(text) {
  return text
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/,? ([)\]}])/g, (_, bracket) => (bracket === '}' ? ' }' : bracket))
    .replace(/([([]) /g, '$1')
    .trim();
}

/** @param {string} text */
function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\``;
}
