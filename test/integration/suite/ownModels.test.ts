import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { writeNewModel } from '../../../src/userCode/newModel';
import { configPath, runsOf, waitForRun, writeTinyWorkspace } from '../harness/tinyWorkspace';
import { activatedExtension, eventually, workspaceFolder } from './workspaceUnderTest';

/*
 * Model files in the editor: what is read of them without running them, what failed runs say of them, and the debugger.
 */

const NAME = 'mine';
const modelPath = () => path.join(workspaceFolder(), 'models', `${NAME}.ts`);

/** The template, with something in it replaced. */
let template: string;
function changed(from: string, to: string): string {
  assert.ok(template.includes(from), `The template has no ${from}`);
  return template.replace(from, to);
}

async function open(file: string, text?: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document, { preview: false });
  if (text !== undefined && document.getText() !== text) {
    const edit = new vscode.WorkspaceEdit();
    const all = new vscode.Range(0, 0, document.lineCount, 0);
    edit.replace(document.uri, all, text);
    await vscode.workspace.applyEdit(edit);
  }
  return document;
}

const ours = (uri: vscode.Uri) =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'RecSight');

/** Resolves with the one problem of a file, as soon as it has some. */
const problemOf = (uri: vscode.Uri) =>
  eventually(`a problem of ${uri.path}`, () => (ours(uri).length > 0 ? ours(uri)[0]! : null));
const noProblemOf = (uri: vscode.Uri) =>
  eventually(`no problem of ${uri.path}`, () => (ours(uri).length === 0 ? true : null));

async function train(): Promise<string> {
  const folder = workspaceFolder();
  const known = new Set((await runsOf(folder)).map(({ directory }) => directory));
  await vscode.commands.executeCommand('recsight.train', vscode.Uri.file(configPath(folder, NAME)));
  const fresh = (await runsOf(folder)).find(({ directory }) => !known.has(directory));
  assert.ok(fresh, 'recsight.train made no run');
  return fresh.directory;
}

describe('own models', () => {
  before(async () => {
    const folder = workspaceFolder();
    await writeTinyWorkspace(folder);
    const { extensionPath } = await activatedExtension();
    await rm(path.join(folder, 'models'), { recursive: true, force: true });
    await rm(configPath(folder, NAME), { force: true });
    const { config } = await writeNewModel(folder, NAME, path.join(extensionPath, 'dist', 'userCode'));
    assert.ok(config);
    template = await readFile(modelPath(), 'utf8');
    await writeConfig({});
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(configPath(workspaceFolder(), NAME), { force: true });
    // The suites share a folder, and one looks at what training leaves in it.
    for (const made of ['models', '.recsight'])
      await rm(path.join(workspaceFolder(), made), { recursive: true, force: true });
  });

  async function writeConfig(model: object, epochs = 1): Promise<void> {
    const config = {
      dataset: { path: 'tiny.csv' },
      model: { type: `./models/${NAME}.ts`, maxSequenceLength: 20, hiddenSize: 8, ...model },
      training: { epochs, batchSize: 4, earlyStopping: { patience: null } },
      evaluation: { cutoffs: [5, 10] },
    };
    await writeFile(configPath(workspaceFolder(), NAME), `${JSON.stringify(config, null, 2)}\n`);
  }

  it('completes the path of a model file, the names of its options and their values', async () => {
    const file = configPath(workspaceFolder(), 'completed');
    const text = '{ "dataset": { "path": "tiny.csv" }, "model": { "type": "./models/mine.ts", "" } }';
    await writeFile(file, text);
    const document = await open(file);
    const labelsAt = async (offset: number) => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        document.positionAt(offset),
      );
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    assert.ok((await labelsAt(text.indexOf('./models') + 3)).includes('./models/mine.ts'));
    const options = await labelsAt(text.indexOf('"" }') + 1);
    for (const option of ['maxSequenceLength', 'hiddenSize', 'dropout']) assert.ok(options.includes(option));
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await rm(file);
  });

  it('explains an option of a model file in the words of the file', async () => {
    const document = await open(configPath(workspaceFolder(), NAME));
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      document.positionAt(document.getText().indexOf('hiddenSize') + 3),
    );
    const shown = hovers
      .flatMap(({ contents }) => contents as vscode.MarkdownString[])
      .map(({ value }) => value);
    assert.match(shown.join('\n'), /Width d of the item vectors[\s\S]*whole number of at least 1[\s\S]*64/);
  });

  it('underlines in a config what its model file does not declare, as the file is now', async () => {
    await writeConfig({ hiddenSize: 0, heads: 2 });
    const document = await open(configPath(workspaceFolder(), NAME));
    await vscode.commands.executeCommand('workbench.action.files.revert');
    const texts = await eventually('two problems', () => {
      const found = ours(document.uri).map(({ range }) => document.getText(range));
      return found.length === 2 ? found.sort() : null;
    });
    assert.deepEqual(texts, ['"heads"', '0']);
    // Not saved: what counts is what the user sees.
    const declared = changed(
      'hiddenSize: {',
      "heads: { type: 'integer', default: 1 },\n    hiddenSize: {",
    ).replace("minimum: 1, default: 64, description: 'Width", "minimum: 0, default: 64, description: 'Width");
    await open(modelPath(), declared);
    await noProblemOf(document.uri);
    await open(modelPath(), template);
    await eventually('the problems', () => (ours(document.uri).length === 2 ? true : null));
    await writeConfig({});
    await noProblemOf((await open(configPath(workspaceFolder(), NAME))).uri);
  });

  it('underlines in a model file what cannot be read of it, as one types', async () => {
    const wrong: [string, string, RegExp][] = [
      ['create({', 'create({{', /./],
      [
        "type: 'integer', minimum: 1, default: 64",
        "type: 'integer', minimum: 1, default: 0",
        /“default” of the option “hiddenSize”/,
      ],
      ["title: 'Mine'", 'title: String(1)', /literal|text/],
    ];
    for (const [from, to, message] of wrong) {
      const document = await open(modelPath(), changed(from, to));
      const problem = await problemOf(document.uri);
      assert.match(problem.message, message);
      assert.ok(problem.range.start.line > 0);
      await open(modelPath(), template);
      await noProblemOf(document.uri);
    }
  });

  const failures: Record<string, { change: () => string; at: string; message: RegExp }> = {
    'a wrong shape': {
      change: () =>
        changed('return layers.layerNorm(x, finalNorm);', 'return tf.matMul(x, tf.zeros([3, 4]));'),
      at: 'tf.matMul(x, tf.zeros',
      message: /\[?3,\s?4\]?/,
    },
    'NaN in the third step': {
      change: () =>
        changed('create({ options', 'create({ options')
          .replace(
            'loss: (batch, random) => prediction.loss(batch, (histories) => encode(histories, random)),',
            `loss(batch, random) {
        step++;
        const loss = prediction.loss(batch, (histories) => encode(histories, random));
        return step < 3 ? loss : tf.log(tf.sub(loss, 1e9));
      },`,
          )
          .replace('const { maxSequenceLength', 'let step = 0;\n    const { maxSequenceLength'),
      at: 'tf.log(tf.sub(loss, 1e9))',
      message: /Log|NaN|not a number/i,
    },
    'a variable without a gradient': {
      change: () =>
        changed('const finalNorm =', "parameters.create('unused', [7, 3], small);\n    const finalNorm ="),
      at: "parameters.create('unused'",
      message: /unused[\s\S]*gradient/,
    },
    'a leaked tensor': {
      change: () => changed('let x: tf.Tensor3D =', 'tf.keep(tf.zeros([5, 6]));\n      let x: tf.Tensor3D ='),
      at: 'tf.keep(tf.zeros',
      message: /5,\s?6/,
    },
  };

  for (const [name, { change, at, message }] of Object.entries(failures)) {
    it(`tells ${name} at its line, until the file changes`, async () => {
      const text = change();
      const document = await open(modelPath(), text);
      assert.ok(await document.save());
      const directory = await train();
      const { manifest } = await waitForRun(directory, ({ status }) => status === 'failed');
      const line = text.split('\n').findIndex((one) => one.includes(at));
      const problem = await problemOf(document.uri);
      assert.equal(problem.range.start.line, line, manifest.error?.message);
      assert.match(problem.message, message);
      assert.doesNotMatch(manifest.error!.message, /\n\s+at |dist\//);
      await open(modelPath(), `${text}\n`);
      await noProblemOf(document.uri);
      await open(modelPath(), template);
      assert.ok(await document.save());
    });
  }

  it('stops at a breakpoint of the model file, under the debugger', async () => {
    const document = await open(modelPath(), template);
    await document.save();
    const line = template.split('\n').findIndex((one) => one.includes('const [q, k, v]'));
    const breakpoint = new vscode.SourceBreakpoint(
      new vscode.Location(document.uri, new vscode.Position(line, 0)),
    );
    vscode.debug.addBreakpoints([breakpoint]);
    try {
      await vscode.commands.executeCommand('recsight.debugModel', document.uri);
      const frame = await eventually('a stop at the breakpoint', () =>
        vscode.debug.activeStackItem instanceof vscode.DebugStackFrame ? vscode.debug.activeStackItem : null,
      );
      const stack = (await frame.session.customRequest('stackTrace', { threadId: frame.threadId })) as {
        stackFrames: { line: number; source?: { path?: string } }[];
      };
      // A remote window names it by its address.
      assert.ok(stack.stackFrames[0]!.source?.path?.endsWith(modelPath()));
      assert.equal(stack.stackFrames[0]!.line, line + 1);
    } finally {
      vscode.debug.removeBreakpoints([breakpoint]);
    }
    const session = vscode.debug.activeDebugSession;
    await session?.customRequest('continue', { threadId: 0 }).then(undefined, () => undefined);
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    const [run] = await runsOf(workspaceFolder());
    await waitForRun(run!.directory, ({ status }) => status === 'finished');
  });
});
