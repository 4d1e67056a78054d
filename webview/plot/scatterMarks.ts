import type { ScatterModel } from './scatterModel';

/** By how much the radius of a mark is larger than that of its point, in CSS pixels. */
export const MARK_SIZES = { star: 5, ring: 2.5, hovered: 3.5, focus: 5, path: 1.5, newest: 3.5 };

/** The radii of all marks but that of the hovered point, by their points: a label must not jump when the pointer comes near. */
export function markRadii(model: ScatterModel, radius: number): Map<number, number> {
  const radii = new Map<number, number>();
  const mark = (points: readonly number[], size: number): void => {
    for (const point of points) radii.set(point, Math.max(radii.get(point) ?? 0, radius + size));
  };
  mark(model.path, MARK_SIZES.path);
  mark(model.path.slice(-1), MARK_SIZES.newest);
  mark(model.starred, MARK_SIZES.star);
  mark(ringed(model), MARK_SIZES.ring);
  if (model.focus !== null) mark([model.focus], MARK_SIZES.focus);
  return radii;
}

/** More rings than these are a carpet that hides the points. */
const MAX_RINGS = 40;

/** The marked points, unless they are so many that color must tell them from the others. */
export function ringed({ marked }: ScatterModel): readonly number[] {
  return marked.length <= MAX_RINGS ? marked : [];
}
