import { html, nothing, type TemplateResult } from 'lit';
import { countOf } from '../../src/protocol/countOf';
import { rowOfItem } from '../../src/protocol/projection';
import { iconButton } from '../ui/controls';
import { current } from '../ui/resources';
import type { SearchBoxModel, SearchChoice } from '../ui/searchBox';
import { userSearch } from '../ui/userSearch';
import type { ProjectionHandlers } from './handlers';
import type { SceneLook } from './mapModels';
import { section } from './railSection';
import type { ProjectionState } from './state';

/** Points by title, id or expression: those that match stand out on the map as one types. */
export function pointSearchSection(
  { settings }: ProjectionState,
  look: SceneLook | null,
  handlers: ProjectionHandlers,
): TemplateResult {
  const found = look?.found ?? null;
  const count = found?.points.length ?? 0;
  const model: SearchBoxModel = {
    label: 'Search points',
    placeholder: 'title, id or /expression/',
    title: 'Search points (/)',
    empty: 'No point matches.',
    text: settings.query,
    onText: handlers.onSearch,
    search: (text) =>
      Promise.resolve(
        handlers.findPoints(text).map(({ point, row, label, id }) => ({
          label,
          detail: id === label ? '' : id,
          choose: () => handlers.onPick(row, false),
          preview: (on) => handlers.onHover(on ? point : null),
        })),
      ),
    searchFurther: async (text) =>
      (await handlers.findOtherItems(text)).map(({ item, title }): SearchChoice => ({
        label: title,
        detail: 'not drawn',
        choose: () => handlers.onPick(rowOfItem(item), false),
      })),
  };
  return section(
    'Search',
    html`<recsight-search-box .model=${model}></recsight-search-box>`,
    // Above the field, as the open list is below it.
    settings.query.trim() === '' || found?.problem
      ? nothing
      : html`<span class="results muted">
          <span role="status">${countOf(count, 'point')}</span>
          ${
            count > 1
              ? iconButton('list-selection', 'Select all results', () =>
                  handlers.onSelectPoints(found!.points, false),
                )
              : nothing
          }
        </span>`,
  );
}

/** A user, whose history is drawn with what is recommended after it. */
export function userSearchSection(
  { settings, resources }: ProjectionState,
  { findUsers, onSettings }: ProjectionHandlers,
): TemplateResult {
  const path = settings.user === null ? null : current(resources.path);
  const model = userSearch(
    { findUsers },
    {
      label: 'Find a user',
      placeholder: 'user id',
      title: 'Find a user (U): history and recommendations on the map',
      empty: 'No user matches.',
    },
    ({ user }) => onSettings({ user, tab: 'user' }),
  );
  return section(
    'User',
    html`<recsight-search-box .model=${model}></recsight-search-box> ${
        path
          ? html`<p class="row">
              <button
                type="button"
                class="link label"
                title=${`User ${path.user.id}`}
                @click=${() => onSettings({ tab: 'user' })}
              >
                ${path.user.id}
              </button>
              ${iconButton('close', 'Remove user', () => onSettings({ user: null, tab: null }))}
            </p>`
          : nothing
      }`,
  );
}
