/** Flags of all commands, parsed. */
export interface CliOptions {
  runs?: string;
  set?: string[];
  json?: boolean;
  users?: boolean;
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
  metric?: string;
  seed?: string;
}
