/** Metadata of a field: what an editor shows when someone hovers over it. */
export const describe = (description: string): { description: string } => ({ description });
