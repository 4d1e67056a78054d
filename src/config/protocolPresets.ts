import { isRecord } from '../protocol/isRecord';

/** A protocol as others have used it, by the fields of a config that say it. */
interface ProtocolPreset {
  /** For people. */
  meaning: string;
  split?: { type: string };
  evaluation: Record<string, unknown>;
}

const LEAVE_ONE_OUT = { type: 'leaveOneOut' };

/** Protocols by name, the default first. Only what defines a protocol is in them; all else is as it is without. */
export const PROTOCOL_PRESETS = {
  full: {
    meaning: 'the whole catalog as candidates, any split',
    evaluation: { candidates: { type: 'full' } },
  },
  'sasrec-2018': {
    meaning: 'leave-one-out against 100 uniform negatives, HR and NDCG at 10, as the SASRec paper',
    split: LEAVE_ONE_OUT,
    evaluation: {
      candidates: { type: 'sampled', count: 100, distribution: 'uniform' },
      filterSeen: true,
      metrics: ['hr', 'ndcg'],
      cutoffs: [10],
    },
  },
  'recbole-uni100': {
    meaning: 'the same negatives with the metrics of RecBole’s `uni100`',
    split: LEAVE_ONE_OUT,
    evaluation: {
      candidates: { type: 'sampled', count: 100, distribution: 'uniform' },
      filterSeen: true,
      metrics: ['recall', 'mrr', 'ndcg', 'hr', 'precision'],
      cutoffs: [10],
    },
  },
  'microsoft-pairwise': {
    meaning:
      'leave-one-out against 49 negatives by popularity, seen items among them, as the sequential models of Microsoft’s recommenders; MRR@50 is over all 50',
    split: LEAVE_ONE_OUT,
    evaluation: {
      candidates: { type: 'sampled', count: 49, distribution: 'popularity' },
      filterSeen: false,
      metrics: ['mrr', 'ndcg'],
      cutoffs: [2, 4, 6, 10, 50],
    },
  },
  temporal: {
    meaning: 'one cut in time for all users, the whole catalog as candidates',
    split: { type: 'temporal' },
    evaluation: { candidates: { type: 'full' } },
  },
} as const satisfies Record<string, ProtocolPreset>;

export type ProtocolName = keyof typeof PROTOCOL_PRESETS;

/** Their names, as an enum wants them. */
export const PROTOCOL_NAMES = Object.keys(PROTOCOL_PRESETS) as [ProtocolName, ...ProtocolName[]];

/** The fields of `evaluation` that some preset sets. */
export const PROTOCOL_FIELDS: ReadonlySet<string> = new Set(
  Object.values<ProtocolPreset>(PROTOCOL_PRESETS).flatMap(({ evaluation }) => Object.keys(evaluation)),
);

/** Puts the fields of `evaluation.protocol` under those that a config sets itself. What has no such preset stays as it is. */
export function applyProtocol(config: unknown): unknown {
  const preset = presetOf(config);
  if (preset === null || !isRecord(config) || !isRecord(config.evaluation)) return config;
  const { dataset, evaluation } = config;
  return {
    ...config,
    ...(preset.split &&
      isRecord(dataset) && { dataset: { ...dataset, split: under(preset.split, dataset.split) } }),
    evaluation: {
      ...preset.evaluation,
      ...evaluation,
      candidates: under(preset.evaluation.candidates, evaluation.candidates),
    },
  };
}

/** A choice of a preset under a config's own: of the same type, or without one, they are put together. */
function under(preset: unknown, own: unknown): unknown {
  if (own === undefined) return preset;
  const isSame = isRecord(preset) && isRecord(own) && [undefined, preset.type].includes(own.type);
  return isSame ? { ...preset, ...own } : own;
}

/**
 * The config of a run without the fields that define its protocol, for another one to take their place: such a config has all
 * fields, and those that are there come before those of a preset.
 * @param protocol the other one
 */
export function withoutProtocol(stored: unknown, protocol: string): unknown {
  if (!isRecord(stored) || !isRecord(stored.evaluation)) return stored;
  const evaluation = Object.fromEntries(
    Object.entries(stored.evaluation).filter(([field]) => !PROTOCOL_FIELDS.has(field)),
  );
  const { split, ...dataset } = isRecord(stored.dataset) ? stored.dataset : {};
  const preset = presetOf({ evaluation: { protocol } });
  const isSame = isRecord(split) && split.type === preset?.split?.type;
  return {
    ...stored,
    dataset: preset?.split === undefined || isSame ? stored.dataset : dataset,
    evaluation,
  };
}

/** The fields of a config that make its protocol another one than the preset that it names, with what is said of each. */
export function departures({
  dataset,
  evaluation,
}: {
  dataset: { split: { type: string } };
  evaluation: { protocol: ProtocolName; candidates: object; filterSeen: unknown };
}): { path: string[]; message: string }[] {
  const preset: ProtocolPreset = PROTOCOL_PRESETS[evaluation.protocol];
  // The default, which a config need not name, is whatever the config says.
  if (evaluation.protocol === 'full') return [];
  const { candidates } = preset.evaluation;
  const own: Record<string, unknown> = { ...evaluation.candidates };
  const fields: [path: string[], of: unknown, found: unknown][] = [
    [['dataset', 'split', 'type'], preset.split?.type, dataset.split.type],
    ...Object.entries(isRecord(candidates) ? candidates : {}).map(
      ([name, of]): [string[], unknown, unknown] => [['evaluation', 'candidates', name], of, own[name]],
    ),
    [['evaluation', 'filterSeen'], preset.evaluation.filterSeen, evaluation.filterSeen],
  ];
  return fields
    .filter(([, of, found]) => of !== undefined && found !== of)
    .map(([path, of, found]) => ({
      path,
      message:
        `\`${path.join('.')}\` is \`${String(found)}\`, so results are not by the protocol \`${evaluation.protocol}\`, which has ` +
        `\`${String(of)}\`. Remove one of the two.`,
    }));
}

function presetOf(config: unknown): ProtocolPreset | null {
  if (!isRecord(config) || !isRecord(config.evaluation)) return null;
  const name = config.evaluation.protocol;
  return typeof name === 'string' && Object.hasOwn(PROTOCOL_PRESETS, name)
    ? PROTOCOL_PRESETS[name as ProtocolName]
    : null;
}
