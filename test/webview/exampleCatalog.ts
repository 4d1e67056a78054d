import type {
  HeldOutItem,
  HistoryItem,
  ItemLabel,
  UserHistory,
  UserLabel,
} from '../../src/protocol/inspection';

/* The data of the attention view's tests: films with their sequels, or a shop's products, and who met which. */

const FILMS = [
  'Alien', 'Aliens', 'The Thing', 'Blade Runner', 'The Terminator', 'Predator', 'RoboCop', 'Total Recall',
  'Star Wars', 'The Empire Strikes Back', 'Return of the Jedi', 'Dune', 'Contact', 'The Matrix', 'Gattaca',
  'Dr. Strangelove', 'Annie Hall', 'Manhattan', 'Some Like It Hot', 'The Apartment', 'Duck Soup', 'Airplane!',
  'A Fish Called Wanda', 'Groundhog Day', 'The Big Lebowski', 'Fargo', 'Raising Arizona', 'Rushmore', 'Clerks',
  'Casablanca', 'Citizen Kane', 'Vertigo', 'Rear Window', 'Psycho', 'North by Northwest', 'Notorious', 'Chinatown',
  'The Maltese Falcon', 'Double Indemnity', 'Sunset Boulevard', 'L.A. Confidential', 'Touch of Evil', 'Laura',
  'Toy Story', 'A Bug’s Life', 'Beauty and the Beast', 'Aladdin', 'The Lion King', 'Fantasia', 'Pinocchio', 'Dumbo',
  'Spirited Away', 'My Neighbor Totoro', 'Princess Mononoke', 'Akira', 'Babe', 'The Iron Giant', 'Chicken Run',
]; // prettier-ignore
/** With their sequels: a long history needs many items. */
const SEQUELS = ['', ' II', ' III', ' IV', ' V', ' VI'].flatMap((sequel) =>
  FILMS.map((film) => `${film}${sequel}`),
);
/** First films of the genres after the first one, from 0. */
const GENRES = [15, 29, 43];
const DAY = 86_400_000;
const LENGTHS = [20, 200, 6, 31, 12, 45, 90, 8];

/** Titles that are hard to show: long ones that only their end tells apart, many scripts, and what is no text at all. */
const PRODUCTS = [
  'Galaxy Wireless Noise Canceling Headphones Pro 2',
  'Galaxy Wireless Noise Canceling Headphones Pro 27',
  'Galaxy Wireless Noise Canceling Headphones Pro 27 (renewed, with carrying case and two cables)',
  '千と千尋の神隠しと風の谷のナウシカともののけ姫 完全版ボックスセット',
  'Войны, миры и ещё раз войны: собрание сочинений в двадцати семи томах, том 27',
  'سماعات لاسلكية عازلة للضوضاء مع حقيبة حمل وكابلين إضافيين، الإصدار 27',
  'Family pack 👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦 27',
  'Crème brûlée de la Grand-Mère à l’Ancienne, édition nº 27',
  'B00TGT4AWQ-EU-27',
  '<b>Bold</b> & "quoted" ${27}',
];

/** Who met what. */
export class ExampleCatalog {
  readonly titles: readonly string[];
  /** Interactions of each user. */
  readonly lengths: readonly number[];

  constructor(titles: readonly string[] = SEQUELS, lengths: readonly number[] = LENGTHS) {
    this.titles = titles;
    this.lengths = lengths;
  }

  /** Products with titles that are hard to show. */
  static products(lengths?: readonly number[]): ExampleCatalog {
    const titles = SEQUELS.map((_, index) => {
      const title = PRODUCTS[index % PRODUCTS.length]!;
      const series = Math.floor(index / PRODUCTS.length);
      return series === 0 ? title : title.replace('27', String(27 + series));
    });
    return new ExampleCatalog(titles, lengths);
  }

  itemLabel(item: number): ItemLabel {
    return { item, id: `tt${1000 + item}`, title: this.titles[item - 1]! };
  }

  userLabel(user: number): UserLabel {
    return { user, id: `u${100 + user}`, historyLength: this.lengths[user]! };
  }

  findItems(text: string, limit: number): ItemLabel[] {
    const wanted = text.toLowerCase();
    return this.titles
      .map((_, index) => this.itemLabel(index + 1))
      .filter(({ title, id }) => title.toLowerCase().includes(wanted) || id.includes(wanted))
      .slice(0, limit);
  }

  findUsers(text: string, limit: number): UserLabel[] {
    return this.lengths
      .map((_, user) => this.userLabel(user))
      .filter(({ id }) => id.includes(text))
      .slice(0, limit);
  }

  userHistory(user: number, end: 'train' | 'validation' | 'all'): UserHistory {
    const whole = this.wholeHistory(user);
    const items = whole.slice(0, Math.max(0, whole.length - { train: 2, validation: 1, all: 0 }[end]));
    const next = whole[items.length] ?? null;
    const heldOut = whole.slice(items.length).map((item, place, all): HeldOutItem => ({
      ...item,
      part: place < all.length - 1 ? 'validation' : 'test',
    }));
    return { user: this.userLabel(user), items, next: next && this.itemLabel(next.item), heldOut };
  }

  /** A user goes through one genre, then another, with excursions; no item twice until all were met. */
  wholeHistory(user: number): HistoryItem[] {
    const next = generator(31 + user);
    const items: HistoryItem[] = [];
    let time = Date.UTC(2026, 0, 5 + user, 20, 15);
    const left = new Set<number>();
    for (let place = 0; place < this.lengths[user]!; place++) {
      if (left.size === 0) this.titles.forEach((_, index) => left.add(index + 1));
      const genre = (Math.floor(place / 7) + user + (next() < 0.2 ? 1 : 0)) % 4;
      const own = [...left].filter((item) => genreOf(item) === genre);
      const pool = own.length > 0 ? own : [...left];
      const item = pool[Math.floor(next() * pool.length)]!;
      left.delete(item);
      items.push({ ...this.itemLabel(item), time });
      time += next() < 0.5 ? 7_200_000 * next() : DAY * 12 * next() ** 2;
    }
    return items;
  }
}

const films = new ExampleCatalog();

/** Of a film. */
export function itemLabel(item: number): ItemLabel {
  return films.itemLabel(item);
}

export function genreOf(item: number): number {
  return GENRES.findLastIndex((first) => (item - 1) % FILMS.length >= first) + 1;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = (seed * 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
