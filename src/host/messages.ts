import * as vscode from 'vscode';
import { plainText, type Markdown } from './safeText';

/*
 * Everything that VS Code shows in a message, a list to choose from, or a hover goes through here, where it is made harmless.
 * Lint keeps the rest of this folder from calling VS Code itself.
 */

type Answer<Button extends string> = Thenable<Button | undefined>;

export function showError<Button extends string>(message: string, ...buttons: Button[]): Answer<Button> {
  return vscode.window.showErrorMessage(plainText(message), ...buttons);
}

export function showWarning<Button extends string>(message: string, ...buttons: Button[]): Answer<Button> {
  return vscode.window.showWarningMessage(plainText(message), ...buttons);
}

export function showInformation<Button extends string>(
  message: string,
  ...buttons: Button[]
): Answer<Button> {
  return vscode.window.showInformationMessage(plainText(message), ...buttons);
}

/** Asks, and waits for the answer. */
export async function confirm(question: string, detail: string, action: string): Promise<boolean> {
  return (await choose(question, detail, action)) === action;
}

/** Asks which of some actions to take, the first being the one that Enter takes. Undefined when the user takes none. */
export function choose<Action extends string>(
  question: string,
  detail: string,
  ...actions: Action[]
): Answer<Action> {
  const options = { modal: true, detail: plainText(detail) };
  return vscode.window.showWarningMessage(plainText(question), options, ...actions);
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
