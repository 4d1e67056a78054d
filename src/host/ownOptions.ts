import path from 'node:path';
import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import { fieldOf, looseValue } from '../config/datasetText';
import { configJsonSchema, describeExpected, findFieldSchema, type JsonSchema } from '../config/jsonSchema';
import { locateField, type FieldLocation } from '../config/locateField';
import type { ConfigFormat } from '../config/parseConfig';
import { configSchemaWith } from '../config/schema';
import { writtenLike } from '../config/setField';
import { isCodePath } from '../protocol/codePath';
import { mayNameCode, type CodeFile, type CodeFiles } from './codeFiles';
import { CONFIG_SELECTOR } from './configDiagnostics';
import { rangeOf } from './configFixes';
import { hover } from './messages';
import { escaped, joinMarkdown, plainText, type Markdown } from './safeText';

/** An option of an own model, as its file declares it. */
interface Option {
  name: string;
  schema: JsonSchema;
  isRequired: boolean;
}

/**
 * Completion and hovers for what the files of a workspace declare: the model files and metric files that there are, and the options
 * of the model that a config names. Runs none of them.
 */
export class OwnOptions implements vscode.CompletionItemProvider, vscode.HoverProvider, vscode.Disposable {
  readonly #registrations: vscode.Disposable[];

  constructor(private readonly code: CodeFiles) {
    this.#registrations = [
      vscode.languages.registerCompletionItemProvider(CONFIG_SELECTOR, this, '"', ':', ' ', '/', '.'),
      vscode.languages.registerHoverProvider(CONFIG_SELECTOR, this),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#registrations).dispose();
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.CompletionItem[]> {
    const format = configFormat(document.uri.path);
    const at = format && locateField(document.getText(), format, document.offsetAt(position));
    if (!at) return [];
    const kind = fileKindAt(at);
    if (kind !== null) {
      const files = await this.code.find(kind, token);
      return files.map((file) => fileItem(document, format, at, file));
    }
    if (at.path[0] !== 'model' || at.path.length !== 2) return [];
    const options = await this.#options(document, format);
    if (at.isKey) {
      const given = fieldOf(looseValue(document.getText(), format), 'model');
      const taken = typeof given === 'object' && given !== null ? Object.keys(given) : [];
      const free = options.filter(({ name }) => name === at.path[1] || !taken.includes(name));
      return free.map((option) => keyItem(document, format, at, option));
    }
    const option = options.find(({ name }) => name === at.path[1]);
    return option
      ? valuesOf(option.schema).map((value) => valueItem(document, format, at, option, value))
      : [];
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | null> {
    const format = configFormat(document.uri.path);
    if (format === null || !mayNameCode(document)) return null;
    const at = locateField(document.getText(), format, document.offsetAt(position));
    if (at?.path[0] !== 'model' || at.path.length !== 2 || at.range.start === at.range.end) return null;
    const option = (await this.#options(document, format)).find(({ name }) => name === at.path[1]);
    return option ? new vscode.Hover(hover(explanation(option)), rangeOf(document, at.range)) : null;
  }

  /** The options of the model file that a config names; none where it names no file, or one that has errors. */
  async #options(document: vscode.TextDocument, format: ConfigFormat): Promise<Option[]> {
    const value = looseValue(document.getText(), format);
    const type = fieldOf(value, 'model', 'type');
    if (!isCodePath(type)) return [];
    const code = await this.code.read(document, format);
    if (code.get(type)?.declaration?.kind !== 'model') return [];
    const schema = findFieldSchema(['model'], value, configJsonSchema(configSchemaWith(code)));
    return Object.entries(schema?.properties ?? {})
      .filter(([name]) => name !== 'type')
      .map(([name, option]) => ({
        name,
        schema: option,
        isRequired: schema?.required?.includes(name) === true && option.default === undefined,
      }));
  }
}

/** Which files a field takes; null for other fields. */
function fileKindAt({ path: [first, second, third], isKey }: FieldLocation): CodeFile['kind'] | null {
  if (isKey) return null;
  if (first === 'model' && second === 'type' && third === undefined) return 'model';
  return first === 'evaluation' && second === 'metrics' && typeof third === 'number' ? 'metric' : null;
}

function fileItem(
  document: vscode.TextDocument,
  format: ConfigFormat,
  { range }: FieldLocation,
  { uri, title, kind }: CodeFile,
): vscode.CompletionItem {
  const relative = path.relative(path.dirname(document.uri.fsPath), uri.fsPath).split(path.sep).join('/');
  const name = relative.startsWith('../') ? relative : `./${relative}`;
  const item = new vscode.CompletionItem(name, vscode.CompletionItemKind.File);
  const at = rangeOf(document, range);
  item.range = at;
  item.insertText = writtenLike(document.getText(at), format, name);
  item.filterText = item.insertText;
  item.detail = plainText(`${title} (own ${kind})`);
  return item;
}

function keyItem(
  document: vscode.TextDocument,
  format: ConfigFormat,
  { range, hasValue }: FieldLocation,
  option: Option,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(option.name, vscode.CompletionItemKind.Property);
  const at = rangeOf(document, range);
  const written = writtenLike(document.getText(at), format, option.name);
  const value = option.schema.default ?? valuesOf(option.schema)[0] ?? '';
  item.range = at;
  item.filterText = written;
  item.insertText = hasValue ? written : `${written}: ${JSON.stringify(value)}`;
  item.detail = plainText(describeExpected(option.schema));
  item.documentation = hover(explanation(option));
  item.sortText = `0${option.name}`;
  return item;
}

function valueItem(
  document: vscode.TextDocument,
  format: ConfigFormat,
  { range }: FieldLocation,
  { schema }: Option,
  value: unknown,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(String(value), vscode.CompletionItemKind.Value);
  const at = rangeOf(document, range);
  const text =
    typeof value === 'string' ? writtenLike(document.getText(at), format, value) : JSON.stringify(value);
  item.range = at;
  item.insertText = text;
  item.filterText = text;
  if (value === schema.default) item.detail = 'default';
  return item;
}

/** The values that an option chooses from, or else its default. */
function valuesOf(schema: JsonSchema): unknown[] {
  if (schema.enum !== undefined) return schema.enum;
  if (schema.type === 'boolean') return [true, false];
  return schema.default === undefined ? [] : [schema.default];
}

/** The words are the file's, so they are escaped. */
function explanation({ schema, isRequired }: Option): Markdown {
  const lines = [
    ...(schema.description === undefined ? [] : [escaped`${schema.description}`]),
    escaped`**Value:** ${describeExpected(schema)}.`,
    isRequired ? escaped`**Required.**` : escaped`**Default:** ${JSON.stringify(schema.default)}.`,
  ];
  return joinMarkdown(lines, '\n\n');
}
