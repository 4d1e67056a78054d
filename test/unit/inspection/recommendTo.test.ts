import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateBaseline } from '../../../src/inference/evaluateModel';
import { recommend } from '../../../src/inference/recommend';
import { attend } from '../../../src/inspection/attention/attend';
import { ItemVectors } from '../../../src/inspection/attention/itemVectors';
import type { OpenRun } from '../../../src/inspection/inspectedRuns';
import { historyOf } from '../../../src/inspection/runInspector';
import { recommendTo } from '../../../src/inspection/recommendation/recommendTo';
import type { Baseline } from '../../../src/model/baseline';
import { fitBaseline } from '../../../src/model/createModel';
import { Ease } from '../../../src/model/ease/ease';
import { defaultBaseline, type BaselineConfig } from '../../../src/model/models';
import type { Model } from '../../../src/model/model';
import type { RecommendationRequest, RecommendationResult } from '../../../src/protocol/recommendation';
import { useBackend } from '../compute/useBackend';
import { ATTENTION_MODELS, DATASET, OTHER_MODELS, runOf } from './attentionRun';

const { numUsers, numItems, userIds, itemIds } = DATASET;
/** Every form that reasons take. */
const MODELS = Object.entries({ ...ATTENTION_MODELS, ...OTHER_MODELS }).filter(([name]) =>
  [
    'sasrec',
    'sasrec, visible padding',
    'bert4rec',
    'din',
    'dien, AUGRU',
    'sum',
    'gru4rec',
    'twoTower',
  ].includes(name),
);
const PARAMETERS = { numRuns: 15 };

function requestFor(user: number, change: Partial<RecommendationRequest> = {}): RecommendationRequest {
  const { items, heldOut } = historyOf(DATASET, user, 'validation');
  return {
    user: userIds[user]!,
    history: idsOf(items),
    heldOut: idsOf(heldOut.map(({ item }) => item)),
    topK: 5,
    keepSeen: false,
    reasons: true,
    ...change,
  };
}

function idsOf(some: Uint32Array | readonly number[]): string[] {
  return Array.from(some, (item) => itemIds[item]!);
}

/** A run that leaves seen items out, though users of these data meet many again. */
function filtering<Config extends OpenRun['config']>(
  run: OpenRun & { config: Config },
): OpenRun & { config: Config } {
  const { config } = run;
  return { ...run, config: { ...config, evaluation: { ...config.evaluation, filterSeen: true } } };
}

/** A baseline as it is fitted for the test. */
async function baselineRun(
  type: BaselineConfig['type'],
): Promise<{ run: OpenRun; recommender: Baseline; config: BaselineConfig }> {
  const config = defaultBaseline(type);
  const { run } = await runOf(OTHER_MODELS.gru4rec!);
  const recommender = await fitBaseline(config, { ...DATASET, ends: DATASET.validationEnd }, run.config.seed);
  const own = { ...run, config: { ...run.config, model: config } as OpenRun['config'] };
  return { run: filtering(own), recommender, config };
}

/** What every recommender keeps, asked for users and for composed histories. */
function recommends(
  made: () => {
    run: OpenRun;
    recommender: Model | Baseline;
    ask: (request: RecommendationRequest) => Promise<RecommendationResult>;
  },
): void {
  it('lists what is written for all users', async () => {
    const { run, recommender, ask } = made();
    const users = [0, 7, 19];
    for (const keepSeen of [false, true])
      for await (const batch of recommend(recommender, run.dataset, users, 5, {
        filterSeen: !keepSeen,
        until: 'validation',
      }))
        for (const [row, user] of batch.users.entries()) {
          const { recommendations } = await ask(requestFor(user, { keepSeen, reasons: false, heldOut: [] }));
          const listed = [...batch.items.subarray(row * 5, row * 5 + 5)].filter((item) => item > 0);
          const scores = [...batch.scores.subarray(row * 5, row * 5 + listed.length)];
          expect(recommendations.map(({ score }) => Math.fround(score))).toEqual(
            scores.map((score) => expect.closeTo(score, 4) as number),
          );
          // What is level may come in another order.
          if (new Set(scores.map((score) => score.toFixed(4))).size === scores.length)
            expect(recommendations.map(({ item }) => item)).toEqual(listed);
        }
  });

  it('recommends nothing that was seen, and counts the candidates', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: numItems }), { minLength: 1, maxLength: 9 }),
        fc.boolean(),
        async (history, keepSeen) => {
          const { ask } = made();
          const request = requestFor(0, { user: null, history: idsOf(history), heldOut: [], keepSeen });
          const result = await ask({ ...request, topK: numItems });
          const seen = new Set(history).size;
          expect(result.numCandidates).toBe(keepSeen ? numItems : numItems - seen);
          expect(result.filterSeen).toBe(!keepSeen);
          expect(result.knowsUser).toBe(false);
          const listed = result.recommendations.map(({ item }) => item);
          if (!keepSeen) expect(listed.filter((item) => history.includes(item))).toEqual([]);
          expect(listed).toHaveLength(result.numCandidates);
          const scores = result.recommendations.map(({ score }) => score);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
          if (result.reasons === null) return;
          const rows = result.reasons.perItem ? listed.length : 1;
          expect(result.reasons.values).toHaveLength(rows * history.length);
        },
      ),
      PARAMETERS,
    ));

  it('leaves out what the run does not know, and says which', async () => {
    const { ask } = made();
    const known = requestFor(3);
    const [first, ...rest] = known.history;
    const strange = await ask({
      ...known,
      history: [first!, 'nowhere', ...rest],
      heldOut: ['gone', ...known.heldOut],
    });
    const plain = await ask(known);
    expect(strange.unknown).toEqual([1]);
    expect(strange.heldOut[0]).toBeNull();
    expect(strange.recommendations).toEqual(plain.recommendations);
    expect(strange.heldOut.slice(1)).toEqual(plain.heldOut);
    expect(strange.reasons === null).toBe(plain.reasons === null);
    if (strange.reasons === null || plain.reasons === null) return;
    const width = known.history.length + 1;
    expect(strange.reasons.values[1]).toBeNaN();
    expect([...strange.reasons.values].filter((_, place) => place % width !== 1)).toEqual([
      ...plain.reasons.values,
    ]);
    expect((await ask({ ...known, user: 'nobody', reasons: false })).knowsUser).toBe(false);
  });
}

describe.each(MODELS)('recommendations of %s', (name, input) => {
  useBackend('wasm');
  let run: Awaited<ReturnType<typeof runOf>>['run'];
  let model: Model;
  let vectors: ItemVectors;
  beforeAll(async () => {
    const made = await runOf(input);
    [run, model] = [filtering(made.run), made.model];
    vectors = new ItemVectors();
  });
  afterAll(() => {
    model.dispose();
    vectors.dispose();
  });
  const ask = (request: RecommendationRequest) => recommendTo(run, model, vectors, request);
  recommends(() => ({ run, recommender: model, ask }));

  it('rank what came next as the attention panel does, and so the evaluation', async () => {
    for (const user of [0, 11, 23]) {
      const request = requestFor(user, { reasons: false });
      const [target] = request.heldOut.map((id) => itemIds.indexOf(id));
      const history = request.history.map((id) => itemIds.indexOf(id));
      const asked = { subject: { user, history }, candidates: [], target: target!, topK: 5 };
      const attended = await attend(run, model, vectors, asked);
      const { heldOut, recommendations } = await ask(request);
      expect(heldOut).toEqual([attended.target]);
      expect(recommendations).toEqual(attended.recommendations);
    }
  });

  it('come with the weights that the attention panel shows, or with cosines', async () => {
    const request = requestFor(2);
    const { recommendations, heldOut, reasons, read } = await ask(request);
    const listed = [...recommendations, ...heldOut].map((item) => item!.item);
    expect(read).toBe(Math.min(request.history.length, model.batches.maxLength));
    if (reasons!.kind === 'attention') {
      const history = request.history.map((id) => itemIds.indexOf(id));
      const { weights } = await attend(run, model, vectors, {
        subject: { user: 2, history },
        candidates: listed,
        target: heldOut[0]!.item,
        topK: 1,
      });
      const view = model.attentions.find(({ label }) => label === reasons!.view)!;
      const { shape, values } = weights.find((own) => own.view === view.name)!;
      const perItem = view.of === 'candidate';
      expect(reasons!.perItem).toBe(perItem);
      const numHeads = view.axes.includes('head') ? shape[0]! : 1;
      const perHead = values.length / numHeads / (perItem ? listed.length : 1);
      const row = (item: number): number[] =>
        Array.from({ length: read! }, (_, position) => {
          let sum = 0;
          for (let head = 0; head < numHeads; head++)
            sum += values[(item * numHeads + head + 1) * perHead - read! + position]!;
          return sum / numHeads;
        });
      const width = request.history.length;
      for (let item = 0; item < (perItem ? listed.length : 1); item++) {
        const own = [...reasons!.values.subarray(item * width, (item + 1) * width)];
        expect(own.slice(0, width - read!).every(Number.isNaN)).toBe(true);
        row(item).forEach((weight, place) => expect(own[width - read! + place]).toBeCloseTo(weight, 5));
      }
    } else if (reasons!.kind === 'similarity') {
      expect(Math.max(...reasons!.values)).toBeLessThanOrEqual(1.0001);
      const again = await ask({
        ...request,
        history: [itemIds[listed[0]!]!],
        keepSeen: true,
        topK: numItems,
      });
      const place = again.recommendations.findIndex(({ item }) => item === listed[0]);
      expect(again.reasons!.values[place]).toBeCloseTo(1, 4);
    } else {
      expect(name).toMatch(/sum/);
    }
  });
});

describe.each(['ease', 'itemKnn', 'markov', 'ials', 'popularity'] as const)(
  'recommendations of %s',
  (type) => {
    useBackend('wasm');
    let made: Awaited<ReturnType<typeof baselineRun>>;
    const vectors = new ItemVectors();
    beforeAll(async () => void (made = await baselineRun(type)));
    const ask = (request: RecommendationRequest) => recommendTo(made.run, made.recommender, vectors, request);
    recommends(() => ({ ...made, ask }));

    it('rank what came next as the evaluation does', async () => {
      const { config } = made.run;
      const evaluation = { ...config.evaluation, metrics: ['hr' as const], cutoffs: [1, 3, 5] };
      const { metrics } = await evaluateBaseline(
        { model: made.config, evaluation, seed: config.seed },
        DATASET,
        'test',
      );
      const ranks: number[] = [];
      for (let user = 0; user < numUsers; user++) {
        const request = requestFor(user, { reasons: false });
        const [next] = request.heldOut;
        if (next === undefined || request.history.includes(next)) continue;
        ranks.push((await ask(request)).heldOut[0]!.rank);
      }
      const hasTies = type !== 'ease' && type !== 'ials';
      for (const cutoff of [1, 3, 5]) {
        const share = ranks.filter((rank) => rank <= cutoff).length / ranks.length;
        // Of tied items the mean place is told, while the evaluation has the mean of the hits.
        expect(Math.abs(share - metrics[`hr@${cutoff}`]!)).toBeLessThan(hasTies ? 0.1 : 1e-9);
      }
    });

    it('come with what each item of the history changes', async () => {
      for (let user = 0; user < numUsers; user += 9) {
        const request = requestFor(user);
        const { recommendations, reasons } = await ask(request);
        if (type === 'popularity') {
          expect(reasons).toBeNull();
          continue;
        }
        expect(reasons).toMatchObject({ kind: 'contribution', view: null });
        if (!(made.recommender instanceof Ease)) continue;
        const { weights } = made.recommender;
        const history = request.history.map((id) => itemIds.indexOf(id));
        const once = history.filter((item, place) => history.indexOf(item) === place);
        if (once.length < history.length) continue;
        recommendations.forEach(({ item }, row) =>
          history.forEach((from, place) =>
            expect(reasons!.values[row * history.length + place]).toBeCloseTo(
              weights[(from - 1) * numItems + item - 1]!,
              4,
            ),
          ),
        );
      }
    });
  },
);
