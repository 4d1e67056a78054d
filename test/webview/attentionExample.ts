import type {
  AttentionInspector,
  AttentionOverview,
  AttentionRequest,
  AttentionResult,
  Contribution,
  HeadReport,
  RecordedView,
  RecordedWeights,
  ScoredItem,
} from '../../src/protocol/attention';
import type {
  CheckpointSource,
  HistoryItem,
  InspectedRun,
  ItemLabel,
  UserHistory,
  UserLabel,
} from '../../src/protocol/inspection';
import { clusterHeads } from '../../src/analysis/clusterHeads';
import { AttentionSummary } from '../../src/analysis/attentionSummary';

/*
 * Small models that really compute what the page shows: vectors of items from a generator with a fixed seed, and attention
 * over them. Taking an item out of a history changes the weights and the scores as it does in a trained model.
 */

export type ExampleModel = 'sasrec' | 'din' | 'dien' | 'sum' | 'twotower';

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
const TITLES = ['', ' II', ' III', ' IV', ' V', ' VI'].flatMap((sequel) =>
  FILMS.map((film) => `${film}${sequel}`),
);
/** First films of the genres after the first one, from 0. */
const GENRES = [15, 29, 43];
const SIZE = 16;
const DAY = 86_400_000;
const LENGTHS = [20, 200, 6, 31, 12, 45, 90, 8];
const SLOTS = 5;

export interface ExampleOptions {
  model: ExampleModel;
  name?: string;
  numLayers?: number;
  numHeads?: number;
  /** Most items that the model reads. */
  maxLength?: number;
  /** Of the model's parameters. */
  seed?: number;
  checkpoints?: InspectedRun['checkpoints'];
}

/** A run of an example model, and what the inspector says of it. */
export class ExampleInspector implements AttentionInspector {
  readonly run: InspectedRun;
  readonly views: RecordedView[];
  readonly #options: Required<Omit<ExampleOptions, 'name' | 'checkpoints'>>;
  /** Holds an overview back until it resolves; null lets it go on. */
  overviewHeld: Promise<void> | null = null;
  readonly cancelled: string[] = [];
  onProgress: (task: string, done: number, of: number) => void = () => undefined;

  constructor({
    model,
    name = `${model}-movies`,
    numLayers = 2,
    numHeads = 4,
    maxLength = 200,
    seed = 1,
    checkpoints = [
      { name: 'epoch-2', epoch: 2 },
      { name: 'best', epoch: 7 },
      { name: 'last', epoch: 9 },
    ],
  }: ExampleOptions) {
    this.#options = { model, numLayers, numHeads, maxLength, seed };
    this.views = viewsOf(model, numLayers);
    this.run = {
      run: `/runs/${name}`,
      id: `20261122-100000-${name}-ab12`,
      name,
      model,
      checkpoints,
      numUsers: LENGTHS.length,
      numItems: TITLES.length,
    };
  }

  userHistory(user: number, end: 'train' | 'validation' | 'all'): UserHistory {
    const whole = wholeHistory(user);
    const items = whole.slice(0, whole.length - { train: 2, validation: 1, all: 0 }[end]);
    const next = whole[items.length] ?? null;
    return { user: userLabel(user), items, next: next && itemLabel(next.item) };
  }

  attentionViews(): Promise<RecordedView[]> {
    return Promise.resolve(this.views);
  }

  attend(source: CheckpointSource, request: AttentionRequest): Promise<AttentionResult> {
    return Promise.resolve(this.attendNow(source.checkpoint, request));
  }

  attendNow(checkpoint: string, request: AttentionRequest): AttentionResult {
    const { model, maxLength } = this.#options;
    const history = request.subject.history.slice(-maxLength);
    const scores = this.#scores(checkpoint, history);
    const ranked = rankedItems(scores, request.subject.history);
    const scored = (item: number): ScoredItem => ({
      ...itemLabel(item),
      score: scores[item]!,
      rank: 1 + ranked.filter((other) => scores[other]! > scores[item]!).length,
    });
    const recommendations = ranked.slice(0, request.topK).map(scored);
    const candidates = (request.candidates.length > 0 ? request.candidates : ranked.slice(0, 1)).map(scored);
    const times = new Map(
      wholeHistory(Math.max(0, request.subject.user)).map(({ item, time }) => [item, time]),
    );
    return {
      history: history.map((item): HistoryItem => ({ ...itemLabel(item), time: times.get(item) ?? null })),
      weights: this.#weights(
        checkpoint,
        history,
        candidates.map(({ item }) => item),
      ),
      candidates,
      recommendations,
      target: request.target === null ? null : scored(request.target),
      contributions:
        model === 'twotower'
          ? candidates.map(({ item }) => this.#contributions(checkpoint, history, item))
          : [],
    };
  }

  async overview(
    source: CheckpointSource,
    maxUsers: number,
    seed: number,
    task: string,
  ): Promise<AttentionOverview> {
    const { numHeads, numLayers } = this.#options;
    const users = LENGTHS.map((_, user) => user).slice(0, maxUsers);
    const summaries = Array.from({ length: numLayers }, () => new AttentionSummary(numHeads, 200));
    const groups = ['1 to 19 items', '20 or more items'].map((label) => ({
      label,
      users: 0,
      summaries: Array.from({ length: numLayers }, () => new AttentionSummary(numHeads, 200)),
    }));
    for (const user of users) {
      this.onProgress(task, user, users.length);
      if (this.overviewHeld) await this.overviewHeld;
      if (this.cancelled.includes(task)) {
        throw Object.assign(new Error('The overview was cancelled.'), { code: 'inspection/cancelled' });
      }
      const history = this.userHistory(user, 'validation').items.map(({ item }) => item);
      const group = groups[history.length < 20 ? 0 : 1]!;
      group.users++;
      this.#selfAttention(source.checkpoint, history).weights.forEach((weights, layer) => {
        const mask = new Uint8Array(200).fill(1, 200 - history.length);
        const padded = padLeft(weights, numHeads, history.length);
        for (const summary of [summaries[layer]!, group.summaries[layer]!]) {
          summary.add({ weights: padded, batch: 1, mask });
        }
      });
    }
    const heads = summaries.flatMap((summary) => summary.heads());
    const clusters = clusterHeads(heads);
    return {
      numUsers: users.length,
      seed,
      heads: heads.map((head, index): HeadReport => ({
        view: this.views[Math.floor(index / numHeads)]!.name,
        label: this.views[Math.floor(index / numHeads)]!.label,
        head: index % numHeads,
        byDistance: Float32Array.from(head.byDistance),
        entropy: head.entropy,
        relativeEntropy: head.relativeEntropy,
        meanDistance: head.meanDistance,
        lastShare: head.shareOnLast,
        cluster: clusters[index]!,
      })),
      groups: groups.map(({ label, users: numUsers, summaries: own }) => {
        const all = own.flatMap((summary) => summary.heads());
        return {
          label,
          of: 'historyLength',
          numUsers,
          entropy: Float32Array.from(all, ({ entropy }) => entropy),
          meanDistance: Float32Array.from(all, ({ meanDistance }) => meanDistance),
          lastShare: Float32Array.from(all, ({ shareOnLast }) => shareOnLast),
        };
      }),
    };
  }

  cancel(task: string): Promise<void> {
    this.cancelled.push(task);
    return Promise.resolve();
  }

  /** How sharply the model attends: untrained ones hardly do. */
  #sharpness(checkpoint: string): number {
    const epoch = this.run.checkpoints.find(({ name }) => name === checkpoint)?.epoch ?? 1;
    return 0.25 + epoch / 6;
  }

  #scores(checkpoint: string, history: readonly number[]): Float64Array {
    const state = this.#state(checkpoint, history);
    return Float64Array.from({ length: TITLES.length + 1 }, (_, item) =>
      item === 0 ? -Infinity : dot(state, vectorOf(item)),
    );
  }

  /** What the model knows of the user: a mixture of what he has met. */
  #state(checkpoint: string, history: readonly number[]): number[] {
    if (this.#options.model === 'sasrec') return this.#selfAttention(checkpoint, history).output;
    return mean(history.map((item, place) => scale(vectorOf(item), 0.97 ** (history.length - 1 - place))));
  }

  /** Causal softmax attention, `[heads, positions, positions]` for each layer, and what comes out at the last position. */
  #selfAttention(
    checkpoint: string,
    history: readonly number[],
  ): { weights: Float32Array[]; output: number[] } {
    const { numHeads, numLayers, seed } = this.#options;
    const length = history.length;
    let states = history.map(vectorOf);
    const weights = Array.from({ length: numLayers }, (_, layer) => {
      const map = new Float32Array(numHeads * length * length);
      const mixed = states.map((state) => [...state]);
      for (let head = 0; head < numHeads; head++) {
        const [taste, recency] = headOf(seed, layer, head);
        for (let query = 0; query < length; query++) {
          const logits = states
            .slice(0, query + 1)
            .map((key, at) => (taste * dot(states[query]!, key)) / 2 - recency * Math.log2(1 + query - at));
          const row = softmax(logits.map((logit) => logit * this.#sharpness(checkpoint)));
          row.forEach((weight, at) => {
            map[(head * length + query) * length + at] = weight;
            const target = mixed[query]!;
            states[at]!.forEach((value, i) => (target[i]! += (weight * value) / numHeads));
          });
        }
      }
      states = mixed.map(normalized);
      return map;
    });
    return { weights, output: states.at(-1) ?? vectorOf(1) };
  }

  #weights(checkpoint: string, history: readonly number[], candidates: readonly number[]): RecordedWeights[] {
    const { model, numHeads } = this.#options;
    const length = history.length;
    const sharp = this.#sharpness(checkpoint);
    const byCandidate = (of: (candidate: number) => number[]): Float32Array =>
      Float32Array.from(candidates.flatMap(of));
    const attention = (candidate: number): number[] =>
      history.map((item, at) => sharp * 3 * dot(vectorOf(candidate), vectorOf(item)) - 0.05 * (length - at));
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
    switch (model) {
      case 'sasrec':
        return this.#selfAttention(checkpoint, history).weights.map((values, layer) => ({
          view: this.views[layer]!.name,
          shape: [numHeads, length, length],
          values,
        }));
      case 'din': {
        const values = byCandidate((candidate) => attention(candidate).map(sigmoid));
        return [{ view: 'history', shape: [candidates.length, length], values }];
      }
      case 'dien': {
        const shape = [candidates.length, length];
        return [
          { view: 'history', shape, values: byCandidate((candidate) => softmax(attention(candidate))) },
          {
            view: 'gates',
            shape,
            values: byCandidate((candidate) => softmax(attention(candidate)).map((weight) => weight * 0.8)),
          },
          {
            view: 'interestGates',
            shape: [length],
            values: Float32Array.from(history, (item) => sigmoid(2 * vectorOf(item)[0]!)),
          },
        ];
      }
      case 'sum': {
        const slots = Array.from({ length: SLOTS }, (_, slot) => normalized(noise(900 + slot)));
        const near = (item: number): number[] => slots.map((slot) => 3 * sharp * dot(slot, vectorOf(item)));
        return [
          {
            view: 'reads',
            shape: [length, SLOTS],
            values: Float32Array.from(history.flatMap((item) => softmax(near(item)))),
          },
          {
            view: 'writes',
            shape: [length, SLOTS],
            values: Float32Array.from(history.flatMap((item) => near(item).map(sigmoid))),
          },
          {
            view: 'query',
            shape: [candidates.length, SLOTS],
            values: byCandidate((candidate) => softmax(near(candidate))),
          },
        ];
      }
      case 'twotower':
        return [];
    }
  }

  #contributions(checkpoint: string, history: readonly number[], candidate: number): Contribution[] {
    const score = this.#scores(checkpoint, history)[candidate]!;
    const features = ['age = 25 to 34', 'occupation = engineer'].map((label, index): Contribution => {
      return {
        label,
        of: 'user',
        position: null,
        change: 0.4 * dot(normalized(noise(700 + index)), vectorOf(candidate)),
      };
    });
    const item: Contribution = {
      label: `genre = ${['science fiction', 'comedy', 'mystery', 'animation'][genreOf(candidate)]!}`,
      of: 'item',
      position: null,
      change: 0.31,
    };
    const items = history.map((index, position): Contribution => {
      const without = history.filter((_, other) => other !== position);
      return {
        label: `item ${position + 1} of the history: ${TITLES[index - 1]!}`,
        of: 'history',
        position,
        change: without.length > 0 ? score - this.#scores(checkpoint, without)[candidate]! : score,
      };
    });
    return [...features, item, ...items].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  }
}

export function itemLabel(item: number): ItemLabel {
  return { item, id: `tt${1000 + item}`, title: TITLES[item - 1]! };
}

export function userLabel(user: number): UserLabel {
  return { user, id: `u${100 + user}`, historyLength: LENGTHS[user]! };
}

export function findItems(text: string, limit: number): ItemLabel[] {
  const wanted = text.toLowerCase();
  return TITLES.map((_, index) => itemLabel(index + 1))
    .filter(({ title, id }) => title.toLowerCase().includes(wanted) || id.includes(wanted))
    .slice(0, limit);
}

export function findUsers(text: string, limit: number): UserLabel[] {
  return LENGTHS.map((_, user) => userLabel(user))
    .filter(({ id }) => id.includes(text))
    .slice(0, limit);
}

function viewsOf(model: ExampleModel, numLayers: number): RecordedView[] {
  const flat = { causal: false, normalized: true } as const;
  switch (model) {
    case 'sasrec':
      return Array.from({ length: numLayers }, (_, layer) => ({
        name: `block${layer + 1}`,
        label: `Block ${layer + 1}`,
        of: 'user',
        axes: ['head', 'position', 'position'],
        causal: true,
        normalized: true,
      }));
    case 'din':
      return [
        {
          name: 'history',
          label: 'Attention',
          of: 'candidate',
          axes: ['position'],
          causal: false,
          normalized: false,
        },
      ];
    case 'dien':
      return [
        { ...flat, name: 'history', label: 'Attention', of: 'candidate', axes: ['position'] },
        {
          ...flat,
          name: 'gates',
          label: 'Update gate',
          of: 'candidate',
          axes: ['position'],
          normalized: false,
        },
        {
          ...flat,
          name: 'interestGates',
          label: 'Update gate of interests',
          of: 'user',
          axes: ['position'],
          normalized: false,
        },
      ];
    case 'sum':
      return [
        { ...flat, name: 'reads', label: 'Memory reads', of: 'user', axes: ['position', 'slot'] },
        {
          ...flat,
          name: 'writes',
          label: 'Memory writes',
          of: 'user',
          axes: ['position', 'slot'],
          normalized: false,
        },
        { ...flat, name: 'query', label: 'Candidate’s query', of: 'candidate', axes: ['slot'] },
      ];
    case 'twotower':
      return [];
  }
}

/** A user goes through one genre, then another, with excursions; no item twice until all were met. */
function wholeHistory(user: number): HistoryItem[] {
  const next = generator(31 + user);
  const items: HistoryItem[] = [];
  let time = Date.UTC(2026, 0, 5 + user, 20, 15);
  const left = new Set<number>();
  for (let place = 0; place < LENGTHS[user]!; place++) {
    if (left.size === 0) TITLES.forEach((_, index) => left.add(index + 1));
    const genre = (Math.floor(place / 7) + user + (next() < 0.2 ? 1 : 0)) % 4;
    const own = [...left].filter((item) => genreOf(item) === genre);
    const pool = own.length > 0 ? own : [...left];
    const item = pool[Math.floor(next() * pool.length)]!;
    left.delete(item);
    items.push({ ...itemLabel(item), time });
    time += next() < 0.5 ? 7_200_000 * next() : DAY * 12 * next() ** 2;
  }
  return items;
}

function genreOf(item: number): number {
  return GENRES.findLastIndex((first) => (item - 1) % FILMS.length >= first) + 1;
}

const vectors = new Map<number, number[]>();

function vectorOf(item: number): number[] {
  const known =
    vectors.get(item) ??
    normalized(noise(genreOf(item)).map((value, index) => 1.1 * value + noise(100 + item)[index]!));
  vectors.set(item, known);
  return known;
}

/** How much a head cares for what is alike, and for what is near. */
function headOf(seed: number, layer: number, head: number): [taste: number, recency: number] {
  const next = generator(seed * 101 + layer * 11 + head);
  return [1 + 7 * next() * (head % 2), [0.1, 0.4, 1.6, 0.05][head % 4]! * (0.6 + next())];
}

function rankedItems(scores: Float64Array, history: readonly number[]): number[] {
  const met = new Set(history);
  return TITLES.map((_, index) => index + 1)
    .filter((item) => !met.has(item))
    .sort((a, b) => scores[b]! - scores[a]!);
}

function padLeft(weights: Float32Array, heads: number, length: number): Float32Array {
  const padded = new Float32Array(heads * 200 * 200);
  const before = 200 - length;
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < length; row++) {
      const from = (head * length + row) * length;
      padded.set(weights.subarray(from, from + length), (head * 200 + before + row) * 200 + before);
    }
  }
  return padded;
}

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function noise(seed: number): number[] {
  const next = generator(seed);
  return Array.from({ length: SIZE }, () => next() + next() + next() - 1.5);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = (seed * 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function scale(vector: readonly number[], factor: number): number[] {
  return vector.map((value) => value * factor);
}

function normalized(vector: readonly number[]): number[] {
  return scale(vector, 1 / Math.sqrt(dot(vector, vector)));
}

function mean(all: readonly number[][]): number[] {
  return Array.from(
    { length: SIZE },
    (_, i) => all.reduce((sum, vector) => sum + vector[i]!, 0) / Math.max(1, all.length),
  );
}
