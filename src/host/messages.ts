import * as vscode from 'vscode';
import { plainText, type Markdown } from './safeText';

/*
 * Everything that VS Code shows in a message, a list to choose from, or a hover goes through here, where it is made harmless.
 * Lint keeps the rest of this folder from calling VS Code itself.
 */

/** A button of a message. */
export interface Button {
  title: string;
  /** What choosing it does. */
  run: () => unknown;
}

/*
 * These resolve when the message has gone and what was chosen is done. A message may stay for as long as the user likes.
 */

export async function showError(message: string, ...buttons: Button[]): Promise<void> {
  await (await vscode.window.showErrorMessage(plainText(message), ...buttons))?.run();
}

export async function showWarning(message: string, ...buttons: Button[]): Promise<void> {
  await (await vscode.window.showWarningMessage(plainText(message), ...buttons))?.run();
}

export async function showInformation(message: string, ...buttons: Button[]): Promise<void> {
  await (await vscode.window.showInformationMessage(plainText(message), ...buttons))?.run();
}

/** A button that runs a command. */
export function commandButton(title: string, command: string, ...args: unknown[]): Button {
  return { title, run: () => vscode.commands.executeCommand(command, ...args) };
}

/** Asks, and waits for the answer. */
export async function confirm(question: string, detail: string, action: string): Promise<boolean> {
  return (await choose(question, detail, { confirmed: action })) === 'confirmed';
}

/**
 * Asks which of some actions to take.
 * @param actions titles by ids, the first being the one that Enter takes
 * @returns the id; undefined when the user takes none
 */
export async function choose<Id extends string>(
  question: string,
  detail: string,
  actions: Readonly<Record<Id, string>>,
): Promise<Id | undefined> {
  const options = { modal: true, detail: plainText(detail) };
  const items = (Object.keys(actions) as Id[]).map((id) => ({ id, title: actions[id] }));
  return (await vscode.window.showWarningMessage(plainText(question), options, ...items))?.id;
}

/** Says for some seconds in the status bar that something went well. */
export function showSuccess(message: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${plainText(message)}`, 5_000);
}

export function withProgress<Result>(
  options: Omit<vscode.ProgressOptions, 'title'> & { title: string },
  task: (report: (message: string) => void, token: vscode.CancellationToken) => Promise<Result>,
): Thenable<Result> {
  return vscode.window.withProgress({ ...options, title: plainText(options.title) }, (progress, token) =>
    task((message) => progress.report({ message: plainText(message) }), token),
  );
}

/** Lets the user choose. Undefined when nothing was chosen. */
export async function pick<Item extends vscode.QuickPickItem>(
  items: readonly Item[],
  options: vscode.QuickPickOptions,
): Promise<Item | undefined> {
  return vscode.window.showQuickPick(items.map(plainItem), options);
}

/** Lets the user choose any number. Undefined when the user gave up. */
export async function pickSeveral<Item extends vscode.QuickPickItem>(
  items: readonly Item[],
  options: vscode.QuickPickOptions,
): Promise<Item[] | undefined> {
  return vscode.window.showQuickPick(items.map(plainItem), { ...options, canPickMany: true });
}

/** An item to choose whose texts are plain. */
export function plainItem<Item extends vscode.QuickPickItem>(item: Item): Item {
  const { label, description, detail } = item;
  return {
    ...item,
    label: plainText(label),
    ...(description !== undefined && { description: plainText(description) }),
    ...(detail !== undefined && { detail: plainText(detail) }),
  };
}

/** A hover, with icons. Its links may run only the commands that are named. */
export function hover({ source }: Markdown, enabledCommands: readonly string[] = []): vscode.MarkdownString {
  const text = new vscode.MarkdownString(source, true);
  if (enabledCommands.length > 0) text.isTrusted = { enabledCommands };
  return text;
}
