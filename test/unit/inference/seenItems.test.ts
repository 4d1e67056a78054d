import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/compute/random';
import { configSchema, type EvaluationConfig } from '../../../src/config/schema';
import { describeProtocol, protocolBadge } from '../../../src/protocol/evaluation';
import { evaluateBaseline, evaluateBaselines, rankingTask } from '../../../src/inference/evaluateModel';
import { leftOutText, seenRule, seenRuleText } from '../../../src/inference/seenItems';
import { defaultBaseline } from '../../../src/model/models';
import { datasetOf } from './tinyDataset';

const evaluation = (settings: object): EvaluationConfig =>
  configSchema.parse({ dataset: { path: 'a.csv' }, model: { type: 'popularity' }, evaluation: settings })
    .evaluation;

/** Users with eight favorites each, who meet these again and again: nobody can say which one comes next. */
const FAVOURITES = 8;
const NUM_USERS = 200;
const REPEATS = datasetOf(
  Array.from({ length: NUM_USERS }, (_, user) => {
    const random = new RandomStream(user, 3);
    return Array.from({ length: 24 }, () => 1 + ((user * 5 + random.nextInt(FAVOURITES)) % 60));
  }),
  60,
);
/** Nobody meets anything twice, but for one user at the very end. */
const ONCE = datasetOf(
  [
    [1, 2, 3, 4],
    [2, 3, 4, 5],
    [3, 4, 5, 6],
    [4, 5, 6, 4],
  ],
  12,
);

describe('seen items under `auto`', () => {
  it('stay where users repeat items, and go where they do not', () => {
    const repeated = seenRule(REPEATS, { filterSeen: 'auto' });
    expect(repeated.filterSeen).toBe(false);
    expect(seenRuleText(repeated)).toMatch(/stay in rankings: \d\d\.\d% of the interactions before test/);
    const once = seenRule(ONCE, { filterSeen: 'auto' });
    // The last interaction is of test, which decides nothing.
    expect(once).toEqual({ filterSeen: true, repeatShare: 0 });
    expect(seenRuleText(once)).toMatch(/left out of rankings: 0\.0%/);
  });

  it('go by the share of interactions before test that repeat an item of the same user', () => {
    const lists = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 9 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(lists, (users) => {
        const before = users.map((items) => items.slice(0, -1));
        const repeats = before.flatMap((items) => items.filter((item, row) => items.indexOf(item) < row));
        const share = repeats.length / before.flat().length;
        const { filterSeen, repeatShare } = seenRule(datasetOf(users, 6), { filterSeen: 'auto' });
        expect(repeatShare).toBeCloseTo(share, 12);
        expect(filterSeen).toBe(share < 0.1);
      }),
    );
  });

  it.each([true, false])('are not looked at where the config says %s', (filterSeen) => {
    expect(seenRule(REPEATS, { filterSeen })).toEqual({ filterSeen });
    expect(seenRuleText({ filterSeen })).toBeNull();
  });
});

describe('a target that was seen', () => {
  const measured = (config: EvaluationConfig) => ({
    seed: 1,
    model: defaultBaseline('itemKnn'),
    evaluation: config,
  });

  it.each([{ type: 'full' }, { type: 'sampled', count: 59 }])(
    'is not given away by filtering what else was seen: %o',
    async (candidates) => {
      const config = evaluation({ cutoffs: [1, 10], candidates });
      const { metrics, protocol } = await evaluateBaseline(measured(config), REPEATS, 'test');
      expect(protocol.filterSeen).toBe(false);
      expect(protocol.numUsers).toBe(NUM_USERS);
      expect(protocol.seenTargets).toBeGreaterThan(0.9 * NUM_USERS);
      // .125 can be known, give or take two standard errors.
      expect(metrics['hr@1']).toBeLessThan(0.172);
    },
  );

  it('leaves the count where seen items are filtered, for the model and for baselines', async () => {
    const config = evaluation({ cutoffs: [1, 10], filterSeen: true });
    const { protocol, ranks } = await evaluateBaseline(measured(config), ONCE, 'test');
    expect(protocol).toMatchObject({ filterSeen: true, numUsers: 3, seenTargets: 1 });
    expect(ranks.best).toHaveLength(3);
    for (const [, result] of await evaluateBaselines(ONCE, measured(config)))
      expect(result.protocol).toEqual(protocol);
    expect([...rankingTask(ONCE, 'test', config).users]).toEqual([0, 1, 2]);
    expect([...rankingTask(ONCE, 'validation', config).users]).toEqual([0, 1, 2, 3]);
    expect(leftOutText(rankingTask(ONCE, 'validation', config))).toBeNull();
    expect(leftOutText(rankingTask(ONCE, 'test', config))).toBe(
      '1 of 4 held-out items (25.0%) does not count in test: what is in the history of the user is left out.',
    );
    expect(describeProtocol(protocol)).toBe(
      'test, leave-one-out, ranked against all 12 items, items of the history left out, ties by expectation, 3 users; ' +
        'held-out items in the history, not counted: 1 (25.0%)',
    );
  });

  it('counts where seen items stay, and the protocol says how many there are', async () => {
    const config = evaluation({ filterSeen: false });
    const { protocol } = await evaluateBaseline(measured(config), ONCE, 'test');
    expect(protocol).toMatchObject({ filterSeen: false, numUsers: 4, seenTargets: 1 });
    expect(protocolBadge(protocol)).toBe('full · LOO · seen kept');
    expect(describeProtocol(protocol)).toContain('4 users; held-out items in the history: 1 (25.0%)');
  });

  it('is an error where every user’s is filtered', () => {
    const all = datasetOf(
      [
        [1, 2, 1, 2],
        [3, 4, 3, 4],
      ],
      5,
    );
    expect(() => rankingTask(all, 'test', evaluation({ filterSeen: true }))).toThrow(
      expect.objectContaining({
        code: 'evaluation/all-seen',
        message: expect.stringContaining('2 of 2') as string,
      }) as Error,
    );
  });

  it('is no negative of its own, and seen items are among the negatives where they stay', () => {
    const task = rankingTask(REPEATS, 'test', evaluation({ candidates: { type: 'sampled', count: 59 } }));
    for (const user of task.users) {
      const negatives = task.sampled!.of(user);
      expect(new Set(negatives).size).toBe(59);
      expect(negatives).not.toContain(task.targets(user)[0]);
      expect(task.history(user).some((item) => negatives.includes(item))).toBe(true);
    }
  });
});

describe('protocols of older runs', () => {
  const old = {
    split: 'leaveOneOut',
    part: 'test',
    candidates: 'full',
    numCandidates: 12,
    filterSeen: true,
    ties: 'average',
    cutoffs: [10],
    numUsers: 4,
  } as const;

  it('still have their sentence', () => {
    expect(describeProtocol({ ...old, cutoffs: [10] })).toBe(
      'test, leave-one-out, ranked against all 12 items, items of the history left out, ties at average rank, 4 users',
    );
  });
});
