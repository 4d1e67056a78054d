import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { configPath, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { activatedExtension, eventually, workspaceFolder } from './workspaceUnderTest';

interface Manifest {
  contributes: { commands: { command: string; title: string; category: string }[] };
}

async function openConfig(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(configPath(workspaceFolder(), name));
  await vscode.window.showTextDocument(document);
  return document;
}

describe('config files', () => {
  let extension: vscode.Extension<unknown>;

  before(async () => {
    await writeTinyWorkspace(workspaceFolder());
    extension = await activatedExtension();
  });

  it('registers every command of the manifest, each with a category', async () => {
    const registered = await vscode.commands.getCommands(true);
    const { commands } = (extension.packageJSON as Manifest).contributes;
    assert.ok(commands.length > 5);
    for (const { command, category } of commands) {
      assert.ok(registered.includes(command), `${command} is not registered`);
      assert.equal(category, 'RecSight');
    }
  });

  it('underlines a misspelt field and a value of the wrong type, and nothing else', async () => {
    const document = await openConfig('wrong');
    const problems = await eventually('diagnostics', () => {
      const all = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'RecSight');
      return all.length > 0 ? all : null;
    });
    const byText = new Map(problems.map((problem) => [document.getText(problem.range), problem]));
    assert.deepEqual([...byText.keys()].sort(), ['"many"', '"trainig"']);
    assert.match(byText.get('"trainig"')!.message, /training/);
    assert.match(byText.get('"many"')!.message, /number|integer/);
  });

  it('mends a misspelt field with a quick fix', async () => {
    const document = await openConfig('wrong');
    const start = document.positionAt(document.getText().indexOf('trainig'));
    const fix = await eventually('a quick fix', async () => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        new vscode.Range(start, start),
      );
      return actions.find(({ title }) => title.includes('training')) ?? null;
    });
    await vscode.workspace.applyEdit(fix.edit!);
    assert.match(document.getText(), /"training": \{/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('offers to train above the first line', async () => {
    const document = await openConfig('short');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    const lens = lenses.find(({ command }) => command?.command === 'recsight.train');
    assert.equal(lens?.command?.title, '▶ Train');
    assert.equal(lens.range.start.line, 0);
  });
});
