/** How much a model reads of a history. */
export interface HistoryLimit {
  /** Items; of longer histories it reads the newest. */
  maxLength: number;
  /** Whether training also learns from the older items of longer histories; undefined where the model alone knows. */
  learnsOlder: boolean | undefined;
}
