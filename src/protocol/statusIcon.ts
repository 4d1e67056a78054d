import { endedInDoubt, type RunStatus, type RunSummary } from './run';

/** How the status of a run is shown beside its name. */
export interface StatusIcon {
  /** Name of a codicon; with `~spin` it turns. */
  codicon: string;
  /** Id of a theme color; null is the color of text. */
  color: string | null;
  /** In the run's own panel, where a bar shows that it is at work; left out where it is the same. */
  inPanel?: string;
}

const STATUS_ICONS: Record<RunStatus, StatusIcon> = {
  preparing: { codicon: 'loading~spin', color: 'charts.blue' },
  running: { codicon: 'loading~spin', color: 'charts.blue', inPanel: 'circle-filled' },
  evaluating: { codicon: 'loading~spin', color: 'charts.blue', inPanel: 'beaker' },
  stopping: { codicon: 'loading~spin', color: 'descriptionForeground' },
  finished: { codicon: 'pass', color: 'testing.iconPassed' },
  stopped: { codicon: 'circle-slash', color: 'descriptionForeground' },
  failed: { codicon: 'error', color: 'list.errorForeground' },
  lost: { codicon: 'warning', color: 'list.warningForeground' },
};

/** The icon of a run's status; a run whose numbers are to be doubted has none that says all is well. */
export function statusIcon(run: RunSummary): StatusIcon {
  return endedInDoubt(run) ? STATUS_ICONS.lost : STATUS_ICONS[run.status];
}
