import type { ItemLabel } from '../../src/protocol/inspection';
import type { UserStripHandlers } from '../ui/userStrip';
import type { PlaygroundSettings } from './settings';

/** What the page does when the user asks for something. */
export interface PlaygroundHandlers extends UserStripHandlers {
  onSettings: (settings: Partial<PlaygroundSettings>) => void;
  /** Leads to the field in which items for a composed history are found. */
  onFindItem: () => void;
  /** Gives a line of a composed history the focus. */
  onLine: (line: number) => void;
  /** Shows the reasons for an item, and moves the focus to it. */
  onSelect: (item: ItemLabel, side: number) => void;
  onProjection: (item: ItemLabel) => void;
  onAttention: (item: ItemLabel) => void;
  onExport: () => void;
  onRetry: () => void;
  onDismissProblem: () => void;
}
