import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parseConfig';

const parse = (training: string) =>
  parseConfig(`{"dataset": {"path": "a.csv"}, "model": {"type": "sasrec"}, "training": ${training}}`, 'json');

test('Adam at a constant rate is the default', () => {
  expect(parse('{}').config?.training).toMatchObject({
    optimizer: { type: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilonHat: false, lazy: false },
    learningRate: 0.001,
    schedule: { type: 'constant', warmupSteps: 0 },
    clipping: null,
  });
});

test('what has a type fills in the defaults of that type, and says the same when it is read again', () => {
  const { config, problems } = parse(
    '{"optimizer": {"type": "ftrl", "l1": 0.1}, "schedule": {"type": "exponential"}, "clipping": {"type": "variableNorm", "norm": 2}}',
  );
  expect(problems).toEqual([]);
  expect(config?.training).toMatchObject({
    optimizer: { type: 'ftrl', learningRatePower: -0.5, initialAccumulator: 0.1, l1: 0.1, l2: 0 },
    schedule: { type: 'exponential', rate: 0.96, everySteps: null },
    clipping: { type: 'variableNorm', norm: 2 },
  });
  expect(parseConfig(JSON.stringify(config), 'json').config).toEqual(config);
});

test.each([
  ['{"beta1": 0.8}', /`beta1` is not a field of `training`\. There is `training\.optimizer\.beta1` where/],
  [
    '{"optimizer": {"type": "adma"}}',
    /`training\.optimizer\.type`: expected `adam`, .*Did you mean `adam`\?/,
  ],
  [
    '{"optimizer": {"type": "sgd", "nesterov": true}}',
    /`training\.optimizer\.nesterov` needs a `momentum` above 0/,
  ],
  ['{"optimizer": {"type": "sgd", "beta1": 0.9}}', /`beta1` is not a field of `training\.optimizer`/],
  ['{"schedule": {"type": "exponential", "rate": 1.5}}', /`training\.schedule\.rate`: expected a number/],
  ['{"schedule": "cosine"}', /`training\.schedule`: expected an object with `type`/],
  [
    '{"clipping": {"type": "globalNorm", "norm": 0}}',
    /`training\.clipping\.norm`: expected a number above 0/,
  ],
  ['{"clipping": {"type": "globalNorm", "nrom": 1}}', /`nrom` is not a field .*Did you mean `norm`\?/],
  ['{"clipping": 5}', /`training\.clipping`: expected `null` or an object with `type` .*, found `5`/],
])('%s: the message says what is wrong', (training, message) => {
  const { config, problems } = parse(training);
  expect(config).toBeNull();
  expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
});
