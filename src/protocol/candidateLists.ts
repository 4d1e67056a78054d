/** Items that users are ranked among, as a file lists them: by indices of the dataset that they belong to. */
export interface CandidateLists {
  /** What messages and protocols call the file. */
  file: string;
  /** SHA-256 (hex) of the lists by ids: equal where they are, whatever the order of the rows. */
  hash: string;
  /** The candidates of user u are `items[offsets[u]] … items[offsets[u + 1] - 1]`, ascending; none for a user without a list. */
  offsets: Uint32Array;
  items: Uint32Array;
}
