/** The code of its user that a run needs, as the run keeps it. */
export interface KeptCode {
  /** Which public surface it was written for. */
  api: 'v1';
  /** Where the config is in the workspace: paths in it are relative to that. Empty for the workspace folder itself. */
  configFolder: string;
  /** The file of each model and metric, by its name in the config. */
  entries: Readonly<Record<string, string>>;
  /** The files' text, by path from the workspace folder, with `/`. */
  files: ReadonlyMap<string, string>;
  /** Packages of the workspace that the files import. The run does not keep these. */
  packages: readonly { name: string; version: string }[];
}

/** What the code of a run may have: it is read whole, and a run or a config may come from anybody. */
export const CODE_LIMITS = { files: 500, fileBytes: 4 * 1024 * 1024, bytes: 64 * 1024 * 1024 } as const;
