import { expect, test } from 'vitest';
import { DEFAULT_SEED } from '../../../src/protocol/defaultSeed';
import { initialState } from '../../../webview/attention/state';
import { DEFAULT_SETTINGS } from '../../../webview/projection/settings';

test('the panels draw by the seed that the command line takes', () => {
  expect(initialState(null).settings.seed).toBe(DEFAULT_SEED);
  expect(DEFAULT_SETTINGS.umap.seed).toBe(DEFAULT_SEED);
  expect(DEFAULT_SETTINGS.samplingSeed).toBe(DEFAULT_SEED);
});
