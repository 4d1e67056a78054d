/** Categories with a color of their own: more cannot be told apart, so the rest is one. */
export const NUM_CATEGORY_COLORS = 10;

/** Categories that have a color, in the order of the colors; null where one is free. */
export type ColoredCategories = readonly (string | null)[];

/** What points are colored by where that is a category. */
export interface CategoryLegend {
  kind: 'categories';
  /** They have an order, and a scale says where in it each is. */
  ordered: boolean;
  /** Those with a color of their own, in the order of the colors. */
  entries: LegendEntry[];
  /** The rest, the most frequent first: all in one color. */
  others: Omit<LegendEntry, 'index'>[];
  numUnknown: number;
}

export interface LegendEntry {
  /** Its color class. */
  index: number;
  label: string;
  /** Points of it. */
  count: number;
}

/** Which category would lose its color to another one: the rarest of those that have theirs by being frequent. */
export function nextReplaced({ entries, others }: CategoryLegend): string | null {
  if (entries.length < NUM_CATEGORY_COLORS) return null;
  const frequent = [...entries, ...others]
    .sort((a, b) => b.count - a.count)
    .slice(0, NUM_CATEGORY_COLORS)
    .map(({ label }) => label);
  const rarestFirst = [...entries].sort((a, b) => a.count - b.count || b.index - a.index);
  // What the user gave a color keeps it as long as there is another one.
  return (rarestFirst.find(({ label }) => frequent.includes(label)) ?? rarestFirst[0]!).label;
}

/** After a category got a color: one that is free, or that of {@link nextReplaced}. */
export function withColor(legend: CategoryLegend, label: string): ColoredCategories {
  const colored = coloredOf(legend);
  const replaced = nextReplaced(legend);
  const place = replaced === null ? colored.indexOf(null) : colored.indexOf(replaced);
  return colored.with(place, label);
}

/** After a category has lost its color. */
export function withoutColor(legend: CategoryLegend, label: string): ColoredCategories {
  return coloredOf(legend).map((other) => (other === label ? null : other));
}

function coloredOf({ entries }: CategoryLegend): (string | null)[] {
  const colored = Array.from<string | null>({ length: NUM_CATEGORY_COLORS }).fill(null);
  for (const { index, label } of entries) colored[index] = label;
  return colored;
}
