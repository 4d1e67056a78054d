import { describe, expect, test } from 'vitest';
import { changeConfig } from '../../../src/config/changeConfig';
import { parseConfig } from '../../../src/config/parseConfig';
import { PROTOCOL_NAMES } from '../../../src/config/protocolPresets';

const parse = (evaluation: object, dataset: object = {}, overrides: string[] = []) => {
  const text = JSON.stringify({
    dataset: { path: 'a.csv', ...dataset },
    model: { type: 'sasrec' },
    evaluation,
  });
  const { config, problems } = parseConfig(text, 'json', overrides);
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
};
const protocolOf = ({ dataset: { split }, evaluation }: ReturnType<typeof parse>) => {
  const { candidates, filterSeen, metrics, cutoffs } = evaluation;
  return { split, candidates, filterSeen, metrics, cutoffs };
};

describe('a protocol', () => {
  test('fills what a config does not set', () => {
    expect(protocolOf(parse({ protocol: 'sasrec-2018' }))).toEqual({
      split: { type: 'leaveOneOut' },
      candidates: { type: 'sampled', count: 100, distribution: 'uniform', seed: 42 },
      filterSeen: true,
      metrics: ['hr', 'ndcg'],
      cutoffs: [10],
    });
    expect(protocolOf(parse({ protocol: 'microsoft-pairwise' }))).toMatchObject({
      candidates: { count: 49, distribution: 'popularity' },
      filterSeen: false,
      cutoffs: [2, 4, 6, 10, 50],
    });
    expect(protocolOf(parse({ protocol: 'temporal' }))).toEqual({
      ...protocolOf(parse({})),
      split: { type: 'temporal', validation: 0.1, test: 0.1, coldUsers: 'keep', coldItems: 'keep' },
    });
  });

  test('comes after what a config sets, also inside of the candidates', () => {
    const own = { protocol: 'recbole-uni100', candidates: { type: 'sampled', seed: 7 }, cutoffs: [5, 10] };
    expect(protocolOf(parse(own, { split: { type: 'ratio' } }))).toMatchObject({
      split: { type: 'ratio' },
      candidates: { type: 'sampled', count: 100, seed: 7 },
      metrics: ['recall', 'mrr', 'ndcg', 'hr', 'precision'],
      cutoffs: [5, 10],
    });
    expect(parse({ protocol: 'sasrec-2018', candidates: { type: 'full' } }).evaluation.candidates).toEqual({
      type: 'full',
    });
  });

  test('that a config departs from gets a warning where it does', () => {
    const warnings = (evaluation: object, dataset: object = {}) =>
      parseConfig(
        JSON.stringify({ dataset: { path: 'a.csv', ...dataset }, model: { type: 'sasrec' }, evaluation }),
        'json',
      ).problems.map(({ severity, path, message }) => [severity, path, message]);
    expect(warnings({ protocol: 'temporal' }, { split: { type: 'leaveOneOut' } })).toEqual([
      [
        'warning',
        'dataset.split.type',
        '`dataset.split.type` is `leaveOneOut`, so results are not by the protocol `temporal`, which has `temporal`. Remove one of the two.',
      ],
    ]);
    const own = { candidates: { type: 'sampled', count: 50 }, filterSeen: false, cutoffs: [10, 20] };
    expect(warnings({ protocol: 'sasrec-2018', ...own }).map(([, path]) => path)).toEqual([
      'evaluation.candidates.count',
      'evaluation.filterSeen',
    ]);
    expect(warnings({ protocol: 'sasrec-2018', candidates: { type: 'sampled', seed: 3 } })).toEqual([]);
    expect(warnings({ candidates: { type: 'sampled', count: 50 } })).toEqual([]);
  });

  test.each(PROTOCOL_NAMES)('%s says the same of a config that already says it', (protocol) => {
    const config = parse({ protocol });
    expect(parseConfig(JSON.stringify(config), 'json').config).toEqual(config);
    expect(parse({}, {}, [`evaluation.protocol=${protocol}`])).toEqual(config);
  });

  test('that there is none of is refused with those that there are', () => {
    const text = JSON.stringify({
      dataset: { path: 'a.csv' },
      model: { type: 'sasrec' },
      evaluation: { protocol: 'recbole-uni99' },
    });
    expect(parseConfig(text, 'json').problems.map(({ message }) => message)).toEqual([
      '`evaluation.protocol`: expected `full`, `sasrec-2018`, `recbole-uni100`, `microsoft-pairwise` or `temporal`, found `"recbole-uni99"`. Did you mean `recbole-uni100`?',
    ]);
  });
});

describe('another protocol for a run that there is', () => {
  const change = (stored: object, ...overrides: string[]) =>
    changeConfig(stored, overrides, 'evaluate').config;

  test('takes the place of the first, with what is said beside it', () => {
    const run = parse({ protocol: 'microsoft-pairwise' });
    const changed = change(run, 'evaluation.protocol=sasrec-2018', 'evaluation.candidates.seed=3');
    expect(protocolOf(changed)).toEqual(
      protocolOf(parse({ protocol: 'sasrec-2018', candidates: { type: 'sampled', seed: 3 } })),
    );
    expect(protocolOf(change(run, 'evaluation.protocol=full'))).toEqual(protocolOf(parse({})));
  });

  test('keeps the options of a split of its kind, and cannot have another one', () => {
    const run = parse({ protocol: 'temporal' }, { split: { type: 'temporal', test: 0.2 } });
    expect(change(run, 'evaluation.protocol=temporal')).toEqual(run);
    expect(() => change(run, 'evaluation.protocol=sasrec-2018')).toThrow(
      /`dataset.split.type`.* cannot change/,
    );
  });
});
