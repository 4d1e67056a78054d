import type { AttentionInspector } from './attention';
import type { InspectorListener, RunInspector } from './inspection';
import type { ProjectionExport, ProjectionInspector } from './projection';
import type { RecommendationInspector } from './recommendation';

/** The views that look into a model; each has a panel of its own for a run. */
export type InspectionView = 'projection' | 'attention' | 'playground';

/** A run that a view can open. */
export interface RunChoice {
  /** Absolute path of the run directory. */
  run: string;
  /** As the list of runs shows it. */
  title: string;
  /** Model type. */
  model: string;
  /** ms since 1970. */
  createdAt: number;
}

/** What a page shows first, where another view sent the user. */
export interface InspectionFocus {
  /** Index from 1. */
  item?: number;
  /** Index from 0. */
  user?: number;
}

export interface InspectionPanelSnapshot {
  /** Absolute path of the directory of the panel's run. */
  run: string;
  /** Runs that the view can show, newest first; the panel's own is among them. */
  runs: RunChoice[];
  focus: InspectionFocus | null;
}

/** What the pages of all these views may ask of the extension, beside what it passes on to the inspector. */
export interface InspectionPanelHost extends RunInspector {
  /** The page has loaded and listens. */
  hydrate(): Promise<InspectionPanelSnapshot>;
  /** Asks the user where to put a file that the page made. */
  save(fileName: string, content: string | ArrayBuffer): Promise<void>;
  /** Opens another view of a run, at something. */
  openView(view: InspectionView, run: string, focus: InspectionFocus): Promise<void>;
}

/**
 * `exportTable` asks the user for the file and offers a name, to which it adds what the format's files end with; it resolves
 * with no path when they chose none.
 */
export interface ProjectionPanelHost extends InspectionPanelHost, Omit<ProjectionInspector, 'exportTable'> {
  exportTable(request: Omit<ProjectionExport, 'output'>, fileName: string): Promise<string[]>;
}

export interface PlaygroundPanelHost extends InspectionPanelHost, Pick<RecommendationInspector, 'recommend'> {
  cancel(task: string): Promise<void>;
}

export interface AttentionPanelHost extends InspectionPanelHost, AttentionInspector {}

/** What the extension tells the pages of these views. */
export interface InspectionPanelView extends InspectorListener {
  runsChanged(runs: RunChoice[]): void;
  focus(focus: InspectionFocus): void;
}
