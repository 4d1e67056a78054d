import type { BirpcReturn } from 'birpc';
import type * as vscode from 'vscode';
import type { InspectionFocus } from '../../protocol/inspectionPanel';
import type { RunSummary } from '../../protocol/run';
import type { RunAbilities } from '../../protocol/runAbilities';
import type { Subject } from '../../protocol/subject';
import type { RunCatalog } from '../runCatalog';
import type { RunConfigs } from '../runConfigs';
import type { TrainerService } from '../trainerService';
import type { ArgumentSchemas } from './pageCalls';

/**
 * A kind of panel, of which `openPanels.ts` has the list. `View` is what its page can be told. (Methods, which TypeScript compares both
 * ways, let kinds of several views stand in one list.)
 */
export interface PanelKind<View extends object = object> {
  /** Names the page, `webview/<id>/main.ts`, and VS Code's type of the panel, `recsight.<id>`. */
  readonly id: string;
  /** The command that opens it, `recsight.<name>`, titled as in package.json. */
  readonly command: { name: string; title: string };
  readonly subjects: PanelSubjects;
  /** What it does that needs a trusted workspace, as the beginning of a sentence. */
  readonly needsTrust?: string;
  /** Title of the tab. @param shown what the panel shows, such as the title of its run */
  title(shown: string): string;
  /** The extension's side of the page. */
  createContent(frame: PanelFrame<View>, context: PanelContext): PanelContent;
}

/** What the panels of one kind can show. */
export type PanelSubjects =
  | { kind: 'runs'; min: number; max: number; isSuitable: (abilities: RunAbilities) => boolean }
  | { kind: 'file' }
  | { kind: 'workspace' };

/** Whether a panel can show a subject, as far as that can be said without looking at it. */
export function admits(subjects: PanelSubjects, subject: Subject): boolean {
  if (subjects.kind !== 'runs' || subject.kind !== 'runs') return subjects.kind === subject.kind;
  const { length } = subject.runs;
  return subjects.min <= length && length <= subjects.max;
}

/** What all panels share. */
export interface PanelContext {
  extensionUri: vscode.Uri;
  runs: RunCatalog;
  configs: RunConfigs;
  trainer: TrainerService;
  /** Of this workspace, over a reload of the window. */
  memory: vscode.Memento;
  log: vscode.LogOutputChannel;
  /** Opens a panel of any kind, by its id, at something. */
  open: (id: string, subject: Subject, at?: InspectionFocus) => void;
}

/** What a panel shows: the extension's side of its page. */
export interface PanelContent {
  /** What the page may call, by name; what an object inherits is out of its reach. */
  readonly functions: object;
  /** What it may call them with; functions that are left out take no arguments. */
  readonly argumentSchemas: ArgumentSchemas;
  /** A run of the subject is another one now, or gone (null). */
  runChanged?(run: RunSummary | null): void;
  /** The title of the subject has changed: titles of runs depend on the other runs. */
  titleChanged?(shown: string): void;
  visibilityChanged?(visible: boolean): void;
  /** Has the page show something, now or as soon as it is there. */
  focus?(at: InspectionFocus): void;
  /** The panel is closed, or left to the next window. */
  dispose(): void;
}

/** What a panel's content may do with its panel. `View` is what the page can be told. */
export interface PanelFrame<View extends object> {
  readonly subject: Subject;
  /** Directories of the runs of the subject; of other subjects none. */
  readonly runs: readonly string[];
  readonly isVisible: boolean;
  /** The page has what it shows first, and has been visible ever since. */
  readonly isHydrated: boolean;
  /** The page is given what it shows first: from now on it can be told what changes. @param runs those of the subject, as just read */
  hydrate(...runs: RunSummary[]): void;
  /** Tells a page that is hydrated; it asks for everything again when it is back. */
  tell(event: (view: BirpcReturn<View>) => Promise<void>): void;
  /** Loads the page anew. */
  load(): Promise<void>;
  /** The user has done something with what is shown: the panel is no longer a preview. */
  keepOpen(): void;
}
