import { z } from 'zod';
import type { OwnCode } from '../userCode/declaration';
import { fieldsNamed, ofTypes } from './fieldsNamed';
import { configJsonSchema, describeExpected, findFieldSchema, type JsonSchema } from './jsonSchema';
import { readJson } from './jsonSource';
import { applyLabelDefaults } from './labelDefaults';
import { labelWarnings } from './labelProblems';
import { nearestName } from './nearestName';
import { applyOverrides, overrideOf } from './overrides';
import { findOwnProblems, type OwnFileProblems } from './ownProblems';
import { applyPreset } from './presets';
import { applyProtocol, departures } from './protocolPresets';
import { configSchemaWith, type ConfigPurpose, type ExperimentConfig } from './schema';
import {
  findNode,
  formatPath,
  keyRange,
  toValue,
  valueRange,
  type ConfigPath,
  type SourceDocument,
  type SourceNode,
  type SourceProblem,
} from './sourceTree';
import { findExcess, findExpandedExcess } from './textLimits';
import { readYaml } from './yamlSource';

// Validators made from strings are not allowed everywhere this runs, and gain nothing on texts of this size.
z.config({ jitless: true });

export type ConfigFormat = 'json' | 'yaml';

/** Something to say about a config text, and where. */
export interface ConfigProblem {
  severity: 'error' | 'warning';
  /** What was found, what is expected, what to do. Names the field. */
  message: string;
  /** Dotted path of the field, such as `model.numHeads`; empty for the text as a whole. */
  path: string;
  /** Character offsets in the text; the end is exclusive. */
  start: number;
  end: number;
  /** Of `start`, from 1. */
  line: number;
  column: number;
  /** The text, without quotes, that probably should stand there. */
  suggestion?: string;
  /** The `--set` argument that the problem comes from. Its offsets then say what was overridden. */
  override?: string;
  /** The problems of a model or metric file that the field names, by its path from the folder of the config. */
  ownFile?: OwnFileProblems;
}

export interface ParsedConfig {
  /** Null when there are errors. */
  config: ExperimentConfig | null;
  /** In the order of the text. */
  problems: ConfigProblem[];
}

type Draft = Omit<ConfigProblem, 'line' | 'column' | 'path'> & { path: ConfigPath };

interface ValidatedBy {
  own: OwnCode;
  purpose: ConfigPurpose | undefined;
}

const NO_CODE: OwnCode = new Map();

/** Nobody reads more, and an editor would be busy showing them. */
const MAX_PROBLEMS = 100;

/**
 * Reads and validates a config text, with `--set` arguments applied, and fills in the defaults. Never throws:
 * everything that is wrong is in `problems`.
 * @param own what the model and metric files declare that the config names; see `ownFiles.ts`
 */
export function parseConfig(
  text: string,
  format: ConfigFormat,
  overrides: readonly string[] = [],
  own: OwnCode = NO_CODE,
  purpose?: ConfigPurpose,
): ParsedConfig {
  const byteOrderMark = text.startsWith('\uFEFF') ? 1 : 0;
  const drafts: Draft[] = [];
  const config = readAndValidate(text.slice(byteOrderMark), format, overrides, { own, purpose }, drafts);
  const lineStarts = findLineStarts(text);
  if (drafts.length > MAX_PROBLEMS) {
    const message = `There are more than ${MAX_PROBLEMS} problems. Fix these first.`;
    drafts.splice(MAX_PROBLEMS, Infinity, errorAt([], text.length, text.length, message));
  }
  const problems = drafts
    .map((draft) => place(draft, byteOrderMark, text.length, lineStarts))
    .sort((a, b) => a.start - b.start);
  return { config: problems.some((problem) => problem.severity === 'error') ? null : config, problems };
}

function readAndValidate(
  text: string,
  format: ConfigFormat,
  overrides: readonly string[],
  by: ValidatedBy,
  drafts: Draft[],
): ExperimentConfig | null {
  const document = readSource(text, format);
  applyOverrides(document, overrides);
  const problems =
    document.root === null
      ? document.problems
      : document.problems.concat(findDuplicates(document.root, text));
  for (const { start, end, message, path, override } of problems) {
    drafts.push({
      ...errorAt(path ?? [], start, end, message),
      ...(override === undefined ? {} : { override }),
    });
  }
  if (problems.length > 0) {
    return null;
  }
  if (document.root === null || (document.root.kind === 'scalar' && document.root.value === null)) {
    drafts.push(
      errorAt(
        [],
        0,
        0,
        'The config is empty. It needs at least `dataset` (where the interactions are) and `model`.',
      ),
    );
    return null;
  }
  return validate(document.root, by, drafts);
}

/** A config text as a tree, if it can be read; one that would take too long is not. Never throws. */
export function readSource(text: string, format: ConfigFormat): SourceDocument {
  if (text.trim() === '') {
    return { root: null, problems: [] };
  }
  const refused = (message: string) => ({ root: null, problems: [{ start: 0, end: 0, message }] });
  const excess = findExcess(text, format);
  if (excess !== null) {
    return refused(excess);
  }
  try {
    const document = format === 'json' ? readJson(text) : readYaml(text);
    const expandedExcess = document.root === null ? null : findExpandedExcess(document.root);
    return expandedExcess === null ? document : refused(expandedExcess);
  } catch (error) {
    return {
      root: null,
      problems: [{ start: 0, end: 0, message: `The config cannot be read: ${String(error)}.` }],
    };
  }
}

/** A repeated key is most often a forgotten line; which of the two counts would be a guess. */
function findDuplicates(root: SourceNode, text: string): SourceProblem[] {
  const problems: SourceProblem[] = [];
  const lineStarts = findLineStarts(text);
  const visited = new Set<SourceNode>();
  const visit = (node: SourceNode, path: ConfigPath) => {
    if (visited.has(node) || node.kind === 'scalar') {
      return;
    }
    visited.add(node);
    if (node.kind === 'list') {
      node.items.forEach((item, index) => visit(item, [...path, index]));
      return;
    }
    const first = new Map<string, number>();
    for (const entry of node.entries) {
      const field = [...path, entry.name];
      const firstStart = first.get(entry.name);
      if (firstStart === undefined) {
        first.set(entry.name, entry.key.start);
        visit(entry.node, field);
      } else {
        const { line } = positionOf(firstStart, lineStarts);
        const message = `\`${formatPath(field)}\` is given twice, first on line ${line}. Remove one of them.`;
        problems.push({ ...entry.key, message, path: field });
      }
    }
  };
  visit(root, []);
  return problems.slice(0, MAX_PROBLEMS + 1);
}

function validate(root: SourceNode, { own, purpose }: ValidatedBy, drafts: Draft[]): ExperimentConfig | null {
  const value = toValue(root);
  if (root.kind !== 'object') {
    drafts.push(
      errorAt(
        [],
        root.start,
        root.end,
        `The config must be an object with \`dataset\` and \`model\`, found ${describeFound(root)}.`,
      ),
    );
    return null;
  }
  const ownProblems = findOwnProblems(value, own).map(({ path, message, ownFile }) => {
    const { start, end } = valueRange(root, path);
    return { ...errorAt(path, start, end, message), ...(ownFile !== undefined && { ownFile }) };
  });
  drafts.push(...ownProblems);
  const schema = configSchemaWith(own, purpose);
  const result = schema.safeParse(applyLabelDefaults(applyProtocol(applyPreset(value))));
  if (result.success) {
    for (const { path, message } of findWarnings(result.data)) {
      const { start, end } = valueRange(root, path);
      // A default is nobody's mistake.
      if (findNode(root, path) !== undefined) {
        drafts.push({ severity: 'warning', path, start, end, message });
      }
    }
    return result.data;
  }
  const json = configJsonSchema(schema);
  const { issues } = result.error;
  for (const issue of issues) {
    if (drafts.length > MAX_PROBLEMS) {
      break;
    }
    // A misspelt field is also a missing one; saying so would only distract.
    if (issue.code === 'custom' && issues.some((other) => hasUnknownKeyAt(other, issue.path))) {
      continue;
    }
    // What is wrong with a file has been said.
    if (ownProblems.some(({ path }) => formatPath(path) === formatPath(issue.path as ConfigPath))) continue;
    for (const draft of describeIssue(issue, root, value, json)) {
      // A number may break two rules that are told in the same words.
      if (drafts.some((other) => other.message === draft.message && other.start === draft.start)) {
        continue;
      }
      const override = overrideOf(root, draft.path);
      drafts.push(override === undefined ? draft : { ...draft, override });
    }
  }
  return null;
}

type Issue = z.core.$ZodIssue;

function hasUnknownKeyAt(issue: Issue, path: PropertyKey[]): boolean {
  return issue.code === 'unrecognized_keys' && issue.path.join('.') === path.join('.');
}

function describeIssue(issue: Issue, root: SourceNode, value: unknown, json: JsonSchema): Draft[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, MAX_PROBLEMS + 1);
    return keys.map((key) => describeUnknownKey([...path, key], root, value, json));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return describeUnion(issue, path, root, value, json);
  }
  const field = `\`${formatPath(path)}\``;
  const schema = findFieldSchema(path, value, json);
  const node = findNode(root, path);
  const { start, end } = valueRange(root, path);
  if (issue.code === 'custom' || issue.code === 'invalid_format') {
    const found =
      node === undefined ? describeDefault(schema) : node.kind === 'scalar' ? describeFound(node) : null;
    return [
      errorAt(path, start, end, `${field} ${issue.message}${found === null ? '' : `, found ${found}`}.`),
    ];
  }
  if (node === undefined) {
    const expected = schema === null ? '' : ` Expected ${describeExpected(schema)}.`;
    const about = schema?.description === undefined ? '' : ` ${schema.description}`;
    return [errorAt(path, start, end, `${field} is missing.${expected}${about}`)];
  }
  const found = describeFound(node);
  const expected = schema === null ? issue.message : describeExpected(schema);
  const draft = errorAt(path, start, end, `${field}: expected ${expected}, found ${found}.`);
  const options = optionsOf(schema);
  const nearest = node.kind === 'scalar' ? nearestName(String(node.value), options) : null;
  return [nearest === null ? draft : suggest(draft, nearest)];
}

/** A field that takes several kinds of values: the kind that was written decides what is said. */
function describeUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: ConfigPath,
  root: SourceNode,
  value: unknown,
  json: JsonSchema,
): Draft[] {
  const isScalar = findNode(root, path)?.kind === 'scalar';
  const fitting = issue.errors.filter(
    (issues) =>
      !issues.some(
        ({ code, path: innerPath }) =>
          innerPath.length === 0 && (code === 'invalid_type' || (code === 'invalid_value' && !isScalar)),
      ),
  );
  const [only] = fitting;
  if (fitting.length === 1 && only !== undefined) {
    return only
      .slice(0, MAX_PROBLEMS + 1)
      .flatMap((inner) => describeIssue({ ...inner, path: [...path, ...inner.path] }, root, value, json));
  }
  const { start, end } = valueRange(root, path);
  const schema = findFieldSchema(path, value, json);
  const node = findNode(root, path);
  const expected = schema === null ? 'another value' : describeExpected(schema);
  const found = node === undefined ? 'nothing' : describeFound(node);
  return [errorAt(path, start, end, `\`${formatPath(path)}\`: expected ${expected}, found ${found}.`)];
}

function describeUnknownKey(path: ConfigPath, root: SourceNode, value: unknown, json: JsonSchema): Draft {
  const name = String(path.at(-1));
  const parentPath = path.slice(0, -1);
  const parent = findFieldSchema(parentPath, value, json);
  const names = Object.keys(parent?.properties ?? {});
  const { start, end } = keyRange(root, path);
  const where = parentPath.length === 0 ? 'a config' : `\`${formatPath(parentPath)}\``;
  const draft = errorAt(path, start, end, `\`${name}\` is not a field of ${where}.`);
  const nearest = nearestName(name, names);
  if (nearest !== null) {
    return suggest(draft, nearest);
  }
  const places = fieldsNamed(name, json, []);
  const same = places.find(({ path: found }) => formatPath(found) === formatPath(path));
  const [elsewhere] = places;
  const told =
    same !== undefined
      ? `It is one${ofTypes(same)}.`
      : elsewhere !== undefined
        ? `There is \`${formatPath(elsewhere.path)}\`${ofTypes(elsewhere)}.`
        : `Its fields are ${names.map((field) => `\`${field}\``).join(', ')}.`;
  return { ...draft, message: `${draft.message} ${told}` };
}

function suggest(draft: Draft, suggestion: string): Draft {
  return { ...draft, message: `${draft.message} Did you mean \`${suggestion}\`?`, suggestion };
}

function optionsOf(schema: JsonSchema | null): string[] {
  const members = schema === null ? [] : [schema, ...(schema.anyOf ?? [])];
  return members.flatMap((member) => [...(member.enum ?? []), member.const ?? []].flat()).map(String);
}

/** What stands in the text, as it was written, on one line and not too long. */
function describeFound(node: SourceNode): string {
  if (node.kind === 'list') {
    return node.items.length === 0 ? 'an empty list' : 'a list';
  }
  if (node.kind === 'object') {
    return 'an object';
  }
  const text = node.text.replace(/\s+/g, ' ').trim();
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return short === '' ? 'nothing' : `\`${short}\``;
}

function describeDefault(schema: JsonSchema | null): string | null {
  const value = schema?.default;
  return value === undefined || typeof value === 'object'
    ? null
    : `\`${JSON.stringify(value)}\` (the default)`;
}

/** What is allowed but is probably not meant. */
function findWarnings(config: ExperimentConfig): { path: ConfigPath; message: string }[] {
  const warnings: { path: ConfigPath; message: string }[] = [];
  const { dataset } = config;
  for (const [table, path] of [
    [dataset, ['dataset']],
    [dataset.items, ['dataset', 'items']],
    [dataset.users, ['dataset', 'users']],
  ] as const) {
    if (table?.query === undefined) continue;
    for (const option of ['format', 'separator', 'header', 'quote', 'escape', 'encoding'] as const) {
      if (table[option] === undefined || table[option] === 'auto') continue;
      const field = [...path, option];
      const query = formatPath([...path, 'query']);
      warnings.push({
        path: field,
        message: `\`${formatPath(field)}\` has no effect with \`${query}\`; the query itself says how to read its files.`,
      });
    }
  }
  warnings.push(...departures(config), ...labelWarnings(config));
  const { patience } = config.training.earlyStopping;
  if (patience !== null && patience >= config.training.epochs && config.training.epochs > 1) {
    warnings.push({
      path: ['training', 'earlyStopping', 'patience'],
      message: `With ${config.training.epochs} epochs, a patience of ${patience} never stops early.`,
    });
  }
  return warnings;
}

/** A problem of a text, with its line and column. */
export function problemAt(text: string, draft: Draft): ConfigProblem {
  return place(draft, 0, text.length, findLineStarts(text));
}

function errorAt(path: ConfigPath, start: number, end: number, message: string): Draft {
  return { severity: 'error', path, start, end, message };
}

function place(draft: Draft, shift: number, length: number, lineStarts: number[]): ConfigProblem {
  const start = Math.min(Math.max(draft.start, 0) + shift, length);
  const end = Math.min(Math.max(draft.end + shift, start), length);
  return { ...draft, path: formatPath(draft.path), start, end, ...positionOf(start, lineStarts) };
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) {
    starts.push(match.index + match[0].length);
  }
  return starts;
}

function positionOf(offset: number, lineStarts: number[]): { line: number; column: number } {
  const next = lineStarts.findIndex((start) => start > offset);
  const line = next === -1 ? lineStarts.length : next;
  return { line, column: offset - lineStarts[line - 1]! + 1 };
}
