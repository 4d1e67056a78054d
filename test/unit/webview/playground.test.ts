import { describe, expect, it } from 'vitest';
import type { InspectedRun, UserHistory } from '../../../src/protocol/inspection';
import type { RecommendationResult } from '../../../src/protocol/recommendation';
import { recommendationCsv } from '../../../webview/playground/csv';
import { reasonsOf, reasonTitle, selectedItem, strongestReason } from '../../../webview/playground/reasons';
import {
  sourceOf,
  wantedResources,
  type Answer,
  type ResourceValues,
} from '../../../webview/playground/resources';
import { readSettings } from '../../../webview/playground/settings';
import {
  answerOf,
  comparisonProblem,
  initialState,
  otherAnswerOf,
  reduce,
  type PlaygroundState,
} from '../../../webview/playground/state';

const RUN = '/runs/a';
const trained: InspectedRun = {
  run: RUN,
  id: 'a',
  name: 'a',
  model: 'sasrec',
  isBaseline: false,
  checkpoints: [{ name: 'best', epoch: 2 }],
  numUsers: 3,
  numItems: 9,
};
const baseline: InspectedRun = {
  ...trained,
  run: '/runs/b',
  model: 'ease',
  isBaseline: true,
  checkpoints: [],
};
const item = (index: number) => ({ item: index, id: `i${index}`, title: `Film ${index}` });
const history: UserHistory = {
  user: { user: 0, id: 'u0', historyLength: 3 },
  items: [1, 2].map((index) => ({ ...item(index), time: null })),
  next: item(3),
  heldOut: [{ ...item(3), time: null, part: 'test' }],
};
const scored = (index: number, score: number, rank: number) => ({ ...item(index), score, rank });
const result: RecommendationResult = {
  recommendations: [scored(4, 2, 1), scored(5, 1, 2)],
  heldOut: [scored(3, 0.5, 4)],
  knowsUser: true,
  unknown: [],
  read: 2,
  filterSeen: true,
  numCandidates: 7,
  reasons: {
    kind: 'contribution',
    view: null,
    perItem: true,
    values: Float32Array.of(0.1, 0.3, -0.2, -0.1, NaN, 0.4),
  },
};

function opened(): PlaygroundState {
  const snapshot = { run: RUN, runs: [], focus: null };
  return reduce(initialState(null), { kind: 'hydrated', snapshot });
}

/** The state after what it asks for was answered, as far as there are answers. */
function answering(state: PlaygroundState, answers: Partial<ResourceValues>): PlaygroundState {
  for (;;) {
    const next = wantedResources(state).find(
      ({ name, key }) => state.resources[name]?.key !== key && answers[name] !== undefined,
    );
    if (next === undefined) return state;
    const { name, key } = next;
    state = reduce(state, { kind: 'asked', name, key });
    state = reduce(state, { kind: 'answered', name, key, value: answers[name]! });
  }
}

const answer: Answer = {
  source: { run: RUN, checkpoint: 'best' },
  request: {
    user: 'u0',
    history: ['i1', 'i2'],
    heldOut: ['i3'],
    topK: 10,
    keepSeen: false,
    reasons: true,
  },
  history: history.items,
  heldOut: history.heldOut,
  result,
};

describe('what the page asks for', () => {
  it('is the run, the history, and then the recommendations', () => {
    const names = (state: PlaygroundState) => wantedResources(state).map(({ name }) => name);
    expect(names(initialState(null))).toEqual([]);
    expect(names(opened())).toEqual(['run']);
    const read = answering(opened(), { run: trained });
    expect(names(read)).toEqual(['run', 'history']);
    expect(names(answering(read, { history }))).toEqual(['run', 'history', 'answer']);
  });

  it('is nothing of an empty history that is put together', () => {
    const state = reduce(answering(opened(), { run: trained }), { kind: 'composedChanged', items: [] });
    expect(wantedResources(state).map(({ name }) => name)).toEqual(['run']);
    expect(answerOf(state)).toBeNull();
  });

  it('is a second run after the first, of a baseline without a checkpoint', () => {
    let state = answering(opened(), { run: trained, history });
    const comparison = { run: baseline.run, checkpoint: 'best' };
    state = reduce(state, { kind: 'settingsChanged', settings: { comparison } });
    state = answering(state, { otherRun: baseline });
    expect(wantedResources(state).map(({ name }) => name)).not.toContain('otherAnswer');
    state = answering(state, { answer });
    expect(wantedResources(state).map(({ name }) => name)).toContain('otherAnswer');
    expect(sourceOf(baseline, null)).toEqual({ run: baseline.run, checkpoint: 'best' });
    expect(sourceOf({ ...trained, checkpoints: [] }, 'best')).toBeNull();
    // Of another question, it is not shown beside.
    const late = { ...answer, request: { ...answer.request, topK: 20 } };
    expect(otherAnswerOf(answering(state, { otherAnswer: late }))).toBeNull();
    expect(otherAnswerOf(answering(state, { otherAnswer: answer }))).toBe(answer);
  });
});

it('keeps what it recommended before when the second run fails, and says why', () => {
  let state = answering(opened(), { run: trained, history, answer });
  const comparison = { run: baseline.run, checkpoint: 'best' };
  state = reduce(state, { kind: 'settingsChanged', settings: { comparison } });
  const { key } = wantedResources(state).find(({ name }) => name === 'otherRun')!;
  state = reduce(state, { kind: 'asked', name: 'otherRun', key });
  const error = { message: 'It is gone.', code: null };
  state = reduce(state, { kind: 'failed', name: 'otherRun', key, error });
  expect([answerOf(state), state.problem, comparisonProblem(state)]).toEqual([answer, null, 'It is gone.']);
});

it('finds reasons for the selected item, and the strongest of each', () => {
  expect(selectedItem([answer], null)?.id).toBe('i4');
  expect(selectedItem([answer], 'i5')?.id).toBe('i5');
  expect(selectedItem([answer], 'gone')?.id).toBe('i4');
  expect(reasonsOf(answer, scored(5, 1, 2))).toEqual(Float32Array.of(-0.2, -0.1).map(Math.fround));
  expect(result.recommendations.map((one) => strongestReason(answer, one))).toEqual([1, null]);
  expect(strongestReason(answer, scored(3, 0.5, 4))).toBe(1);
  expect(reasonsOf(answer, scored(8, 0, 9))).toBeNull();
  expect(reasonTitle(result.reasons!, scored(5, 1, 2))).toBe('Contribution for “Film 5”');
});

it('writes what is listed, of one run or of two', () => {
  expect(recommendationCsv([{ name: 'a', answer }])).toBe(
    'item,title,rank,score,held out\ni4,Film 4,1,2,\ni5,Film 5,2,1,\ni3,Film 3,4,0.5,test\n',
  );
  const other = { ...answer, result: { ...result, recommendations: [scored(6, 9, 1)], heldOut: [null] } };
  expect(
    recommendationCsv([
      { name: 'a', answer },
      { name: 'b', answer: other },
    ]),
  ).toContain('\ni6,Film 6,,,1,9,\n');
});

it('reads the settings of another version, and drops what it does not understand', () => {
  const settings = readSettings({ user: -4, end: 'never', composed: [{ id: 1 }], length: '7', keepSeen: 1 });
  expect(settings).toEqual(readSettings(null));
  const kept = { ...settings, user: 2, length: '50', comparison: { run: RUN, checkpoint: 'best' } };
  expect(readSettings(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
});
