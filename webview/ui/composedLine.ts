import { html, type TemplateResult } from 'lit';
import type { ItemLabel } from '../../src/protocol/inspection';
import { iconButton } from './controls';
import { fittedTitle } from './fittedTitle';
import { moved } from './historyOrder';
import './line.css';

export interface ComposedLineOptions {
  /** The whole history, oldest first. */
  items: readonly ItemLabel[];
  /** Place of the line's item in it. */
  index: number;
  /** Place of the first item that has a line. */
  firstLine?: number;
  /** The line that Tab leads to. */
  isActive: boolean;
  className?: string;
  style?: string;
  /** Behind the title, such as a bar. */
  aside?: unknown;
  onCompose: (items: ItemLabel[]) => void;
  /** Gives a line the focus. */
  onLine: (line: number) => void;
  onHover?: () => void;
}

/** An item of a history that is put together: moved by keyboard, buttons or dragging, and removed. */
export function composedLine(options: ComposedLineOptions): TemplateResult {
  const {
    items,
    index,
    firstLine = 0,
    isActive,
    className = '',
    style = '',
    aside,
    onCompose,
    onLine,
  } = options;
  const item = items[index]!;
  const last = items.length - 1;
  const go = (to: number): void => onLine(Math.max(firstLine, Math.min(last, to)) - firstLine);
  const move = (from: number, to: number): void => {
    onCompose(moved(items, from, Math.max(0, Math.min(last, to))));
    go(to);
  };
  const remove = (at: number): void => {
    onCompose(items.filter((_, other) => other !== at));
    go(Math.min(at, last - 1));
  };
  const keys: Record<string, (at: number) => void> = {
    Delete: remove,
    ArrowUp: (at) => go(at - 1),
    ArrowDown: (at) => go(at + 1),
  };
  const altKeys: Record<string, (at: number) => void> = {
    ArrowUp: (at) => move(at, at - 1),
    ArrowDown: (at) => move(at, at + 1),
  };
  return html`<div
    role="listitem"
    class="line ${className}"
    data-line=${index - firstLine}
    tabindex=${isActive ? 0 : -1}
    draggable="true"
    title=${item.title}
    aria-label=${`${index + 1}. ${item.title}`}
    .style=${style}
    @pointerenter=${() => options.onHover?.()}
    @keydown=${(event: KeyboardEvent) => {
      const act = (event.altKey ? altKeys : keys)[event.key];
      if (!act || (event.target as HTMLElement).matches('button')) return;
      event.preventDefault();
      event.stopPropagation();
      // Not always this line: an earlier key may just have moved the focus.
      const line = (document.activeElement as HTMLElement | null)?.dataset.line;
      act(line === undefined ? index : firstLine + Number(line));
    }}
    @dragstart=${(event: DragEvent) => {
      event.dataTransfer?.setData('text/plain', String(index));
    }}
    @dragover=${(event: DragEvent) => event.preventDefault()}
    @drop=${(event: DragEvent) => {
      event.preventDefault();
      const from = Number(event.dataTransfer?.getData('text/plain'));
      if (Number.isInteger(from)) move(from, index);
    }}
  >
    <span class="codicon codicon-gripper muted" aria-hidden="true"></span>
    <span class="muted number index">${index + 1}</span>
    <span class="title">${fittedTitle(item.title, null)}</span>
    ${aside}
    <span class="line-tools">
      ${iconButton('arrow-up', `Move ${item.title} Earlier (Alt+Up)`, () => move(index, index - 1))}
      ${iconButton('arrow-down', `Move ${item.title} Later (Alt+Down)`, () => move(index, index + 1))}
      ${iconButton('trash', `Remove ${item.title} (Delete)`, () => remove(index))}
    </span>
  </div>`;
}
