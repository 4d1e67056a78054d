/** A setting of a run, beside what is usual. */
export interface RunSetting {
  /** Dotted path in the config, such as `model.hiddenSize`. */
  path: string;
  /** As text; null where this run has no such setting, as one of another loss. */
  value: string | null;
  /** The same for most of the runs of the group, or RecSight's default; null where there is none. */
  usual: string | null;
  differs: boolean;
}

/** All settings of a run. */
export interface RunSettings {
  /** In the order of the config; none where it cannot be read. */
  settings: RunSetting[];
  /** Why the config cannot be read, and what to do. */
  unreadable?: string;
  /**
   * What is usual: the most common values of that many runs of the same name, this one among them, or RecSight's defaults where
   * it is the only one.
   */
  usual: { of: 'runs'; numRuns: number } | { of: 'defaults' };
}

/** What the usual values are, as the head of a column: `most of 4 runs`, `default`. */
export function usualName(usual: RunSettings['usual']): string {
  return usual.of === 'runs' ? `most of ${usual.numRuns} runs` : 'default';
}

/** Whether a setting has no value, which some configs say with null and others by leaving it out. */
export function isUnset(value: string | null): value is null | 'null' {
  return value === null || value === 'null';
}
