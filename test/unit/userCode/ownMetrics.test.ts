import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bestOf, directionOf, gainOver } from '../../../src/evaluation/metrics/metrics';
import { ownMetricName } from '../../../src/evaluation/ownMetric';
import { evaluateModel } from '../../../src/inference/evaluateModel';
import { modelDataOf } from '../../../src/inference/modelData';
import { openRunMetrics } from '../../../src/inference/runModel';
import { createModel } from '../../../src/model/createModel';
import { formatMetricName } from '../../../src/series/format';
import { EarlyStopping } from '../../../src/training/earlyStopping';
import { useBackend } from '../compute/useBackend';
import { tinyDataset } from '../inference/tinyDataset';
import { makeOwnRun } from './ownRun';

useBackend('wasm');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recsight-own-'));
  vi.stubEnv('XDG_CONFIG_HOME', path.join(folder, 'settings'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const metricFile = (of: string, fields = "title: 'Mine', higherIsBetter: true, needs: 'rank'"): string =>
  `import { defineMetric } from 'recsight/v1';
export default defineMetric({
  definition: 'Mine.', ${fields},
  ${of},
});
`;

/** Measures a small model, which its seed makes, by metrics of the user and of ours. */
async function measure(files: Record<string, string>, allowed = true): Promise<Record<string, number>> {
  const dataset = tinyDataset(40);
  const model = { type: 'sasrec', maxSequenceLength: 4, hiddenSize: 4, numBlocks: 1 };
  const metrics = ['hr', ...Object.keys(files).map((file) => `./${file}`)];
  const { run, config } = await makeOwnRun(folder, files, {
    allowed,
    model,
    evaluation: { metrics, cutoffs: [3] },
  });
  const own = await openRunMetrics(run, config);
  const recommender = await createModel(config.model, modelDataOf(dataset), 1);
  try {
    return (await evaluateModel(recommender, dataset, 'test', config.evaluation, undefined, own)).metrics;
  } finally {
    recommender.dispose();
  }
}

it('are measured next to ours, and named by title and direction', async () => {
  const metrics = await measure({
    'metrics/hits.ts': metricFile(
      'of: ({ places }) => places.length',
      "title: 'Hits', higherIsBetter: true, needs: 'rank'",
    ),
    'metrics/first.ts': metricFile(
      'of: (lists, k) => new Float64Array(40).fill(k)',
      "title: 'Length', higherIsBetter: false, needs: 'list'",
    ),
  });
  expect(Object.keys(metrics)).toEqual(['hr@3', 'Hits ↑@3', 'Length ↓@3']);
  expect(metrics['Hits ↑@3']).toBeCloseTo(metrics['hr@3']!, 12);
  expect(metrics['Length ↓@3']).toBe(3);
});

it('are shown and compared by what results call them, whatever run they are of', () => {
  const name = `${ownMetricName({ title: 'Missed places', higherIsBetter: false })}@10`;
  expect(formatMetricName(name)).toBe('Missed places@10');
  expect(directionOf(name)).toBe(-1);
  expect(gainOver(name, 1, 3)).toBe(2);
  expect(bestOf(name, [2, 1, 3])).toBe(1);
  const stopping = new EarlyStopping(name, 1, 0);
  const record = (value: number): boolean =>
    stopping.record({ epoch: 1, step: 1, metrics: { [name]: value } });
  expect([record(0.5), record(0.4), record(0.6)]).toEqual([true, true, false]);
  expect(stopping.shouldStop).toBe(true);
  expect(formatMetricName('Hits ↑@5')).toBe('Hits@5');
  expect(directionOf('Hits ↑@5')).toBe(1);
});

it.each([
  ['of: ({ places }) => places.nothing.here', /^metrics\/mine\.ts:4:38: TypeError: Cannot read properties/],
  [
    'of: () => new Float64Array(39)',
    /^metrics\/mine\.ts: The metric `Mine` returned a Float64Array of 39 values; expected a number, or a Float64Array with one for each of the 40 users\.$/,
    "title: 'Mine', higherIsBetter: true, needs: 'list'",
  ],
  ["of: () => 'much'", /^metrics\/mine\.ts: The metric `Mine` returned string; expected a number\.$/],
])('say where %s fails', async (of, message, fields?: string) => {
  await expect(measure({ 'metrics/mine.ts': metricFile(of, fields) })).rejects.toMatchObject({
    code: expect.stringMatching(/^code\//) as string,
    message: expect.stringMatching(message) as string,
  });
});

it('are not run before the user has agreed', async () => {
  await expect(measure({ 'metrics/mine.ts': metricFile('of: () => 1') }, false)).rejects.toMatchObject({
    code: 'code/not-allowed',
  });
});
