/** Flags of all commands, parsed. */
export interface CliOptions {
  runs?: string;
  set?: string[];
  json?: boolean;
  users?: boolean;
  format?: string;
  output?: string;
}
