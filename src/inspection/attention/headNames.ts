import type { HeadReport, RecordedView } from '../../protocol/attention';

/** How the heads of a view are called, and the slots of a memory, which count as heads. */
export function headNames(
  { name, label, axes }: Pick<RecordedView, 'name' | 'label'> & { axes: readonly string[] },
  count: number,
): Pick<HeadReport, 'view' | 'viewLabel' | 'label' | 'head' | 'part'>[] {
  const part = axes.includes('slot') ? 'slot' : count > 1 ? 'head' : null;
  return Array.from({ length: count }, (_, head) => ({
    view: name,
    viewLabel: label,
    label: part === null ? label : `${label}, ${part} ${head + 1}`,
    head,
    part,
  }));
}
