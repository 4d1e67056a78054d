import type { TemplateResult } from 'lit';
import type { DensityContour } from './scatterDensity';
import type { PointCoordinates, ScatterCamera } from './scatterCamera';

/** What a drag does. */
export type ScatterTool = 'move' | 'lasso' | 'rectangle';

/** A scatter plot as the page wants it. What is the same object as before is not worked on again. */
export interface ScatterModel {
  /** What the points are, for files and screen readers. */
  title: string;
  coordinates: PointCoordinates;
  /** `[points, 4]`: red, green, blue, opacity. */
  colors: Uint8Array;
  /** The points that are drawn and can be found, those on top last; null for all. */
  order: Uint32Array | null;
  /** In three dimensions: what is nearer hides what is behind. */
  hidden: boolean;
  texts: readonly string[];
  /** Points by importance of their labels; null for no labels but those of chosen points. */
  labelOrder: ArrayLike<number> | null;
  /** Points with a ring. */
  marked: readonly number[];
  /** The point that all is about, with its label. */
  focus: number | null;
  /** The point under the pointer here or in a second plot. */
  hovered: number | null;
  /** Neighbors of the focus, joined to it by lines, with labels. */
  joined: readonly number[];
  /** Points in the order of time, joined by a line. */
  path: readonly number[];
  /** Points with a star, such as what is recommended after the path. */
  starred: readonly number[];
  contours: readonly DensityContour[];
  tool: ScatterTool;
  /** The points that are all in sight when everything is; null for its own. Two plots of one frame look alike. */
  frame: PointCoordinates | null;
  /** Where to look from; null for where all points are in sight. */
  camera: ScatterCamera | null;
  /** What is told of a point beside the pointer. */
  card: (point: number) => TemplateResult;
  onHover: (point: number | null) => void;
  /** @param more the user added to what was chosen before */
  onPick: (point: number | null, more: boolean) => void;
  onSelect: (points: Uint32Array, more: boolean) => void;
  /** While it moves, at most once a frame. */
  onCamera: (camera: ScatterCamera) => void;
}
