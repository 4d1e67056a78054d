import { expect, test } from 'vitest';
import { nearestName } from '../../../src/config/nearestName';

const NAMES = ['epochs', 'batchSize', 'learningRate', 'beta1', 'beta2', 'hiddenSize'];

test.each([
  ['epoch', 'epochs'],
  ['epcohs', 'epochs'],
  ['EPOCHS', 'epochs'],
  ['learning_rate', 'learningRate'],
  ['batch-size', 'batchSize'],
  ['beta3', 'beta1'],
  ['hidenSise', 'hiddenSize'],
  ['momentum', null],
  ['x', null],
  ['', null],
])('%s → %s', (name, expected) => {
  expect(nearestName(name, NAMES)).toBe(expected);
});
