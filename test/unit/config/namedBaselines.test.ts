import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedBaselines } from '../../../src/config/namedBaselines';
import { parseConfig } from '../../../src/config/parseConfig';
import { configSchema, type EvaluationConfig } from '../../../src/config/schema';
import { DEFAULT_BASELINES, defaultBaseline } from '../../../src/model/models';

const evaluation = (baselines: unknown[]): EvaluationConfig =>
  configSchema.parse({
    dataset: { path: 'a.csv' },
    model: { type: 'sasrec' },
    evaluation: { baselines },
  }).evaluation;

const keys = (...baselines: unknown[]) => namedBaselines(evaluation(baselines)).map(({ key }) => key);
const titles = (...baselines: unknown[]) => namedBaselines(evaluation(baselines)).map(({ title }) => title);

describe('the baselines that a config names', () => {
  it('have their type as a key and their defaults as options where only a name is given', () => {
    expect(namedBaselines(evaluation(['popularity', 'itemKnn']))).toEqual([
      { key: 'popularity', title: 'popularity', config: defaultBaseline('popularity') },
      { key: 'itemKnn', title: 'item-kNN', config: defaultBaseline('itemKnn') },
    ]);
  });

  it('have a key of what differs from the defaults, whatever else is named', () => {
    const tuned = { type: 'itemKnn', shrinkage: 50, similarity: { type: 'tversky', alpha: 2 } };
    const key = 'itemKnn(similarity.type=tversky, similarity.alpha=2, similarity.beta=1, shrinkage=50)';
    expect(keys(tuned)).toEqual([key]);
    expect(keys('itemKnn', { ...tuned, shrinkage: 5 }, tuned)).toContain(key);
    expect(keys({ type: 'ease', regularization: 200 })).toEqual(['ease(regularization=200)']);
  });

  it('are each measured once, also where the options are written out', () => {
    expect(keys('itemKnn', { type: 'itemKnn', shrinkage: 0 }, 'markov', { type: 'markov' })).toEqual([
      'itemKnn',
      'markov',
    ]);
  });

  it('are told apart by the options in which they differ', () => {
    const tuned = { type: 'itemKnn', featureWeighting: 'tfIdf', shrinkage: 50 };
    expect(titles(tuned)).toEqual(['item-kNN (featureWeighting tfIdf, shrinkage 50)']);
    expect(titles('itemKnn', tuned)).toEqual(['item-kNN', 'item-kNN (featureWeighting tfIdf, shrinkage 50)']);
    expect(titles('itemKnn', tuned, { ...tuned, shrinkage: 5 }, 'markov')).toEqual([
      'item-kNN',
      'item-kNN (shrinkage 50)',
      'item-kNN (shrinkage 5)',
      'Markov',
    ]);
    expect(titles({ type: 'itemKnn', numNeighbors: 9 }, { type: 'itemKnn', shrinkage: 5 })).toEqual([
      'item-kNN (numNeighbors 9, shrinkage 0)',
      'item-kNN (numNeighbors null, shrinkage 5)',
    ]);
  });

  const itemKnn = fc.record({
    type: fc.constant('itemKnn'),
    numNeighbors: fc.constantFrom(null, 10, 20),
    shrinkage: fc.constantFrom(0, 5, 10),
    similarity: fc.constantFrom({ type: 'cosine' }, { type: 'cosine', normalize: false }, { type: 'dice' }),
  });
  const ease = fc.record({ type: fc.constant('ease'), regularization: fc.constantFrom(10, 1000) });
  const named = fc.oneof(fc.constantFrom('itemKnn', 'ease', 'popularity'), itemKnn, ease);

  it('never share a key or a title', () => {
    fc.assert(
      fc.property(fc.array(named, { maxLength: 8 }), (baselines) => {
        const all = namedBaselines(evaluation(baselines));
        expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
        expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
        const configs = new Set(all.map(({ config }) => JSON.stringify(config)));
        expect(configs.size).toBe(all.length);
      }),
    );
  });
});

describe('evaluation.baselines', () => {
  const parse = (baselines: string) =>
    parseConfig(
      `{"dataset": {"path": "a"}, "model": {"type": "sasrec"}, "evaluation": {"baselines": ${baselines}}}`,
      'json',
    );

  it('takes names, which stay as they are, and objects, to which defaults are added', () => {
    expect(
      parse('["popularity", {"type": "ease"}, {"type": "ials", "factors": 8}]').config?.evaluation.baselines,
    ).toMatchObject(['popularity', { type: 'ease', regularization: 1000 }, { factors: 8, iterations: 8 }]);
    const unnamed = parseConfig('{"dataset": {"path": "a"}, "model": {"type": "sasrec"}}', 'json');
    expect(unnamed.config?.evaluation.baselines).toEqual(DEFAULT_BASELINES);
  });

  it.each([
    [
      '["popularty"]',
      'evaluation.baselines.0',
      '"popularty"',
      'expected `popularity`, `itemKnn`, `markov`, `ease`, `ials`, `clickRate`, `logisticRegression` or an object with one of these as `type`, ' +
        'found `"popularty"`. Did you mean `popularity`?',
    ],
    [
      '[{"type": "itemKnn", "numNeighbor": 100}]',
      'evaluation.baselines.0.numNeighbor',
      '"numNeighbor"',
      '`numNeighbor` is not a field of `evaluation.baselines.0`. Did you mean `numNeighbors`?',
    ],
    [
      '["markov", {"type": "itemKnn", "shrinkage": -1}]',
      'evaluation.baselines.1.shrinkage',
      '-1',
      'expected a number of at least 0, found `-1`',
    ],
    [
      '[{"type": "sasrec"}]',
      'evaluation.baselines.0.type',
      '"sasrec"',
      'expected `popularity`, `itemKnn`, `markov`, `ease`, `ials`, `clickRate` or `logisticRegression`, found `"sasrec"`',
    ],
    [
      '[{"type": "itemKnn", "similarity": {"type": "dice"}, "featureWeighting": "tfIdf"}]',
      'evaluation.baselines.0.featureWeighting',
      '"tfIdf"',
      'must be `none` if `similarity.type` is `dice`',
    ],
    ['[{"shrinkage": 5}]', 'evaluation.baselines.0.type', '"baselines"', 'is missing'],
    ['[7]', 'evaluation.baselines.0', '7', 'or an object with one of these as `type`, found `7`'],
  ])('refuses %s', (baselines, path, marked, message) => {
    const { problems } = parse(baselines);
    expect(problems).toHaveLength(1);
    const [{ start, end, ...problem }] = problems as [(typeof problems)[number]];
    expect(problem).toMatchObject({ path });
    expect(problem.message).toContain(message);
    const text = `{"dataset": {"path": "a"}, "model": {"type": "sasrec"}, "evaluation": {"baselines": ${baselines}}}`;
    expect(text.slice(start, end)).toBe(marked);
  });
});
