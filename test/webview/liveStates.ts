import { exampleBaseline, exampleEvents, exampleRun, exampleSettings, exampleTest } from './exampleRun';
import { TestHost } from './livePage';

/** Steps of the long run, and of one of its epochs. */
export const LONG = { steps: 200_000, epoch: 10_000 };

/** A run of 200,000 steps. */
export function longRun(change: (host: TestHost) => void = () => undefined): TestHost {
  const epochs = LONG.steps / LONG.epoch;
  const run = exampleRun('finished', epochs, { test: exampleTest() });
  run.manifest.progress = { ...run.manifest.progress, step: LONG.steps, stepsPerEpoch: LONG.epoch };
  const host = new TestHost(run, exampleEvents(epochs, LONG.epoch));
  change(host);
  return host;
}

function withMessages(host: TestHost): TestHost {
  const warn = (message: string, i: number) =>
    ({
      v: 1,
      seq: host.series.cursor + i,
      time: 1795338000000,
      kind: 'log',
      level: i === 0 ? 'warning' : 'info',
      message,
    }) as const;
  host.series.fold(
    ['37 users with fewer than 3 interactions were left out.', 'Reading ratings.csv.gz'].map(warn),
  );
  return host;
}

function withSettings(host: TestHost): TestHost {
  host.settings = exampleSettings();
  return host;
}

/** Every state of the live panel, for pictures and for what must hold in all of them. */
export const LIVE_STATES: Record<string, () => TestHost> = {
  reading: () => longRun((host) => (host.reading = true)),
  long: () => longRun(),
  lostEarly: () => new TestHost(exampleRun('lost', 0), exampleEvents(0, 60, 23)),
  preparing: () => new TestHost(exampleRun('preparing', 0), []),
  running: () => withMessages(new TestHost(exampleRun('running', 7), exampleEvents(7, 60, 20))),
  stopping: () => new TestHost(exampleRun('stopping', 7), exampleEvents(7, 60, 21)),
  evaluating: () => new TestHost(exampleRun('evaluating', 20), exampleEvents(20)),
  stopped: () => new TestHost(exampleRun('stopped', 7), exampleEvents(7, 60, 20)),
  finished: () =>
    withSettings(new TestHost(exampleRun('finished', 20, { test: exampleTest() }), exampleEvents(20))),
  baseline: () => new TestHost(exampleBaseline(), []),
  below: () => new TestHost(exampleRun('finished', 20, { test: exampleTest(0.8) }), exampleEvents(20, 4000)),
  diverged: () =>
    new TestHost(
      exampleRun('finished', 20, {
        test: exampleTest(0.2),
        warnings: [
          {
            code: 'training/diverging',
            message:
              'Training diverges: the mean loss of epoch 20 is 1.82e+7, that of the first step was 8.19. The best epoch so far is 2. Lower `training.learningRate` (it is 0.5) or set `training.clipping`.',
          },
          {
            code: 'result/below-popularity',
            message: 'On test, NDCG@10 is 0.0203, and popularity has 0.0787.',
          },
        ],
      }),
      exampleEvents(20),
    ),
  failed: () =>
    new TestHost(
      exampleRun('failed', 2, {
        error: {
          code: 'training/diverged',
          message: 'The loss is NaN at step 143 (epoch 3). Try a smaller training.learningRate: it is 0.1.',
        },
      }),
      exampleEvents(2, 60, 22),
    ),
  // Before its first checkpoint: there is nothing to resume.
  failedEarly: () =>
    new TestHost(
      exampleRun('failed', 0, {
        error: {
          code: 'dataset/missing-file',
          message:
            'There is no file `ratings.csv` in /workspace/data. There are `interactions.csv` and `items.csv`.',
        },
      }),
      [],
    ),
  lost: () => withMessages(new TestHost(exampleRun('lost', 3), exampleEvents(3, 60, 40))),
};
