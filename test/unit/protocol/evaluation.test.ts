import { expect, test } from 'vitest';
import {
  comparisonKey,
  describeProtocol,
  protocolBadge,
  type EvaluationProtocol,
} from '../../../src/protocol/evaluation';
import { protocolDifferences } from '../../../src/protocol/protocolDifferences';

const protocol: EvaluationProtocol = {
  split: 'leaveOneOut',
  part: 'test',
  candidates: 'full',
  numCandidates: 2414,
  filterSeen: true,
  seenTargets: 1200,
  ties: 'expectation',
  cutoffs: [10],
  numUsers: 1_200_000,
};

test('the numbers of a protocol are written as all others are', () => {
  expect(describeProtocol(protocol)).toBe(
    'test, leave-one-out, ranked against all 2,414 items, items of the history left out, ties by expectation, ' +
      '1,200,000 users; held-out items in the history, not counted: 1,200 (0.10%)',
  );
  const negatives = { count: 1000, distribution: 'uniform', seed: 12345 } as const;
  const sampled: EvaluationProtocol = { ...protocol, candidates: 'sampled', negatives, filterSeen: false };
  expect(describeProtocol(sampled)).toContain('ranked against 1,000 items');
  expect(describeProtocol(sampled)).toContain('uniformly with seed 12345');
  const few: EvaluationProtocol = {
    ...sampled,
    negatives: { ...negatives, fewer: { users: 12, fewest: 987 } },
  };
  expect(describeProtocol(few)).toContain('among them (fewer for 12 users, at least 987), drawn');
  expect(comparisonKey(few)).toBe(comparisonKey(sampled));
  expect(protocolBadge(sampled)).toBe('1,000 uniform negatives · LOO · seen kept');
});

test('held-out items are counted where users have several, and then not compared with one each', () => {
  const several: EvaluationProtocol = { ...protocol, numTargets: 3_000_000 };
  expect(describeProtocol(several)).toContain(
    '1,200,000 users with 3,000,000 held-out items; held-out items in the history, not counted: 1,200 (0.040%)',
  );
  expect(describeProtocol({ ...several, filterSeen: false })).toMatch(
    /held-out items in the history: 1,200 \(0\.040%\)$/,
  );
  expect(comparisonKey(several)).not.toBe(comparisonKey(protocol));
  expect(comparisonKey({ ...protocol, numTargets: protocol.numUsers })).toBe(comparisonKey(protocol));
});

test('a refit is not compared with models that learned from training alone', () => {
  const refit: EvaluationProtocol = { ...protocol, refit: true };
  expect(comparisonKey(refit)).not.toBe(comparisonKey(protocol));
  expect(protocolBadge(refit)).toBe('full · LOO · seen filtered · refit');
  expect(describeProtocol(refit)).toContain(', the model refitted on training and validation, ties by');
  const shown = { by: 'user', lists: 3, leftOut: 0 } as const;
  const byLabels: EvaluationProtocol = { ...refit, candidates: 'shown', shown };
  expect(protocolBadge(byLabels)).toBe('shown items · LOO · refit');
  expect(describeProtocol(byLabels)).toContain(', the model refitted on training and validation, ties by');
  expect(protocolDifferences(protocol, refit, ['A', 'B'])).toEqual([
    'the model is trained on training alone in A and refitted on training and validation in B',
  ]);
});

test('a model that was told when the held-out item comes is not compared with others', () => {
  const told: EvaluationProtocol = { ...protocol, targetTime: true };
  expect(comparisonKey(told)).not.toBe(comparisonKey(protocol));
  expect(protocolBadge(told)).toBe('full · LOO · seen filtered · target time known');
  expect(describeProtocol(told)).toContain(', the model knows when the held-out item comes, ties by');
});
