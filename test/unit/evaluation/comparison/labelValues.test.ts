import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../src/compute/random';
import { bootstrapMeans } from '../../../../src/evaluation/comparison/bootstrap';
import { varianceOf } from '../../../../src/evaluation/comparison/intervals';
import { labelValues } from '../../../../src/evaluation/comparison/labelValues';
import { measureLabels } from '../../../../src/evaluation/measureLabels';
import { metricsOfLabels } from '../../../../src/evaluation/metrics/metrics';
import { listsOf, type ShownItems } from '../../../../src/evaluation/shownItems';

const CUTOFF = 3;
const METRICS = metricsOfLabels(['auc', 'gauc', 'recboleGauc', 'logLoss', 'ndcg', 'mrr']);

/** Users who were shown more or fewer items, with a taste of their own, and coarse probabilities, many of them equal. */
function shownTo(numUsers: number, seed: number): { shown: ShownItems; scores: Float64Array } {
  const random = new RandomStream(seed);
  const rows = Array.from({ length: numUsers }, (_, user) => {
    const taste = random.nextFloat() - 0.5;
    return Array.from({ length: 2 + random.nextInt(12) }, (_row, place) => {
      const score = 0.1 + 0.1 * random.nextInt(8);
      const label = random.nextFloat() < score + 0.3 * taste ? 1 : 0;
      return { user, score, label, impression: user * 10 + Math.floor(place / 4) };
    });
  }).flat();
  return {
    shown: {
      users: Uint32Array.from(rows, ({ user }) => user),
      items: Uint32Array.from(rows, () => 1),
      labels: Uint8Array.from(rows, ({ label }) => label),
      impressions: Uint32Array.from(rows, ({ impression }) => impression),
    },
    scores: Float64Array.from(rows, ({ score }) => score),
  };
}

/** The rows of some users, one behind the other; a user may come more than once. */
function rowsOf({ shown, scores }: ReturnType<typeof shownTo>, users: readonly number[]) {
  const rows = users.flatMap((user) => [...shown.users.keys()].filter((row) => shown.users[row] === user));
  const userOf = users.flatMap((user, place) =>
    Array.from(
      shown.users.filter((own) => own === user),
      () => place,
    ),
  );
  return {
    shown: {
      users: Uint32Array.from(userOf),
      items: Uint32Array.from(rows, () => 1),
      labels: Uint8Array.from(rows, (row) => shown.labels[row]!),
      impressions: Uint32Array.from(rows, (row) => shown.impressions![row]!),
    },
    scores: Float64Array.from(rows, (row) => scores[row]!),
  };
}

describe('what users add to metrics of labels', () => {
  it.each(METRICS)('has $name as its mean, and the spread of users drawn anew', async (metric) => {
    const data = shownTo(80, 3);
    const measure = ({ shown, scores }: typeof data): number => {
      const by = { metrics: [metric], cutoffs: [CUTOFF] };
      return Object.values(measureLabels(shown, listsOf(shown), scores, by).metrics)[0]!;
    };
    const { values, own } = labelValues(metric, data.shown, data.scores, CUTOFF)!;
    expect(values).toHaveLength(80);
    expect(own).toHaveLength(80);
    expect(values.reduce((sum, value) => sum + value, 0) / 80).toBeCloseTo(measure(data), 10);

    const random = new RandomStream(11);
    const direct = Array.from({ length: 300 }, () => {
      const users = Array.from({ length: 80 }, () => random.nextInt(80));
      const drawn = rowsOf(data, users);
      // Lists of a user who was drawn twice are two.
      const { length } = data.shown.labels;
      drawn.shown.impressions.forEach((list, row) => {
        drawn.shown.impressions[row] = list + drawn.shown.users[row]! * 10 * length;
      });
      return measure(drawn);
    });
    const [means] = await bootstrapMeans([values], { count: 2000, source: new RandomStream(5) });
    const ratio = Math.sqrt(varianceOf([...means!]) / varianceOf(direct));
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
  });

  it('is not known of metrics that are not made of it', () => {
    const { shown, scores } = shownTo(5, 1);
    for (const metric of metricsOfLabels(['prAuc', 'calibrationError']))
      expect(labelValues(metric, shown, scores, 0)).toBeNull();
  });
});
