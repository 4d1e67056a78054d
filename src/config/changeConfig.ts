import { ConfigError, type NamedConfig } from './configFile';
import { leavesOf } from './configLeaves';
import { parseConfig } from './parseConfig';
import type { OwnCode } from '../userCode/declaration';
import { withoutProtocol } from './protocolPresets';
import type { ExperimentConfig } from './schema';
import { withLaterOptions } from './laterOptions';

/** What is done with a run that there is already. */
export type LaterCommand = 'resume' | 'evaluate';

/**
 * The fields that may change when a run is taken up again. The model, the data, the batches and the optimizer may not: what was
 * learned belongs to them. Nor may what decides which epoch is best, once epochs were compared.
 */
const CHANGEABLE: Record<LaterCommand, readonly string[]> = {
  resume: [
    'training.epochs',
    'training.learningRate',
    'training.schedule',
    'training.clipping',
    'training.earlyStopping.patience',
    'training.earlyStopping.minDelta',
    'training.snapshots',
    'evaluation.metrics',
    'evaluation.cutoffs',
    'evaluation.baselines',
    'backend',
  ],
  evaluate: ['evaluation', 'backend'],
};

/** The same when a refit is resumed: what it trains is what validation chose. */
const CHANGEABLE_IN_REFIT: readonly string[] = [
  'training.snapshots',
  'evaluation.metrics',
  'evaluation.cutoffs',
  'evaluation.baselines',
  'backend',
];

export interface ConfigChange {
  /** Dotted path of the field. */
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * Puts `--set path=value` arguments onto the config of a run.
 * @param stored the config as the run keeps it
 * @param own what the model and metric files declare that the run keeps
 * @throws ConfigError when a value is not valid, and when a field may not change (`config/fixed`)
 */
export function changeConfig(
  stored: unknown,
  overrides: readonly string[],
  command: LaterCommand,
  own?: OwnCode,
): { config: NamedConfig; changes: ConfigChange[] } {
  const text = JSON.stringify(withLaterOptions(stored));
  const before = parseConfig(text, 'json', [], own).config;
  if (before === null) {
    throw new ConfigError(
      'config/invalid',
      'The run’s config.json is not valid in this version of RecSight, so it cannot be changed. Start a new run from the config file.',
    );
  }
  const protocol = protocolOf(overrides);
  const start = protocol === null ? text : JSON.stringify(withoutProtocol(JSON.parse(text), protocol));
  const { config, problems } = parseConfig(
    start,
    'json',
    overrides,
    own,
    command === 'evaluate' ? 'evaluation' : 'training',
  );
  if (config === null) {
    const all = overrides.join(' --set ');
    const errors = problems.filter(({ severity }) => severity === 'error');
    const told = errors.map(({ override, message }) => `--set ${override ?? all}: ${message}`);
    throw new ConfigError('config/invalid', told.join('\n'), problems);
  }
  const changes = changesBetween(before, config);
  const isRefit = command === 'resume' && before.training.refit !== undefined;
  const changeable = isRefit ? CHANGEABLE_IN_REFIT : CHANGEABLE[command];
  const fixed = changes.filter(({ path }) => !isWithin(path, changeable));
  if (fixed.length > 0) {
    const fields = fixed.map(({ path }) => `\`${path}\``).join(', ');
    const known = changeable.map((path) => `\`${path}\``).join(', ');
    throw new ConfigError(
      'config/fixed',
      `${fields} cannot change once a run has started: its results would no longer be comparable. ` +
        `\`recsight ${command} --set\` accepts ${known}. For anything else, start a new run from the config file.`,
    );
  }
  return { config: config as NamedConfig, changes };
}

/** The protocol that is asked for, if any. */
function protocolOf(overrides: readonly string[]): string | null {
  const prefix = 'evaluation.protocol=';
  return overrides.findLast((override) => override.startsWith(prefix))?.slice(prefix.length) ?? null;
}

/** What changed, for a log: `training.epochs from 3 to 5`. */
export function describeChanges(changes: readonly ConfigChange[]): string {
  const said = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  return changes
    .map(({ path, before, after }) => `${path} from ${said(before)} to ${said(after)}`)
    .join(', ');
}

function isWithin(path: string, fields: readonly string[]): boolean {
  return fields.some((field) => path === field || path.startsWith(`${field}.`));
}

function changesBetween(before: ExperimentConfig, after: ExperimentConfig): ConfigChange[] {
  const [was, is] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => JSON.stringify(was.get(path)) !== JSON.stringify(is.get(path)))
    .map((path) => ({ path, before: was.get(path), after: is.get(path) }));
}
