/** A color as red, green, blue and opacity, from 0 to 255. */
export type ColorBytes = readonly [number, number, number, number];
