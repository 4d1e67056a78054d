/** Flags of all commands, parsed. */
export interface CliOptions {
  runs?: string;
  set?: string[];
  /** Hash of the code of a run that may be run. */
  'allow-code'?: string;
  json?: boolean;
  detach?: boolean;
  /** Whether users are meant, or how many. */
  users?: boolean | string;
  format?: string;
  output?: string;
  list?: boolean;
  table?: string;
  position?: string;
  checkpoint?: string;
  method?: string;
  dimensions?: string;
  neighbors?: string;
  'min-distance'?: string;
  /** One, or several metrics to compare. */
  metric?: string | string[];
  seed?: string;
  user?: string;
  history?: string[];
  candidate?: string[];
  view?: string;
  contributions?: boolean;
  overview?: boolean;
  items?: string[];
  all?: boolean;
  top?: string;
  until?: string;
  'keep-seen'?: boolean;
  slice?: string[];
  baselines?: boolean;
}
