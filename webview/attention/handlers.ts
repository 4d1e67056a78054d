import type { HistoryEnd, ItemLabel, UserLabel } from '../../src/protocol/inspection';
import type { HeatMapCell, HeatMapFocus, HeatMapPart, HeatMapScroll } from '../plot/heatMapModel';
import type { HistoryEdit } from './historyEdits';
import type { AttentionSettings } from './settings';

export type ExportFormat = 'png' | 'svg' | 'json';

/** What the page does when the user asks for something. */
export interface AttentionHandlers {
  onSettings: (settings: Partial<AttentionSettings>) => void;
  onEnd: (end: HistoryEnd) => void;
  onUser: (user: number) => void;
  onRandomUser: () => void;
  onCompose: (items: ItemLabel[] | null) => void;
  /** Leads to the field in which items for a composed history are found. */
  onFindItem: () => void;
  /** Explains an item, which becomes a candidate if it is none. */
  onExplain: (item: ItemLabel) => void;
  onEdit: (edit: HistoryEdit) => void;
  onRestore: (position: number) => void;
  onReset: () => void;
  onSwap: (position: number | null) => void;
  onLine: (line: number) => void;
  onFocus: (focus: HeatMapFocus) => void;
  onPin: (cell: HeatMapCell | null) => void;
  onPinLine: (line: number) => void;
  onScroll: (scroll: HeatMapScroll) => void;
  onWindow: (window: HeatMapPart) => void;
  onProjection: (item: number) => void;
  onOverview: () => void;
  onCancelOverview: () => void;
  onExport: (format: ExportFormat) => void;
  onRetry: () => void;
  onDismissProblem: () => void;
  findUsers: (text: string) => Promise<UserLabel[]>;
  findItems: (text: string) => Promise<ItemLabel[]>;
}
