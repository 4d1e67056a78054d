import { html, nothing, type TemplateResult } from 'lit';
import { formatCount, formatEpoch, formatTimeOfDay } from '../../src/series/format';
import { scrollArea } from '../ui/scrollArea';
import type { ChartLine } from './chartModel';

/** Rows of a table. Everything is in the CSV file. */
const MAX_ROWS = 200;

/** The newest values of a chart's lines, a table each. */
export function chartTable(title: string, lines: readonly ChartLine[]): TemplateResult {
  const tables = lines.map(({ label, columns, format }) => {
    const total = columns.step.length;
    const rows = Array.from({ length: Math.min(total, MAX_ROWS) }, (_, i) => total - 1 - i);
    return html`<table>
      <caption>
        ${label}${total > rows.length ? `: the newest ${rows.length} of ${formatCount(total)} points` : nothing}
      </caption>
      <thead>
        <tr>
          <th scope="col">step</th>
          <th scope="col">epoch</th>
          <th scope="col">time</th>
          <th scope="col">value</th>
        </tr>
      </thead>
      <tbody class="number">
        ${rows.map(
          (i) =>
            html`<tr>
              <td>${formatCount(columns.step[i]!)}</td>
              <td>${formatEpoch(columns.epoch[i]!)}</td>
              <td>${formatTimeOfDay(columns.time[i]!)}</td>
              <td>${format(columns.value[i]!)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  });
  return scrollArea({ label: `${title}, table`, className: 'chart-table', content: tables });
}
