import { csvField } from '../../src/formats/csv';
import type { ChartLine } from './chartModel';

/** All points of a chart as comma-separated values, one row a point; times in ISO 8601. */
export function chartCsv(lines: readonly ChartLine[]): string {
  const rows = ['line,step,epoch,time,value'];
  for (const { label, columns } of lines) {
    for (let i = 0; i < columns.step.length; i++) {
      const time = new Date(columns.time[i]!).toISOString();
      rows.push([csvField(label), columns.step[i], columns.epoch[i], time, columns.value[i]].join(','));
    }
  }
  return rows.join('\n') + '\n';
}
