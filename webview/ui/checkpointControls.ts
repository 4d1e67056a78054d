import { html, nothing, type TemplateResult } from 'lit';
import type { InspectedRun } from '../../src/protocol/inspection';
import type { RunChoice } from '../../src/protocol/inspectionPanel';
import { formatEpoch } from '../../src/series/format';
import { shownCheckpoint, type Comparison } from './checkpoints';
import { dropdown } from './controls';

const NO_COMPARISON = 'none';

/** Which checkpoint of the panel's run is shown; nothing where it has none. */
export function checkpointControl(
  run: InspectedRun,
  chosen: string | null,
  onChange: (checkpoint: string) => void,
): TemplateResult | typeof nothing {
  if (run.checkpoints.length === 0) return nothing;
  return html`<span class="labeled">
    <span class="muted" aria-hidden="true">Checkpoint</span>
    ${dropdown({
      label: 'Checkpoint',
      choices: run.checkpoints.map(checkpointChoice),
      value: shownCheckpoint(run, chosen) ?? '',
      onChange,
    })}
  </span>`;
}

export interface ComparisonOptions {
  run: InspectedRun;
  /** Of `run`. */
  checkpoint: string | null;
  runs: readonly RunChoice[];
  comparison: Comparison | null;
  /** The run that is compared with, once it is known. */
  other: InspectedRun | null;
  onChange: (comparison: Comparison | null) => void;
}

/** Which other run or epoch is shown for comparison: the run's own checkpoints first, then other runs. */
export function comparisonControl({
  run,
  checkpoint,
  runs,
  comparison,
  other,
  onChange,
}: ComparisonOptions): TemplateResult {
  const others = runs.filter((choice) => choice.run !== run.run);
  const own = run.checkpoints.length > 1 ? [{ value: run.run, label: 'another epoch' }] : [];
  const choices = [
    { value: NO_COMPARISON, label: 'None' },
    ...own,
    ...others.map((choice) => ({ value: choice.run, label: choice.title })),
  ];
  const checkpoints = other?.checkpoints ?? [];
  const compareWith = (chosen: string): Comparison | null => {
    if (chosen === NO_COMPARISON) return null;
    const shown = shownCheckpoint(run, checkpoint);
    // Of the same run another epoch; of another run, its best.
    const another = run.checkpoints.find(({ name }) => name !== shown)?.name ?? 'best';
    return { run: chosen, checkpoint: chosen === run.run ? another : 'best' };
  };
  return html`<span class="labeled">
    <span class="muted" aria-hidden="true">Compare with</span>
    ${dropdown({
      label: 'Compare with',
      choices,
      value: comparison?.run ?? NO_COMPARISON,
      onChange: (chosen) => onChange(compareWith(chosen)),
    })}
    ${
      comparison && checkpoints.length > 0
        ? dropdown({
            label: 'Checkpoint to compare with',
            choices: checkpoints.map(checkpointChoice),
            value: comparison.checkpoint,
            onChange: (name) => onChange({ run: comparison.run, checkpoint: name }),
          })
        : nothing
    }
  </span>`;
}

function checkpointChoice({ name, epoch }: { name: string; epoch: number }): {
  value: string;
  label: string;
} {
  const text = `epoch ${formatEpoch(epoch)}`;
  return { value: name, label: name === `epoch-${epoch}` ? text : `${name} · ${text}` };
}
