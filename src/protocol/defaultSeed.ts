/** The seed of everything random where nobody chooses another: runs, layouts by UMAP, draws of points and users. */
export const DEFAULT_SEED = 42;
