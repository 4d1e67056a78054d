import type { ColorBytes } from '../plot/colorModel';

/** The colours that points can have in one theme. */
export interface Palette {
  /** Of points that are not coloured by anything. */
  plain: ColorBytes;
  /** Of unknown values, and of all others where some are to be seen. */
  muted: ColorBytes;
  /** Of categories; neighbours differ in lightness too. */
  categories: readonly ColorBytes[];
  /** From low to high. */
  scale: readonly ColorBytes[];
}
