/**
 * What the page of every panel keeps in VS Code's state, beside what is its own: the extension brings the panel back by it
 * after the window was reloaded.
 */
export interface KeptRun {
  /** Absolute path of the run directory. */
  runDirectory: string;
}

/** What the page of every panel may tell the extension, beside what is its own. */
export interface PanelHost {
  /** The user has changed something in the page that it keeps: another run must not take its place. */
  keepOpen(): void;
}
