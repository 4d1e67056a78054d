import type { Zoom } from '../plot/chartModel';
import type { ComparisonSettings } from './state';

/** What the views report of what the user does. */
export interface ComparisonHandlers {
  onSettings: (settings: Partial<ComparisonSettings>) => void;
  onZoom: (zoom: Zoom | null) => void;
  onSave: (fileName: string, content: string | ArrayBuffer) => void;
  onPicture: (picture: () => Promise<ArrayBuffer>, fileName: string) => void;
  /** Evaluates the run whose results are missing. */
  onEvaluate: () => void;
  onCancel: () => void;
  onRetry: () => void;
  onDismissProblem: () => void;
}
