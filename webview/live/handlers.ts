import type { LivePanelHost } from '../../src/protocol/livePanel';
import type { ChartHandlers } from './charts';
import type { LiveSettings } from './state';

/** What the page does when the user asks for something. */
export interface LiveHandlers extends ChartHandlers {
  onStop: () => void;
  onResume: () => void;
  onTrainAgain: () => void;
  onEvaluate: () => void;
  onOpenConfig: () => void;
  onOpenLog: () => void;
  onOpenView: (view: Parameters<LivePanelHost['openView']>[0]) => void;
  onRetry: () => void;
  /** The details are opened. */
  onDetails: () => void;
  onSettings: (settings: Partial<LiveSettings>) => void;
  onDismissProblem: () => void;
}
