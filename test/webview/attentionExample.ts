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
import type { CheckpointSource, HistoryItem, InspectedRun, UserHistory } from '../../src/protocol/inspection';
import { AttentionSummary } from '../../src/analysis/attentionSummary';
import { clusterHeads } from '../../src/analysis/clusterHeads';
import { headNames } from '../../src/inspection/attention/headNames';
import { ExampleCatalog, generator, genreOf } from './exampleCatalog';

/*
 * Small models that really compute what the page shows: vectors of items from a generator with a fixed seed, and attention
 * over them. Taking an item out of a history changes the weights and the scores as it does in a trained model.
 */

export type ExampleModel = 'sasrec' | 'hstu' | 'din' | 'dien' | 'sum' | 'twotower';

const SIZE = 16;
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
  catalog?: ExampleCatalog;
}

/** A run of an example model, and what the inspector says of it. */
export class ExampleInspector implements AttentionInspector {
  readonly run: InspectedRun;
  readonly views: RecordedView[];
  readonly catalog: ExampleCatalog;
  readonly #options: Required<Omit<ExampleOptions, 'name' | 'checkpoints' | 'catalog'>>;
  /** Holds an overview back until it resolves; null lets it go on. */
  overviewHeld: Promise<void> | null = null;
  readonly canceled: string[] = [];
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
    catalog = new ExampleCatalog(),
  }: ExampleOptions) {
    this.catalog = catalog;
    this.#options = { model, numLayers, numHeads, maxLength, seed };
    this.views = viewsOf(model, numLayers);
    this.run = {
      run: `/runs/${name}`,
      id: `20261122-100000-${name}-ab12`,
      name,
      model,
      isBaseline: false,
      checkpoints,
      numUsers: catalog.lengths.length,
      numItems: catalog.titles.length,
    };
  }

  userHistory(user: number, end: 'train' | 'validation' | 'all'): UserHistory {
    return this.catalog.userHistory(user, end);
  }

  attentionViews(): Promise<RecordedView[]> {
    return Promise.resolve(this.views);
  }

  attend(source: CheckpointSource, request: AttentionRequest): Promise<AttentionResult> {
    if (request.subject.history.length === 0 && this.#options.model !== 'twotower') {
      const message = `The history is empty, and \`${this.run.model}\` recommends by what a user did: put one item into it at least.`;
      return Promise.reject(Object.assign(new Error(message), { code: 'inspection/empty-history' }));
    }
    return Promise.resolve(this.attendNow(source.checkpoint, request));
  }

  attendNow(checkpoint: string, request: AttentionRequest): AttentionResult {
    const { model, maxLength } = this.#options;
    const read = request.subject.history;
    const history = read.slice(Math.max(0, read.length - maxLength));
    const scores = this.#scores(checkpoint, history);
    const ranked = this.#rankedItems(scores, request.subject.history);
    const { catalog } = this;
    const scored = (item: number): ScoredItem => ({
      ...catalog.itemLabel(item),
      score: scores[item]!,
      rank: 1 + ranked.filter((other) => scores[other]! > scores[item]!).length,
    });
    const recommendations = ranked.slice(0, request.topK).map(scored);
    const candidates = (request.candidates.length > 0 ? request.candidates : ranked.slice(0, 1)).map(scored);
    const times = new Map(
      catalog.wholeHistory(Math.max(0, request.subject.user)).map(({ item, time }) => [item, time]),
    );
    return {
      history: history.map((item): HistoryItem => ({
        ...catalog.itemLabel(item),
        time: times.get(item) ?? null,
      })),
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
    const users = this.catalog.lengths.map((_, user) => user).slice(0, maxUsers);
    const views = this.views.filter(({ axes }) => axes.includes('position'));
    const summaries = new Map<string, AttentionSummary[]>();
    const labels = ['1 to 19 items', '20 or more items'];
    const members = labels.map(() => 0);
    for (const user of users) {
      this.onProgress(task, user, users.length);
      if (this.overviewHeld) await this.overviewHeld;
      if (this.canceled.includes(task)) {
        throw Object.assign(new Error('The overview was canceled.'), { code: 'inspection/canceled' });
      }
      const { items, next } = this.userHistory(user, 'validation');
      if (items.length === 0) continue;
      const history = items.map(({ item }) => item);
      const group = history.length < 20 ? 0 : 1;
      members[group]!++;
      const recorded = this.#weights(source.checkpoint, history, [next!.item]);
      for (const view of views) {
        const { numHeads, weights } = byHead(
          view,
          recorded.find((own) => own.view === view.name)!,
          history.length,
        );
        const reach = view.axes.filter((axis) => axis === 'position').length === 2 ? 'before' : 'end';
        const own =
          summaries.get(view.name) ?? [null, ...labels].map(() => new AttentionSummary(numHeads, 200, reach));
        summaries.set(view.name, own);
        const mask = new Uint8Array(history.length).fill(1);
        for (const summary of [own[0]!, own[1 + group]!]) summary.add({ weights, batch: 1, mask });
      }
    }
    const all = views.map((view) => ({
      view,
      heads: summaries.get(view.name)!.map((summary) => summary.heads()),
    }));
    const whole = all.flatMap(({ view, heads }) =>
      headNames(view, heads[0]!.length).map((names, head) => ({ names, summary: heads[0]![head]! })),
    );
    const clusters = clusterHeads(whole.map(({ summary }) => summary));
    return {
      numUsers: members.reduce((sum, count) => sum + count, 0),
      seed,
      heads: whole.map(({ names, summary }, index): HeadReport => ({
        ...names,
        byDistance: Float32Array.from(summary.byDistance),
        entropy: summary.entropy,
        relativeEntropy: summary.relativeEntropy,
        meanDistance: summary.meanDistance,
        lastShare: summary.shareOnLast,
        cluster: clusters[index]!,
      })),
      groups: labels.map((label, group) => {
        const own = all.flatMap(({ heads }) => heads[1 + group]!);
        return {
          label,
          of: 'historyLength',
          numUsers: members[group]!,
          entropy: Float32Array.from(own, ({ entropy }) => entropy),
          meanDistance: Float32Array.from(own, ({ meanDistance }) => meanDistance),
          lastShare: Float32Array.from(own, ({ shareOnLast }) => shareOnLast),
        };
      }),
    };
  }

  cancel(task: string): Promise<void> {
    this.canceled.push(task);
    return Promise.resolve();
  }

  /** How sharply the model attends: untrained ones hardly do. */
  #sharpness(checkpoint: string): number {
    const epoch = this.run.checkpoints.find(({ name }) => name === checkpoint)?.epoch ?? 1;
    return 0.25 + epoch / 6;
  }

  #scores(checkpoint: string, history: readonly number[]): Float64Array {
    const state = this.#state(checkpoint, history);
    return Float64Array.from({ length: this.catalog.titles.length + 1 }, (_, item) =>
      item === 0 ? -Infinity : dot(state, vectorOf(item)),
    );
  }

  /** What the model knows of the user: a mixture of what he has met. */
  #state(checkpoint: string, history: readonly number[]): number[] {
    if (['sasrec', 'hstu'].includes(this.#options.model))
      return this.#selfAttention(checkpoint, history).output;
    return mean(history.map((item, place) => scale(vectorOf(item), 0.97 ** (history.length - 1 - place))));
  }

  /**
   * Causal attention, `[heads, positions, positions]` for each layer, and what comes out at the last position: softmax, or HSTU's
   * pointwise SiLU, whose weights may be negative.
   */
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
          const sharp = logits.map((logit) => logit * this.#sharpness(checkpoint));
          const row = this.#options.model === 'hstu' ? sharp.map((x) => silu(x) / length) : softmax(sharp);
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
      case 'hstu':
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

  #rankedItems(scores: Float64Array, history: readonly number[]): number[] {
    const met = new Set(history);
    return this.catalog.titles
      .map((_, index) => index + 1)
      .filter((item) => !met.has(item))
      .sort((a, b) => scores[b]! - scores[a]!);
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
        label: `item ${position + 1} of the history: ${this.catalog.titles[index - 1]!}`,
        of: 'history',
        position,
        change: without.length > 0 ? score - this.#scores(checkpoint, without)[candidate]! : score,
      };
    });
    return [...features, item, ...items].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  }
}

function viewsOf(model: ExampleModel, numLayers: number): RecordedView[] {
  const flat = { causal: false, normalized: true } as const;
  switch (model) {
    case 'sasrec':
    case 'hstu':
      return Array.from({ length: numLayers }, (_, layer) => ({
        name: `block${layer + 1}`,
        label: `Block ${layer + 1}`,
        of: 'user',
        axes: ['head', 'position', 'position'],
        causal: true,
        normalized: model === 'sasrec',
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

/** Weights of one user and one candidate with heads before positions; slots count as heads. */
function byHead(
  { axes }: RecordedView,
  { shape, values }: RecordedWeights,
  length: number,
): { numHeads: number; weights: Float32Array } {
  if (axes.at(-1) === 'position') return { numHeads: axes[0] === 'head' ? shape[0]! : 1, weights: values };
  const slots = shape.at(-1)!;
  const weights = values.map((_, place) => values[(place % length) * slots + Math.floor(place / length)]!);
  return { numHeads: slots, weights };
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

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function scale(vector: readonly number[], factor: number): number[] {
  return vector.map((value) => value * factor);
}

const silu = (x: number): number => x / (1 + Math.exp(-x));

function normalized(vector: readonly number[]): number[] {
  return scale(vector, 1 / Math.sqrt(dot(vector, vector)));
}

function mean(all: readonly number[][]): number[] {
  return Array.from(
    { length: SIZE },
    (_, i) => all.reduce((sum, vector) => sum + vector[i]!, 0) / Math.max(1, all.length),
  );
}
