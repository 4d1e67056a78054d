/** What the page of every panel may tell the extension, beside what is its own. */
export interface PanelHost {
  /** The user has changed something in the page that it keeps: another subject must not take its place. */
  keepOpen(): void;
}
