import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { configPath, runsOf, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { activatedExtension, eventually, workspaceFolder } from './workspaceUnderTest';

const RENAMED = 'uid,movie,when\nu1,m1,1700000000\nu1,m2,1700000100\nu2,m1,1700000200\n';

describe('the data that a config names', () => {
  before(async () => {
    await writeTinyWorkspace(workspaceFolder());
    await writeFile(path.join(workspaceFolder(), 'movies.csv'), RENAMED);
    await activatedExtension();
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor'));

  async function open(name: string, config: object): Promise<vscode.TextDocument> {
    const file = configPath(workspaceFolder(), name);
    await writeFile(file, JSON.stringify(config, null, 2));
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    return document;
  }

  const problemsOf = (document: vscode.TextDocument) =>
    vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'RecSight');

  const problem = (document: vscode.TextDocument, message: RegExp) =>
    eventually(
      `the problem ${message.source}`,
      () => problemsOf(document).find((one) => message.test(one.message)) ?? null,
    );

  const noProblem = (document: vscode.TextDocument) =>
    eventually('no problem', () => (problemsOf(document).length === 0 ? true : null));

  async function applyFix(document: vscode.TextDocument, range: vscode.Range, title: RegExp): Promise<void> {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
    );
    const fix = actions.find((action) => title.test(action.title));
    assert.ok(fix?.edit, `${title.source} is not among ${actions.map((action) => action.title).join(', ')}`);
    await vscode.workspace.applyEdit(fix.edit);
  }

  /** What completion offers behind a text of an open document. */
  async function offered(document: vscode.TextDocument, behind: string): Promise<string[]> {
    const position = document.positionAt(document.getText().indexOf(behind) + behind.length);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    return list.items
      .filter(({ kind }) => kind !== vscode.CompletionItemKind.Text)
      .map(({ label }) => (typeof label === 'string' ? label : label.label));
  }

  const model = { type: 'sasrec' };

  it('underlines a missing file, and a quick fix names one that is there', async () => {
    const document = await open('file', { dataset: { path: 'tinny.csv' }, model });
    const { range } = await problem(document, /^There is no file “tinny\.csv”/);
    assert.equal(document.getText(range), '"tinny.csv"');
    await applyFix(document, range, /^Use “tiny\.csv”$/);
    assert.match(document.getText(), /"path": "tiny\.csv"/);
    await noProblem(document);
  });

  it('underlines missing columns, and quick fixes name those that are there, with what they hold', async () => {
    const columns = { user: 'user', item: 'movie' };
    const document = await open('column', { dataset: { path: 'movies.csv', columns }, model });
    const user = await problem(document, /has no column “user”/);
    assert.equal(document.getText(user.range), '"user"');
    await applyFix(document, user.range, /^Use column “uid” \(text, such as u1\)$/);
    const time = await problem(document, /has no column “timestamp”/);
    // The field is left out, so that it has to be put in.
    assert.equal(document.getText(time.range), '"columns"');
    await applyFix(document, time.range, /^Use column “when”/);
    assert.match(document.getText(), /"timestamp": "when"/);
    await noProblem(document);
  });

  it('follows files that vanish and appear', async () => {
    const data = path.join(workspaceFolder(), 'coming.csv');
    const document = await open('coming', { dataset: { path: 'coming.csv' }, model });
    await problem(document, /^There is no file/);
    await writeFile(data, 'user_id,item_id,timestamp\nu,i,1\n');
    await noProblem(document);
    await rename(data, `${data}.gone`);
    await problem(document, /^There is no file/);
  });

  it('does not start a training that cannot start', async () => {
    const before = (await runsOf(workspaceFolder())).length;
    const document = await open('refused', { model, dataset: { path: 'gone.csv' } });
    await vscode.commands.executeCommand('recsight.train', document.uri);
    assert.equal((await runsOf(workspaceFolder())).length, before);
    const selection = vscode.window.activeTextEditor?.selection;
    assert.equal(selection && document.getText(selection), '"gone.csv"');
    assert.match(problemsOf(document)[0]?.message ?? '', /^There is no file “gone\.csv”/);
  });

  it('is completed in a config that is not saved yet, as are models and metrics', async () => {
    const uri = vscode.Uri.file(configPath(workspaceFolder(), 'fresh')).with({ scheme: 'untitled' });
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document);
    const text =
      '{"dataset": {"path": "movies.csv", "columns": {"user": ""}}, "model": {"type": "sasrec"}, ' +
      '"training": {"earlyStopping": {"metric": ""}}, "evaluation": {"cutoffs": [3, 7]}}';
    await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), text));
    const types = await eventually('the models', async () => {
      const labels = await offered(document, '"model": {"type": "');
      return labels.includes('"gru4rec"') ? labels : null;
    });
    assert.ok(types.includes('"sasrec"') && types.includes('"twoTower"'), types.join());
    assert.deepEqual(await offered(document, '"metric": "'), [
      ...['ndcg@3', 'ndcg@7', 'hr@3', 'hr@7', 'mrr@3', 'mrr@7'],
    ]);
    const files = await offered(document, '"path": "');
    assert.equal(files[0], 'movies.csv');
    assert.ok(files.includes('tiny.csv'), files.join());
    assert.deepEqual((await offered(document, '"user": "'))[0], 'uid');
  });
});
