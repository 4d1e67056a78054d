import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { admits, type PanelSubjects } from '../../../../src/host/panels/panelKind';
import { PANELS } from '../../../../src/host/panels/openPanels';

vi.mock('vscode', () => ({}));

const root = path.join(import.meta.dirname, '../../../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  activationEvents: string[];
  contributes: { commands: { command: string; title: string }[] };
};

describe.each(PANELS)('the panel $id', ({ id, command: { name, title } }) => {
  it('has a page', () => {
    expect(existsSync(path.join(root, 'webview', id, 'main.ts'))).toBe(true);
  });

  it('has a command in package.json', () => {
    const { commands } = manifest.contributes;
    expect(commands.find(({ command }) => command === `recsight.${name}`)?.title).toBe(title);
  });

  it('comes back after a reload of the window', () => {
    expect(manifest.activationEvents).toContain(`onWebviewPanel:recsight.${id}`);
  });
});

it('has an id and a command of its own', () => {
  expect(new Set(PANELS.map(({ id }) => id)).size).toBe(PANELS.length);
  expect(new Set(PANELS.map(({ command }) => command.name)).size).toBe(PANELS.length);
});

it('shows subjects of its kind, and no fewer or more runs than it can', () => {
  const pair: PanelSubjects = { kind: 'runs', min: 2, max: 3, isSuitable: () => true };
  const admitted = [1, 2, 3, 4].map((length) =>
    admits(pair, { kind: 'runs', runs: Array.from({ length }, (_, index) => `/r/${index}`) }),
  );
  expect(admitted).toEqual([false, true, true, false]);
  expect(admits(pair, { kind: 'workspace' })).toBe(false);
  expect(admits({ kind: 'file' }, { kind: 'file', path: '/x.csv' })).toBe(true);
});
