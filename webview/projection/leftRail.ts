import { html, nothing, type TemplateResult } from 'lit';
import { formatCount, formatMoment } from '../../src/series/format';
import { dropdown, icon, iconButton, slider } from '../ui/controls';
import { listRow } from '../ui/listRow';
import { scrollArea } from '../ui/scrollArea';
import { colorSection } from './colorSection';
import type { ProjectionHandlers } from './handlers';
import { layoutSection } from './layoutSection';
import type { SceneLook } from './mapModels';
import { section } from './railSection';
import { shownTable, withoutCheckpoint } from './resources';
import { pointSearchSection, userSearchSection } from './searchSections';
import { tableOf, type ProjectionState } from './state';
import './leftRail.css';

/** Choices of how many points are drawn, as far as the table has so many. */
const POINT_COUNTS = [2_000, 20_000, 100_000, 1_000_000];

/** What is drawn and how: table, layout, color, search. */
export function leftRail(
  state: ProjectionState,
  look: SceneLook | null,
  handlers: ProjectionHandlers,
): TemplateResult {
  return html`<aside class="rail left" aria-label="Layout and colors">
    ${scrollArea({
      label: 'Layout and colors',
      content: html`${tableSection(state, handlers)}
      ${
        // Without a map there is nothing to lay out, to color or to find.
        withoutCheckpoint(state)
          ? nothing
          : html`${layoutSection(state, handlers)} ${colorSection(state, look, handlers)}
            ${pointSearchSection(state, look, handlers)} ${userSearchSection(state, handlers)}
            ${bookmarkSection(state, handlers)}`
      }`,
    })}
  </aside>`;
}

function tableSection(state: ProjectionState, { onSettings }: ProjectionHandlers): TemplateResult {
  const { settings, resources } = state;
  const tables = resources.tables?.value ?? [];
  const table = tableOf(state);
  const shown = shownTable(state);
  const counts = POINT_COUNTS.filter((count) => table && count < table.numRows);
  return section(
    'Table',
    html`${
      tables.length === 0 || shown === null
        ? html`<p class="muted placeholder">${withoutCheckpoint(state) ? 'none yet' : 'loading'}</p>`
        : dropdown({
            label: 'Table',
            choices: tables.map(({ name, label, numRows, width }) => ({
              value: name,
              label: `${label} · ${formatCount(numRows)} × ${width}`,
            })),
            value: shown,
            onChange: (name) => onSettings({ table: name }),
          })
    }
    ${
      table?.maxPosition
        ? slider({
            label: 'position',
            title: 'Position in the history: 0 is after the newest item',
            min: 0,
            max: table.maxPosition,
            step: 1,
            value: settings.position,
            format: String,
            onChange: (position) => onSettings({ position }),
          })
        : nothing
    }
    ${
      counts.length > 0
        ? dropdown({
            label: 'Number of points',
            choices: [
              ...counts.map((count) => ({ value: String(count), label: `${formatCount(count)} points` })),
              { value: String(10_000_000), label: `all ${formatCount(table!.numRows)} points` },
            ],
            value: String(counts.includes(settings.maxPoints) ? settings.maxPoints : 10_000_000),
            onChange: (count) => onSettings({ maxPoints: Number(count) }),
          })
        : nothing
    }`,
    withoutCheckpoint(state)
      ? nothing
      : iconButton(
          'info',
          'Table statistics (S)',
          () => onSettings({ tab: settings.tab === 'statistics' ? null : 'statistics' }),
          settings.tab === 'statistics',
        ),
  );
}

function bookmarkSection(
  { resources }: ProjectionState,
  { onSaveBookmark, onOpenBookmark, onDeleteBookmark }: ProjectionHandlers,
): TemplateResult {
  const bookmarks = resources.bookmarks?.value ?? [];
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    const input = (event.currentTarget as HTMLFormElement).querySelector('input')!;
    if (input.value.trim() === '') return;
    onSaveBookmark(input.value.trim());
    input.value = '';
  };
  return section(
    'Bookmarks',
    html`<form class="row" @submit=${save}>
        <input class="field grow" aria-label="Bookmark name" placeholder="bookmark name" maxlength="80" />
        <button type="submit" class="icon-button" aria-label="Save Bookmark" title="Save Bookmark">
          ${icon('bookmark')}
        </button>
      </form>
      <ul class="bookmarks">
        ${bookmarks.map(
          ({ name, createdAt, state }) =>
            html`<li class="row">
              ${listRow({
                label: name,
                title: `Saved ${formatMoment(createdAt)}`,
                onClick: () => onOpenBookmark(state),
              })}
              ${iconButton('trash', `Delete ${name}`, () => onDeleteBookmark(name))}
            </li>`,
        )}
      </ul>`,
  );
}
