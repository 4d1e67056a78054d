import type { InspectionView } from '../../src/protocol/inspectionPanel';
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
  onOpenView: (view: InspectionView) => void;
  onRetry: () => void;
  /** The details are opened. */
  onDetails: () => void;
  onSettings: (settings: Partial<LiveSettings>) => void;
  onDismissProblem: () => void;
}
