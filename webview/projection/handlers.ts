import type { InspectionFocus } from '../../src/protocol/inspectionPanel';
import type { ItemLabel, UserLabel } from '../../src/protocol/inspection';
import type { PointIndex, ProjectionFormat, RowIndex } from '../../src/protocol/projection';
import type { ScatterCamera } from '../plot/scatterCamera';
import type { ProjectionSettings, UmapSettings } from './settings';
import type { ProjectionState } from './state';

export interface FoundPoint {
  point: PointIndex;
  row: RowIndex;
  label: string;
  id: string;
}

/** What the page does when the user asks for something. */
export interface ProjectionHandlers {
  onSettings: (settings: Partial<ProjectionSettings>) => void;
  onDraft: (draft: Partial<UmapSettings>) => void;
  onCancelUmap: () => void;
  /** Of the recommendations of each item. */
  onCancelCounting: () => void;
  /** Tries again whatever failed. */
  onRetry: () => void;
  onDismissProblem: () => void;
  onPick: (row: RowIndex | null, more: boolean) => void;
  onSelectPoints: (points: Uint32Array | readonly PointIndex[], more: boolean) => void;
  onHover: (point: PointIndex | null) => void;
  onCamera: (camera: ScatterCamera) => void;
  onZoom: (by: number) => void;
  /** Shows all points, or only some. */
  onFit: (points: readonly PointIndex[] | null) => void;
  onSearch: (query: string) => void;
  /**
   * The first points that a query finds, the best first.
   *
   * @throws Error when it is an expression that is none
   */
  findPoints: (query: string) => FoundPoint[];
  /** Items that match and are not among the points that are drawn. */
  findOtherItems: (query: string) => Promise<ItemLabel[]>;
  findUsers: (query: string) => Promise<UserLabel[]>;
  /** Tells those who do not see it. */
  onAnnounce: (text: string) => void;
  onDrawer: (drawer: ProjectionState['drawer']) => void;
  onShowAttention: (focus: InspectionFocus) => void;
  /** @param rows null for all */
  onExport: (format: ProjectionFormat, rows: readonly RowIndex[] | null) => void;
  onSavePicture: (format: 'png' | 'svg') => void;
  onSaveBookmark: (name: string) => void;
  onOpenBookmark: (state: unknown) => void;
  onDeleteBookmark: (name: string) => void;
}
