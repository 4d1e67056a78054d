import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runTooltip } from '../../../src/host/runTooltip';
import { bestRuns, groupRow, groupRuns, measuredApart, runRow } from '../../../src/host/runTreeModel';
import { makeRun, NO_SETTINGS, reached } from './runs';

describe('groupRuns', () => {
  const run = (id: string, name: string, createdAt: number) => makeRun({ id, name, createdAt });
  const ids = (groups: ReturnType<typeof groupRuns>) =>
    groups.map((group) => [group.name, ...group.runs.map(({ manifest }) => manifest.id)]);

  it('orders groups and their runs by the newest', () => {
    const runs = [run('a', 'sasrec', 1), run('b', 'gru', 2), run('c', 'sasrec', 3)];
    expect(ids(groupRuns(runs, () => 'ws', false))).toEqual([
      ['sasrec', 'c', 'a'],
      ['gru', 'b'],
    ]);
  });

  it('keeps runs of one name in two folders apart, and says which is which', () => {
    const runs = [run('a', 'sasrec', 1), run('b', 'sasrec', 2)];
    const groups = groupRuns(runs, ({ manifest }) => (manifest.id === 'a' ? 'one' : 'two'), true);
    expect(groups.map(({ folder }) => folder)).toEqual(['two', 'one']);
    expect(new Set(groups.map(({ id }) => id)).size).toBe(2);
    expect(groupRuns(runs, () => 'one', false)[0]?.folder).toBeNull();
  });

  it('loses no run and leaves its input alone', () => {
    const anyRun = fc.record({ name: fc.constantFrom('a', 'b', 'c'), createdAt: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(anyRun), (manifests) => {
        const runs = manifests.map((manifest, index) => makeRun({ ...manifest, id: String(index) }));
        const before = [...runs];
        const groups = groupRuns(runs, () => 'ws', false);
        expect(runs).toEqual(before);
        expect(groups.flatMap((group) => group.runs)).toHaveLength(runs.length);
        for (const group of groups) {
          const times = group.runs.map(({ manifest }) => manifest.createdAt);
          expect(times).toEqual([...times].sort((a, b) => b - a));
          expect(group.runs.every(({ manifest }) => manifest.name === group.name)).toBe(true);
        }
      }),
    );
  });
});

describe('bestRuns', () => {
  it('stars the best of the runs that can be compared', () => {
    const runs = [
      makeRun({ id: 'a', ...reached(0.1) }),
      makeRun({ id: 'b', ...reached(0.3) }),
      makeRun({ id: 'c' }),
    ];
    expect([...bestRuns(runs)]).toEqual([runs[1]!.directory]);
  });

  it('stars the lowest value of a metric of which lower is better', () => {
    const [a, b] = [0.9, 0.3].map((value, index) =>
      makeRun({
        ...{ id: String(index), mainMetric: 'gini@10' },
        best: { epoch: 1, step: 1, metrics: { 'gini@10': value } },
      }),
    );
    expect([...bestRuns([a!, b!])]).toEqual([b!.directory]);
  });

  it('does not compare across data or metrics', () => {
    const other = { fingerprint: 'f2', numUsers: 1, numItems: 1, numInteractions: 1 };
    const runs = [
      makeRun({ id: 'a', ...reached(0.1) }),
      makeRun({ id: 'b', ...reached(0.3), dataset: other }),
    ];
    expect(bestRuns(runs).size).toBe(0);
  });

  it('gives no star to a run without a competitor', () => {
    expect(bestRuns([makeRun(reached(0.5))]).size).toBe(0);
  });

  const full = makeRun().manifest.protocol!;
  const drawn = { count: 100, distribution: 'uniform', seed: 42 } as const;
  const sampled = { ...full, candidates: 'sampled', numCandidates: 101, negatives: drawn } as const;

  it.each([
    ['sampled candidates', sampled],
    ['seen items kept', { ...full, filterSeen: false }],
    ['the older rule of ties', { ...full, ties: 'average' as const }],
    ['fewer users', { ...full, numUsers: 100 }],
    ['other users, as those whose item was seen are counted', { ...full, seenTargets: 40 }],
    ['a smaller catalog', { ...full, numCandidates: 200 }],
  ])('compares no run with one of %s', (_, protocol) => {
    const runs = [
      makeRun({ id: 'a', ...reached(0.1) }),
      makeRun({ id: 'b', ...reached(0.2) }),
      makeRun({ id: 'c', ...reached(0.9), protocol }),
    ];
    expect([...bestRuns(runs)]).toEqual([runs[1]!.directory]);
    expect(measuredApart(runs)).toBe(true);
    expect(measuredApart(runs.slice(0, 2))).toBe(false);
  });

  it('compares runs by the same negatives only', () => {
    const other = { ...sampled, negatives: { ...drawn, seed: 43 } };
    const runs = [
      makeRun({ id: 'a', ...reached(0.5), protocol: sampled }),
      makeRun({ id: 'b', ...reached(0.6), protocol: { ...sampled, cutoffs: [5, 10] } }),
      makeRun({ id: 'c', ...reached(0.7), protocol: other }),
    ];
    expect([...bestRuns(runs)]).toEqual([runs[1]!.directory]);
  });

  it('compares no run whose protocol or data are not known', () => {
    const runs = ['a', 'b'].map((id) => makeRun({ id, ...reached(0.5), protocol: null, dataset: null }));
    expect(bestRuns(runs).size).toBe(0);
  });
});

describe('runRow', () => {
  const now = 2_000_000 + 2 * 3_600_000;

  it('starts with the metric, and ends with what tells the run apart', () => {
    const settings = 'hiddenSize 64, dropout 0.5, learningRate 0.01';
    const row = runRow(makeRun(reached(0.1284)), { settings, start: '14:05' }, { best: true, apart: false });
    expect(row.label).toBe('★ NDCG@10 0.1284');
    expect(row.description).toBe(`${settings} · 14:05`);
    expect(row.icon.codicon).toBe('pass');
  });

  it('goes on with the progress of a run that has not come to its end', () => {
    const row = runRow(
      makeRun(reached(0.1123), 'running'),
      { settings: '', start: '14:05' },
      { best: false, apart: false },
    );
    expect(row.label).toBe('NDCG@10 0.1123');
    expect(row.description).toBe('7/20 epochs · 14:05');
    expect(row.icon.codicon).toBe('loading~spin');
  });

  it('starts with the progress before there is a metric', () => {
    const row = runRow(
      makeRun({}, 'running'),
      { settings: '', start: '14:05' },
      { best: false, apart: false },
    );
    expect(row.label).toBe('7/20 epochs');
  });

  it('shows why a run failed in place of its numbers', () => {
    const error = { code: 'training/nan', message: 'loss is NaN at e2' };
    const row = runRow(
      makeRun({ error }, 'failed'),
      { settings: 'learningRate 0.1', start: '14:05' },
      { best: false, apart: false },
    );
    expect(row.label).toBe('loss is NaN at e2');
    expect(row.description).toBe('learningRate 0.1 · 14:05');
    expect(row.icon.codicon).toBe('error');
  });

  it('says how a run was measured where others of its group were measured in another way', () => {
    const row = runRow(
      makeRun(reached(0.1284)),
      { settings: 'hiddenSize 64', start: '14:05' },
      { best: false, apart: true },
    );
    expect(row.description).toBe('full · LOO · seen filtered · hiddenSize 64 · 14:05');
  });

  it.each(['finished', 'stopped'] as const)(
    'shows no %s run as well whose numbers are to be doubted',
    (status) => {
      const warnings = [{ code: 'training/diverging', message: 'The loss is 18,000,000.' } as const];
      const run = makeRun({ ...reached(0.0012), warnings }, status);
      const row = runRow(run, { settings: 'hiddenSize 64', start: '14:05' }, { best: false, apart: false });
      expect(row.icon).toEqual({ codicon: 'warning', color: 'list.warningForeground' });
      expect(row.description).toContain('loss diverged');
      expect(row.spoken).toContain('loss diverged');
      expect(runTooltip(run, 'sasrec', NO_SETTINGS, now).source).toContain(
        '$(warning) The loss is 18,000,000',
      );
    },
  );

  it('speaks in full', () => {
    const row = runRow(
      makeRun(reached(0.1123), 'running'),
      { settings: 'dropout 0.5', start: '14:05' },
      { best: true, apart: false },
    );
    expect(row.spoken).toBe(
      'sasrec, running, best of the runs it can be compared with, 7 of 20 epochs, NDCG@10 0.1123, dropout 0.5, 14:05',
    );
  });
});

describe('groupRow', () => {
  const groupOf = (...runs: ReturnType<typeof makeRun>[]) => groupRow(groupRuns(runs, () => 'ws', false)[0]!);
  const old = makeRun({ id: 'old', createdAt: 1 });

  it('shows that a run is active, and how far it is, though a newer one has failed', () => {
    const failed = makeRun({ id: 'failed', createdAt: 3 }, 'failed');
    const row = groupOf(old, makeRun({ id: 'active', createdAt: 2 }, 'running'), failed);
    expect(row.icon.codicon).toBe('loading~spin');
    expect(row.description).toBe('1 running, 7/20 epochs · 3 runs');
    expect(row.spoken).toBe('sasrec, 1 running, 7/20 epochs, 3 runs');
  });

  it('counts those that are active', () => {
    const active = [2, 3].map((createdAt) => makeRun({ id: String(createdAt), createdAt }, 'running'));
    expect(groupOf(old, ...active).description).toBe('2 running · 3 runs');
    expect(groupOf(old, makeRun({ createdAt: 2 }, 'preparing')).description).toBe('1 preparing · 2 runs');
  });

  it('shows how the newest run ended where none is active', () => {
    expect(groupOf(old).icon.codicon).toBe('pass');
    expect(groupOf(old).description).toBe('1 run');
    for (const [status, codicon] of [
      ['failed', 'error'],
      ['lost', 'warning'],
      ['stopped', 'circle-slash'],
    ] as const)
      expect(groupOf(old, makeRun({ createdAt: 2 }, status)).icon.codicon).toBe(codicon);
  });

  it('names the folder where there are several', () => {
    expect(groupRow(groupRuns([old], () => 'ws', true)[0]!).description).toBe('1 run · ws');
  });
});
