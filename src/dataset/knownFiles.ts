/** A file of a well-known data set, which is published without a header. */
export interface KnownFile {
  /** As it is published, without `.gz`. */
  name: RegExp;
  dataset: string;
  columns: string[];
  /** Column of each thing that a config looks for by default. */
  roles: Partial<Record<'user_id' | 'item_id' | 'items' | 'timestamp' | 'rating' | 'title', string>>;
}

const ratings = { user_id: 'UserID', item_id: 'MovieID', timestamp: 'Timestamp', rating: 'Rating' };
const movieLens100kGenres =
  'unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical Mystery Romance Sci-Fi Thriller War Western';

const KNOWN: readonly KnownFile[] = [
  {
    name: /^ratings\.dat$/i,
    dataset: 'MovieLens',
    columns: ['UserID', 'MovieID', 'Rating', 'Timestamp'],
    roles: ratings,
  },
  {
    name: /^movies\.dat$/i,
    dataset: 'MovieLens',
    columns: ['MovieID', 'Title', 'Genres'],
    roles: { item_id: 'MovieID', title: 'Title' },
  },
  {
    name: /^users\.dat$/i,
    dataset: 'MovieLens',
    columns: ['UserID', 'Gender', 'Age', 'Occupation', 'Zip-code'],
    roles: { user_id: 'UserID' },
  },
  {
    name: /^u([1-5ab])?\.(data|base|test)$/i,
    dataset: 'MovieLens 100K',
    columns: ['user id', 'item id', 'rating', 'timestamp'],
    roles: { user_id: 'user id', item_id: 'item id', rating: 'rating', timestamp: 'timestamp' },
  },
  {
    name: /^u\.item$/i,
    dataset: 'MovieLens 100K',
    columns: [
      'movie id',
      'movie title',
      'release date',
      'video release date',
      'IMDb URL',
      ...movieLens100kGenres.split(' '),
    ],
    roles: { item_id: 'movie id', title: 'movie title' },
  },
  {
    name: /^u\.user$/i,
    dataset: 'MovieLens 100K',
    columns: ['user id', 'age', 'gender', 'occupation', 'zip code'],
    roles: { user_id: 'user id' },
  },
  {
    name: /^UserBehavior\.csv$/i,
    dataset: 'Taobao',
    columns: ['user_id', 'item_id', 'category_id', 'behavior_type', 'timestamp'],
    roles: {},
  },
  {
    name: /^yoochoose-(clicks|test)\.dat$/i,
    dataset: 'Yoochoose',
    columns: ['session_id', 'timestamp', 'item_id', 'category'],
    roles: { user_id: 'session_id' },
  },
  {
    name: /^yoochoose-buys\.dat$/i,
    dataset: 'Yoochoose',
    columns: ['session_id', 'timestamp', 'item_id', 'price', 'quantity'],
    roles: { user_id: 'session_id' },
  },
  {
    name: /^loc-(gowalla|brightkite)_totalCheckins\.txt$/i,
    dataset: 'SNAP check-ins',
    columns: ['user', 'check-in time', 'latitude', 'longitude', 'location id'],
    roles: { user_id: 'user', item_id: 'location id', timestamp: 'check-in time' },
  },
  {
    name: /^userid-timestamp-artid-artname-traid-traname\.tsv$/i,
    dataset: 'Last.fm 1K',
    columns: ['userid', 'timestamp', 'artid', 'artname', 'traid', 'traname'],
    roles: { user_id: 'userid', item_id: 'traid', title: 'traname' },
  },
  {
    name: /^usersha1-artmbid-artname-plays\.tsv$/i,
    dataset: 'Last.fm 360K',
    columns: ['usersha1', 'artmbid', 'artname', 'plays'],
    roles: { user_id: 'usersha1', item_id: 'artmbid', title: 'artname' },
  },
  {
    name: /^behaviors\.tsv$/i,
    dataset: 'MIND',
    columns: ['impression_id', 'user_id', 'time', 'history', 'impressions'],
    roles: { items: 'history', timestamp: 'time' },
  },
  {
    name: /^news\.tsv$/i,
    dataset: 'MIND',
    columns: [
      'news_id',
      'category',
      'subcategory',
      'title',
      'abstract',
      'url',
      'title_entities',
      'abstract_entities',
    ],
    roles: { item_id: 'news_id' },
  },
];

/** The well-known file of this name and with as many columns, or undefined. */
export function knownFile(name: string, numColumns: number): KnownFile | undefined {
  return KNOWN.find((known) => known.name.test(name) && known.columns.length === numColumns);
}
