import { html, type TemplateResult } from 'lit';
import { fittedTitle } from '../ui/fittedTitle';
import { scrollArea } from '../ui/scrollArea';
import { formatWeight } from '../plot/formatWeight';
import { valueAt } from '../plot/heatMapGeometry';
import {
  isSelfAttention,
  lineTitle,
  rowEntries,
  selectionTitle,
  type ShownAttention,
  type ShownSide,
} from './shownAttention';
import type { AttentionState } from './state';
import { onLines, type WeightMap } from './weightMaps';
import { linesRead } from './historyEdits';
import { keptLines } from './historyEdits';
import './weightTable.css';

/**
 * The weights as a table. Between positions, it holds what one position gives to the others, for each head: the pinned
 * row's, else the newest one's. Elsewhere it holds everything.
 */
export function weightTable(state: AttentionState, shown: ShownAttention, side: ShownSide): TemplateResult {
  return isSelfAttention(side.map) ? rowTable(state, shown, side) : wholeTable(shown, side);
}

function rowTable(
  { settings }: AttentionState,
  { lines, unread }: ShownAttention,
  side: ShownSide,
): TemplateResult {
  const row = Math.min(settings.pinned.row ?? lines.length - 1, lines.length - 1);
  const read = linesRead(keptLines(lines), side.result.history.length);
  const heads = side.selected.maps.map((map) => onLines(map, read, unread, lines.length));
  const cell = (map: WeightMap, column: number): string => formatWeight(valueAt(map, { row, column }));
  return scrollArea({
    label: `${selectionTitle(side.selected, side.selection)}, table`,
    className: 'weights-scroll sticky-names',
    content: html`<table class="weights">
      <caption class="muted">
        <span
          >Attention of ${lines[row] ? lineTitle(lines[row]) : 'the newest item'}. Pin another line of the
          history to see its row.</span
        >
      </caption>
      <thead>
        <tr>
          <th scope="col">item</th>
          <th scope="col">shown</th>
          ${heads.length > 1 ? heads.map((_, head) => html`<th scope="col">head ${head + 1}</th>`) : ''}
        </tr>
      </thead>
      <tbody>
        ${lines.slice(0, row + 1).map(
          (line, column) =>
            html`<tr>
              <th scope="row">${fittedTitle(lineTitle(line))}</th>
              <td class="number"><b>${cell(side.map, column)}</b></td>
              ${heads.length > 1 ? heads.map((map) => html`<td class="number">${cell(map, column)}</td>`) : ''}
            </tr>`,
        )}
      </tbody>
    </table>`,
  });
}

function wholeTable({ lines }: ShownAttention, side: ShownSide): TemplateResult {
  const { map, columns } = side;
  const rows =
    map.rowAxis === 'position'
      ? lines.map(lineTitle)
      : rowEntries(map, side, lines).map(({ title }) => title);
  return scrollArea({
    label: `${selectionTitle(side.selected, side.selection)}, table`,
    className: 'weights-scroll sticky-names',
    content: html`<table class="weights">
      <thead>
        <tr>
          <th scope="col">${map.rowAxis === 'candidate' ? 'candidate' : 'item'}</th>
          ${columns.map(({ title }) => html`<th scope="col">${fittedTitle(title)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (title, row) =>
            html`<tr>
              <th scope="row">${fittedTitle(title)}</th>
              ${columns.map((_, column) => html`<td class="number">${formatWeight(valueAt(map, { row, column }))}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>`,
  });
}
