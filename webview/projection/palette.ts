import type { ColorBytes } from '../ui/colorModel';

/** The colors that points can have in one theme. */
export interface Palette {
  /** Of points that are not colored by anything. */
  plain: ColorBytes;
  /** Of unknown values, and of all others where some are to be seen. */
  muted: ColorBytes;
  /** Of categories: told apart from one another, from `muted` and from the background, also by the color-blind. */
  categories: readonly ColorBytes[];
  /** From low to high. */
  scale: readonly ColorBytes[];
}
