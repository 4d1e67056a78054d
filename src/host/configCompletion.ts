import path from 'node:path';
import * as vscode from 'vscode';
import { configFormat } from '../config/configFile';
import { fieldOf, looseValue, readTable } from '../config/datasetText';
import { findFieldSchema } from '../config/jsonSchema';
import { applyLabelDefaults } from '../config/labelDefaults';
import { locateField, type FieldLocation } from '../config/locateField';
import { openChoiceIn, type OpenChoice } from '../config/openChoices';
import { measuredNames } from '../evaluation/metrics/metrics';
import type { ConfigFormat } from '../config/parseConfig';
import { writtenLike } from '../config/setField';
import type { DataChoice } from '../protocol/dataCheck';
import { CONFIG_SELECTOR } from './configDiagnostics';
import { rangeOf } from './configFixes';
import type { DataChecks } from './dataChecks';

const KINDS: Record<OpenChoice['kind'], vscode.CompletionItemKind> = {
  file: vscode.CompletionItemKind.File,
  column: vscode.CompletionItemKind.Field,
  feature: vscode.CompletionItemKind.Field,
  metric: vscode.CompletionItemKind.EnumMember,
};

/**
 * Completes what no schema can list: files that are there, their columns, the features that the config declares, and the
 * metrics that it measures. The rest comes from the schema in media.
 */
export class ConfigCompletion implements vscode.CompletionItemProvider, vscode.Disposable {
  readonly #registration: vscode.Disposable;

  constructor(private readonly dataChecks: DataChecks) {
    this.#registration = vscode.languages.registerCompletionItemProvider(
      CONFIG_SELECTOR,
      this,
      '"',
      ':',
      ' ',
      '/',
    );
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.CompletionItem[]> {
    const format = configFormat(document.uri.path);
    if (format === null) return [];
    const text = document.getText();
    const location = locateField(text, format, document.offsetAt(position));
    const value = looseValue(text, format);
    const choice = location && openChoiceIn(location.path, fieldOf(value, 'dataset', 'split', 'type'));
    // Of all names, only those of features are open.
    if (!choice || location.isKey !== isFeatureName(location.path)) return [];
    const choices = await this.#choices(document, text, format, location, choice);
    if (token.isCancellationRequested) return [];
    const range = rangeOf(document, location.range);
    const initial = findFieldSchema(location.path, value)?.default;
    return choices.map(({ value, detail }, index) => {
      const item = new vscode.CompletionItem(String(value), KINDS[choice.kind]);
      const written = writtenLike(document.getText(range), format, value);
      item.range = range;
      item.filterText = written;
      item.insertText =
        location.isKey && !location.hasValue
          ? `${written}: ${writtenLike('', format, isNumber(detail) ? 'number' : 'category')}`
          : written;
      item.detail = value === initial ? `${detail}${detail === '' ? '' : ', '}default` : detail;
      // The order is that of likelihood.
      item.sortText = String(index).padStart(4, '0');
      return item;
    });
  }

  dispose(): void {
    this.#registration.dispose();
  }

  async #choices(
    document: vscode.TextDocument,
    text: string,
    format: ConfigFormat,
    { range }: FieldLocation,
    choice: OpenChoice,
  ): Promise<DataChoice[]> {
    const baseDirectory = path.dirname(document.uri.fsPath);
    const value = looseValue(text, format);
    switch (choice.kind) {
      case 'file':
        return this.dataChecks.files(unquoted(text.slice(range.start, range.end)), baseDirectory);
      case 'column': {
        const read = readTable(text, format, choice.table);
        return read ? this.dataChecks.columns(read.table, read.field, choice.role, baseDirectory) : [];
      }
      case 'feature': {
        const features = fieldOf(value, 'dataset', choice.table, 'features');
        return Object.entries(typeof features === 'object' && features !== null ? features : {}).map(
          ([name, feature]) => ({ value: name, detail: kindOf(feature) }),
        );
      }
      case 'metric': {
        // With labels, there are other defaults than those of the schema.
        const filled = applyLabelDefaults(value);
        const listed = (field: string): unknown[] => {
          const own = fieldOf(filled, 'evaluation', field);
          return Array.isArray(own)
            ? own
            : (findFieldSchema(['evaluation', field], value)?.default as unknown[]);
        };
        const cutoffs = listed('cutoffs').filter((cutoff) => typeof cutoff === 'number');
        const metrics = listed('metrics').filter((name) => typeof name === 'string');
        return measuredNames(metrics, cutoffs).map((name) => ({ value: name, detail: '' }));
      }
    }
  }
}

function isFeatureName(at: FieldLocation['path']): boolean {
  return at.length === 4 && at[2] === 'features';
}

function isNumber(detail: string): boolean {
  return /number|INT|DOUBLE|FLOAT|DECIMAL/.test(detail);
}

function kindOf(feature: unknown): string {
  const kind = typeof feature === 'string' ? feature : fieldOf(feature, 'type');
  return typeof kind === 'string' ? kind : '';
}

function unquoted(text: string): string {
  return text.replace(/^["']|["']$/g, '');
}
