import { comparisonKey, describeProtocol, type EvaluationProtocol } from './evaluation';
import { thousands } from './thousands';

/**
 * In what two protocols differ so that their numbers are not comparable, each part of a sentence: `the split is leave-one-out in A and
 * temporal in B`. None where they are comparable.
 * @param names of what was measured by the two
 */
export function protocolDifferences(
  a: EvaluationProtocol,
  b: EvaluationProtocol,
  [nameA, nameB]: readonly [string, string],
): string[] {
  if (comparisonKey(a) === comparisonKey(b)) return [];
  const differences = ASPECTS.flatMap(({ what, of }) => {
    const [ofA, ofB] = [of(a), of(b)];
    return ofA === ofB ? [] : [`${what} ${ofA} in ${nameA} and ${ofB} in ${nameB}`];
  });
  // Of a newer version, a protocol may differ in what this one has no words for.
  return differences.length > 0
    ? differences
    : [`${nameA} was measured on ${describeProtocol(a)}, and ${nameB} on ${describeProtocol(b)}`];
}

const OTHER_CANDIDATES: Partial<Record<string, string>> = {
  full: 'all items',
  shown: 'what users were shown',
};

const ASPECTS: { what: string; of: (protocol: EvaluationProtocol) => string }[] = [
  { what: 'the part is', of: ({ part }) => part },
  {
    what: 'the split is',
    // Older runs do not name theirs.
    of: ({ split, splitName }) => splitName?.text ?? (split === 'leaveOneOut' ? 'leave-one-out' : split),
  },
  {
    what: 'the candidates are',
    of: ({ candidates, negatives, lists }) =>
      lists !== undefined
        ? `those of \`${lists.file}\` (${lists.hash.slice(0, 12)})`
        : negatives === undefined
          ? (OTHER_CANDIDATES[candidates] ?? candidates)
          : `${thousands(negatives.count)} ${negatives.distribution} negatives with seed ${negatives.seed}`,
  },
  { what: 'the number of candidates is', of: ({ numCandidates }) => thousands(numCandidates) },
  {
    what: 'shown items are ranked within',
    of: ({ shown }) => (shown === undefined ? 'nothing' : `${thousands(shown.lists)} lists by ${shown.by}`),
  },
  { what: 'items of the history are', of: ({ filterSeen }) => (filterSeen ? 'left out' : 'kept') },
  {
    what: 'the time of the held-out item is',
    of: ({ targetTime }) => (targetTime ? 'known to the model' : 'unknown'),
  },
  {
    what: 'the model is',
    of: ({ refit }) => (refit ? 'refitted on training and validation' : 'trained on training alone'),
  },
  {
    what: 'ties count',
    of: ({ ties }) => (ties === 'average' ? 'at their average rank' : 'by expectation'),
  },
  {
    what: 'held-out items that are in the history of their user are',
    of: ({ seenTargets }) => (seenTargets === undefined ? 'not known' : thousands(seenTargets)),
  },
  { what: 'the number of users is', of: ({ numUsers }) => thousands(numUsers) },
  {
    what: 'the number of held-out items is',
    of: ({ numUsers, numTargets = numUsers }) => thousands(numTargets),
  },
];
