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

/** Words for people: an id of a status is never shown, so that the two can change apart. */
const STATUS_LABELS: Record<RunStatus, string> = {
  preparing: 'preparing',
  running: 'running',
  evaluating: 'evaluating',
  stopping: 'stopping',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
  lost: 'lost',
};

/** What a run's status is called in the middle of a sentence or beside its icon. */
export function statusLabel(status: RunStatus): string {
  return STATUS_LABELS[status];
}

/** The icon of a run's status; a run whose numbers are to be doubted has none that says all is well. */
export function statusIcon(run: RunSummary): StatusIcon {
  return endedInDoubt(run) ? STATUS_ICONS.lost : STATUS_ICONS[run.status];
}
